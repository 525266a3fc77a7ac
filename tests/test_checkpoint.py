"""Checkpoints: the same bits come back, a run resumes bit for bit, and bad files change nothing."""

import io
import json
import os
import pickle
import zipfile

import numpy as np
import pytest

from minigen import checkpoint, nn, optim
from minigen.checkpoint import CheckpointError, load, restore, save


def equal(a, b):
    """Same types, same structure, same bits."""
    if isinstance(a, np.random.Generator):
        return np.array_equal(a.random(5), b.random(5)) and equal(a.bit_generator.state, b.bit_generator.state)
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and (a == b or a != a)


STATES = {
    "numbers": {"i": 3, "big": 2**200, "f": 0.1, "nan": float("nan"), "inf": float("-inf"), "yes": True, "none": None},
    "text": ["", "α/β.npy", {"array": "not a tag"}],
    "arrays": {
        "": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "0-d": np.array(-0.0),
        "empty": np.zeros((0, 3), np.int8),
        "bits": np.array([np.nan, -0.0, 5e-324]),
        "bool": np.array([True, False]),
        "complex": np.array([1 + 2j]),
    },
    "scalars": (np.float32(0.1), np.int64(-7), np.float64("nan")),
    "nested": ([], {}, ((),), [{"a": (np.ones(2),)}]),
}


def test_what_was_saved_comes_back(tmp_path):
    save(tmp_path / "x.npz", **STATES)
    assert equal(STATES, load(tmp_path / "x.npz"))
    with np.load(tmp_path / "x.npz", allow_pickle=False) as plain:  # an ordinary .npz, without pickle
        assert "manifest" in plain


@pytest.mark.parametrize("name", checkpoint._BIT_GENERATORS)
def test_generators_go_on(tmp_path, name):
    rng = np.random.Generator(getattr(np.random, name)(3))
    rng.standard_normal(7)
    rng.integers(0, 5, 3, dtype=np.int32)  # leaves half a word in the generator
    save(tmp_path / "x.npz", rng=rng)
    again = load(tmp_path / "x.npz")["rng"]
    assert equal(rng, again) and again.integers(0, 5, dtype=np.int32) == rng.integers(0, 5, dtype=np.int32)


def test_the_same_states_give_the_same_bytes(tmp_path):
    for name in "ab":
        save(tmp_path / name, x=np.ones(3), rng=np.random.default_rng(0))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


class Run:
    """A training run with everything that has a state."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.model = nn.Sequential(
            nn.Linear(2, 8, rng=self.rng, dtype=np.float32), nn.BatchNorm(8, dtype=np.float32), np.tanh,
            nn.Dropout(0.3, rng=self.rng), nn.Linear(8, 1, rng=self.rng, dtype=np.float32),
        )  # fmt: skip
        self.optimizer = optim.Adam(self.model, lr=0.01)
        self.ema = optim.EMA(self.model, decay=0.9)

    def train(self, steps):
        for _ in range(steps):
            x = self.rng.standard_normal((16, 2)).astype(np.float32)
            self.optimizer.zero_grad()
            nn.binary_cross_entropy_with_logits(self.model(x), (x[:, :1] > 0).astype(np.float32)).backward()
            self.optimizer.step()
            self.ema.update()
        return self

    @property
    def parts(self):
        return {"model": self.model, "optimizer": self.optimizer, "ema": self.ema, "rng": self.rng}

    def bits(self):
        states = {k: v if k == "rng" else v.state_dict() for k, v in self.parts.items()}
        states["rng"] = self.rng.bit_generator.state
        return states


def test_a_resumed_run_goes_on_bit_for_bit(tmp_path):
    whole = Run(0).train(20)
    first = Run(0).train(10)
    save(tmp_path / "run.npz", step=10, **first.parts)
    resumed = Run(99).train(3)
    assert not equal(first.bits(), resumed.bits())
    assert restore(tmp_path / "run.npz", **resumed.parts) == {"step": 10}
    assert equal(first.bits(), resumed.bits())
    resumed.train(10)
    assert equal(whole.bits(), resumed.bits())
    assert resumed.model[3].rng is resumed.rng  # set in place: whoever shares the generator goes on with it


def test_a_file_of_another_model_changes_nothing(tmp_path):
    save(tmp_path / "run.npz", **Run(0).train(2).parts)
    run = Run(1).train(1)
    before = run.bits()
    other = nn.Sequential(nn.Linear(2, 9, rng=np.random.default_rng(0)))
    with pytest.raises(
        CheckpointError, match=r"(?s)model does not fit:.*unexpected: layers\.1\.bias \(8,\).*wrong shape"
    ):
        restore(tmp_path / "run.npz", optimizer=run.optimizer, rng=run.rng, model=other)
    with pytest.raises(CheckpointError, match=r"optimizer does not fit: .*another model"):
        restore(tmp_path / "run.npz", model=run.model, rng=run.rng, optimizer=optim.Adam(other))
    with pytest.raises(CheckpointError, match="optimizer does not fit: this is a state of Adam, not of RMSProp"):
        restore(tmp_path / "run.npz", model=run.model, ema=run.ema, optimizer=optim.RMSProp(run.model))
    with pytest.raises(CheckpointError, match="has no critic, step: it has model, optimizer, ema, rng"):
        restore(tmp_path / "run.npz", model=run.model, critic=run.model, step=run.model)
    save(tmp_path / "odd.npz", model=3, rng={"state": 1})
    with pytest.raises(CheckpointError, match="model does not fit"):
        restore(tmp_path / "odd.npz", model=run.model)
    with pytest.raises(CheckpointError, match="rng does not fit"):
        restore(tmp_path / "odd.npz", rng=run.rng)
    with pytest.raises(TypeError, match="model is a int: it has no load_state_dict"):
        restore(tmp_path / "odd.npz", model=5)
    assert equal(before, run.bits())


@pytest.mark.parametrize("error", [IndexError("no such layer"), OverflowError("too large"), RuntimeError("odd")])
def test_whatever_an_object_makes_of_a_state_the_others_are_put_back(tmp_path, error):
    class Fussy:
        value = 1

        def state_dict(self):
            return {"value": self.value}

        def load_state_dict(self, state):
            self.value = state["value"]
            if self.value == 13:
                raise error

    fussy, model = Fussy(), nn.Linear(2, 2, rng=np.random.default_rng(0))
    save(tmp_path / "x.npz", model=nn.Linear(2, 2, rng=np.random.default_rng(1)), fussy={"value": 13})
    before = model.vector.data.copy()
    with pytest.raises(CheckpointError, match=f"fussy does not fit: {error}"):
        restore(tmp_path / "x.npz", model=model, fussy=fussy)
    assert fussy.value == 1 and np.array_equal(model.vector.data, before)


@pytest.mark.parametrize(
    "states, message",
    [
        ({"f": print}, "f is a builtin_function_or_method, which cannot be saved"),
        ({"a": {"b": [1, {2, 3}]}}, r"a\.b\.1 is a set"),
        ({"a": {1: 2}}, "a has the key 1: keys are text"),
        ({"a": np.array([object()])}, "a is an array of object"),
        ({"a": np.array(["x"])}, "a is an array of <U1"),
        ({"a": nn.Parameter(np.ones(2))}, r"a is a Parameter, which cannot be saved: save its \.data"),
    ],
)
def test_what_cannot_be_saved_is_named_and_the_old_file_stays(tmp_path, states, message):
    save(tmp_path / "x.npz", old=1)
    with pytest.raises(TypeError, match=message):
        save(tmp_path / "x.npz", fine=np.ones(3), **states)
    assert load(tmp_path / "x.npz") == {"old": 1} and os.listdir(tmp_path) == ["x.npz"]


@pytest.mark.parametrize("broken", ["write_array", "fsync", "replace"])
def test_a_failure_while_writing_leaves_the_old_file(tmp_path, monkeypatch, broken):
    def fail(*args, **kwargs):
        raise OSError("disk full")

    save(tmp_path / "x.npz", old=1)
    monkeypatch.setattr(np.lib.format if broken == "write_array" else os, broken, fail)
    with pytest.raises(OSError, match="disk full"):
        save(tmp_path / "x.npz", new=np.ones(1000))
    assert load(tmp_path / "x.npz") == {"old": 1} and os.listdir(tmp_path) == ["x.npz"]


def test_a_missing_file_or_folder_is_just_that(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.npz")
    with pytest.raises(FileNotFoundError):
        save(tmp_path / "none" / "x.npz", x=1)
    with pytest.raises(CheckpointError):
        load(tmp_path)


def test_truncated_and_altered_files_are_refused(tmp_path):
    path = tmp_path / "x.npz"
    save(path, a=np.arange(50.0), rng=np.random.default_rng(0), b={"c": 1})
    whole = path.read_bytes()
    for n in range(0, len(whole), 37):
        path.write_bytes(whole[:n])
        with pytest.raises(CheckpointError, match=r"x\.npz is not a checkpoint"):
            load(path)
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):  # one byte changed: refused, or (in a name or date that is not used) the same states
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] ^= int(rng.integers(1, 256))
        path.write_bytes(damaged)
        try:
            states = load(path)
        except CheckpointError:
            refused += 1
        else:
            np.testing.assert_array_equal(states["a"], np.arange(50.0))
    assert refused > 200
    path.write_text("hello")
    with pytest.raises(CheckpointError, match="not a zip"):
        load(path)


def npy(array=None, header=None, data=b"", **options):
    """The bytes of a .npy file, from an array or from a header that may lie."""
    file = io.BytesIO()
    if header is None:
        np.lib.format.write_array(file, array, **options)
    else:
        np.lib.format.write_array_header_1_0(file, header)
        file.write(data)
    return file.getvalue()


def archive(path, tree=None, compression=zipfile.ZIP_STORED, manifest=None, **members):
    manifest = {"format": "minigen checkpoint", "version": 1, "tree": tree} if manifest is None else manifest
    text = manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w", compression) as z:
        z.writestr("manifest.npy", npy(np.frombuffer(text, np.uint8)))
        for name, data in members.items():
            z.writestr(f"{name}.npy", data)


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_hostile_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "x.npz"
    x = {"x": {"array": 0}}
    f8 = {"descr": "<f8", "fortran_order": False}
    cases: list[tuple[str, dict]] = [
        ("entries of object", {"tree": x, "array_0": npy(np.array([Bomb()], object), allow_pickle=True)}),
        ("claims shape", {"tree": x, "array_0": npy(header={**f8, "shape": (10**13,)}, data=b"\0" * 8)}),
        ("claims shape", {"tree": x, "array_0": npy(header={**f8, "shape": (2**62, 4)}, data=b"")}),
        ("claims shape", {"tree": x, "array_0": npy(header={**f8, "shape": (-1, -1)}, data=b"\0" * 8)}),
        ("entries of", {"tree": x, "array_0": npy(np.zeros(2, "f8,i4"))}),
        ("packed in another way", {"tree": x, "compression": zipfile.ZIP_DEFLATED, "array_0": npy(np.zeros(10**6))}),
        ("damaged", {"tree": x, "array_0": pickle.dumps(Bomb())}),
        ("damaged", {"tree": x, "array_0": b"\x93NUMPY\x01\x00\x10\x00__import__('os')"}),
        ("array_0 is missing", {"tree": x}),
        ("array_-5 is missing", {"tree": {"x": {"array": -5}}}),
        ("another program", {"manifest": {"format": "?", "version": 1, "tree": {}}}),
        ("another program", {"manifest": [1, 2]}),
        (
            "format version 2, this minigen reads 1: update",
            {"manifest": {"format": "minigen checkpoint", "version": 2, "tree": {}}},
        ),
        ("damaged", {"manifest": b"{" * 10}),
        ("damaged", {"manifest": b'{"a":' * 100_000}),
        ("damaged", {"tree": [1]}),
        ("unknown kind 'code'", {"tree": {"x": {"code": "1"}}}),
        ("unknown kind 'RandomState'", {"tree": {"x": {"generator": {"dict": {"bit_generator": "RandomState"}}}}}),
        ("damaged", {"tree": {"x": {"generator": {"dict": {"bit_generator": "PCG64", "state": 5}}}}}),
        ("damaged", {"tree": {"x": {"a": 1, "b": 2}}}),
        ("damaged", {"tree": {"x": [1]}}),
    ]
    for message, case in cases:
        archive(path, **case)
        with pytest.raises(CheckpointError, match=message):
            load(path)
    np.savez(path, a=np.ones(2))
    with pytest.raises(CheckpointError, match="manifest is missing"):
        load(path)
    assert os.listdir(tmp_path) == ["x.npz"]

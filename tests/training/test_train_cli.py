"""`minigen train`: what a run leaves behind, going on bit for bit, Ctrl-C, and training that diverges."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from train_command import TINY, metrics, refusal, state, train

from minigen.gan.cli import GAN
from minigen.training.models import MODELS
from minigen.training.run import Run


def test_a_run_leaves_samples_figures_measures_and_a_checkpoint(ring):
    assert {f.name for f in ring.iterdir()} == {
        "checkpoint.npz", "losses.png", "metrics.json", "progress", "samples.npy", "samples.png"
    }  # fmt: skip
    assert [f.name for f in sorted((ring / "progress").iterdir())] == ["0000005.png", "0000010.png"]
    assert np.load(ring / "samples.npy").shape == (2500, 2)
    assert all(f.read_bytes().startswith(b"\x89PNG") for f in ring.rglob("*.png"))


def test_metrics_stand_beside_their_nulls(ring):
    record = metrics(ring)
    assert record["steps"] == 12 and record["seconds"] > 0 and record["cpu_seconds"] > 0
    assert record["settings"]["seed"] == 3 and record["settings"]["hidden"] == [8]
    assert set(record["versions"]) == {"minigen", "numpy", "python"}
    assert set(record["losses"]) == {"discriminator_loss", "generator_loss"}
    measures = record["measures"]
    assert measures["modes"]["of"] == 8 and measures["modes"]["null"] == 8
    assert measures["high_quality"]["null"] == pytest.approx(1 - np.exp(-4.5), abs=0.005)
    assert 0 < measures["mode_tv"]["null"] < 0.04


def test_the_same_seed_gives_the_same_samples_and_another_does_not(ring, tmp_path):
    for seed in (3, 4):
        assert train("--data", "ring", "--out", tmp_path / str(seed), "--seed", seed, *TINY) == 0
    ours = np.load(ring / "samples.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "3" / "samples.npy"), ours)
    assert not np.array_equal(np.load(tmp_path / "4" / "samples.npy"), ours)
    assert state(tmp_path / "3") == state(ring)


def test_a_run_that_was_cut_goes_on_bit_for_bit(ring, tmp_path, monkeypatch, capsys):
    """Stopped by a Ctrl-C in step 7 and resumed, a run ends in the very bits of one that was left alone."""
    from minigen.gan import cli

    def interrupted(self, start, stop, rng):
        for record in steps(self, start, stop, rng):
            if record.step == 7:
                signal.raise_signal(signal.SIGINT)
            yield record

    steps = cli.GAN.steps
    monkeypatch.setattr(cli.GAN, "steps", interrupted)
    folder = tmp_path / "a run"
    assert train("--data", "ring", "--out", folder, "--seed", 3, *TINY) == 130
    said = capsys.readouterr().out.splitlines()[-1]
    assert said == f"Stopped after step 7 of 12, all saved. Go on with: minigen train gan --out '{folder}' --resume"
    assert not (folder / "metrics.json").exists()
    monkeypatch.undo()
    assert train("--out", folder, "--resume") == 0
    assert "Going on after step 7 of 12." in capsys.readouterr().out
    assert state(folder) == state(ring)
    np.testing.assert_array_equal(np.load(folder / "samples.npy"), np.load(ring / "samples.npy"))
    assert (folder / "samples.png").read_bytes() == (ring / "samples.png").read_bytes()


FAMILY = [
    *([name] for name in MODELS if "gan" in name),
    ["wgan-gp", "--one-sided"],
    ["sngan", "--both", "--loss", "wasserstein"],
]


@pytest.mark.parametrize("model, options", [(name, more) for name, *more in FAMILY], ids=map(" ".join, FAMILY))
def test_each_of_the_family_goes_on_bit_for_bit(model, options, tmp_path):
    """Five steps and seven more are twelve: optimisers, averages, spectral vectors, readings and all."""
    class Stop(Exception):
        pass

    def cut(self, *args):
        if self.step == 5:
            raise Stop

    asked = ["--data", "ring", "--n-critic", 2, *TINY, *options]
    assert train("--out", tmp_path / "whole", *asked, model=model) == 0
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stop):
        patch.setattr(Run, "draw", cut)
        train("--out", tmp_path / "cut", *asked, model=model)
    assert state(tmp_path / "cut")["step"] == 5
    assert train("--out", tmp_path / "cut", "--resume", model=model) == 0
    assert state(tmp_path / "cut") == state(tmp_path / "whole")
    ours, theirs = metrics(tmp_path / "cut"), metrics(tmp_path / "whole")
    assert ours["distances"] == theirs["distances"] and ours["measures"] == theirs["measures"]
    assert ("penalty" in ours["losses"]) == (model in ("gan-r1", "wgan-gp", "dragan"))


@pytest.mark.parametrize("model, options", [("gan", []), ("sngan", ["--both"])])
def test_being_watched_changes_nothing(model, options, tmp_path):
    """In the networks, the optimisers and the random generator; and exact W1 bounds what the critic says."""
    for every in (0, 1, 4):
        asked = ["--data", "ring", "--out", tmp_path / str(every), "--watch", every, *TINY, *options]
        assert train(*asked, model=model) == 0
    runs = [state(tmp_path / str(every)) for every in (0, 1, 4)]
    for run in runs:
        run["settings"].pop("watch")
        run.pop("watch", None)
    assert runs[0] == runs[1] == runs[2]
    assert metrics(tmp_path / "0")["distances"] == {}
    often, seldom = (metrics(tmp_path / every)["distances"] for every in ("1", "4"))
    assert often["step"] == list(range(1, 13)) and seldom["step"] == [4, 8, 12]
    assert often["w1"][3::4] == seldom["w1"] and often["null"] == seldom["null"] > 0
    assert np.all(np.array(often["normalised_gap"]) <= np.array(often["w1"]) * (1 + 1e-9))
    assert np.all(np.abs(often["normalised_gap"]) > 1e-3)
    assert often["units"] == "standard deviations of each column" and often["n"] == 40
    assert "gap" not in often  # neither loss makes of it an estimate


def test_about_a_hundred_readings_whatever_the_steps(tmp_path):
    for steps, every in ((12, 1), (100, 1), (101, 2)):
        folder = tmp_path / str(steps)
        assert train("--data", "ring", "--out", folder, *TINY, "--steps", steps, "--every", 200, model="wgan") == 0
        assert metrics(folder)["settings"]["watch"] == every
        distances = metrics(folder)["distances"]
        assert len(distances["gap"]) == len(distances["w1"]) == steps // every

def test_ctrl_c_from_outside_leaves_a_checkpoint_to_go_on_from(tmp_path):
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "minigen.cli", "train", "gan", "--out", str(folder)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    options = ["--data", "moons", "--hidden", "8", "--batch-size", "16", "--steps", "1000000", "--every", "50"]
    process = subprocess.Popen(
        command + options, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        deadline = time.monotonic() + 60
        while not (folder / "progress").exists():  # it is training, and signals are looked after
            assert process.poll() is None and time.monotonic() < deadline, process.communicate()
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130 and "Traceback" not in err
    step = int(re.search(r"Stopped after step (\d+) of 1000000, all saved\. Go on with: (.*)", out).group(1))
    assert state(folder)["step"] == step >= 50
    assert train("--out", folder, "--resume", "--steps", step + 3) == 0
    assert metrics(folder)["steps"] == step + 3


@pytest.mark.parametrize(
    "where, says",
    [
        ("finish", "step 12 is saved. Make the figures with: minigen train gan --out {} --resume"),
        ("draw", "Go on from the last checkpoint with: minigen train gan --out {} --resume"),
    ],
)
def test_ctrl_c_that_does_not_wait_says_how_to_go_on(where, says, tmp_path, monkeypatch, capsys):
    """During the last figures, or a second one while a figure on the way is drawn."""

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Run, where, interrupted)
    assert train("--data", "ring", "--out", tmp_path, "--seed", 3, *TINY) == 130
    assert says.format(tmp_path) in capsys.readouterr().out
    monkeypatch.undo()
    assert train("--out", tmp_path, "--resume") == 0
    assert metrics(tmp_path)["steps"] == 12


def test_a_finished_run_can_be_measured_again_or_lengthened(ring, tmp_path, capsys):
    folder = tmp_path / "run"
    assert train("--data", "ring", "--out", folder, "--seed", 3, *TINY) == 0
    before = state(folder)
    (folder / "metrics.json").unlink()
    capsys.readouterr()
    assert train("--out", folder, "--resume") == 0
    assert "Step 12 of 12 is reached: only the samples" in capsys.readouterr().out
    assert state(folder) == before
    assert train("--out", folder, "--resume", "--steps", 7) == 0
    assert capsys.readouterr().out == (
        "Nothing to do: step 12 is reached, and --steps 7 asks for fewer. More than 12 go on.\n"
    )
    assert state(folder) == before
    assert metrics(folder)["measures"] == metrics(ring)["measures"]
    assert train("--out", folder, "--resume", "--steps", 15) == 0
    assert metrics(folder)["steps"] == 15


def test_one_step_is_a_run_too(tmp_path, capsys):
    assert train("--data", "ring", "--out", tmp_path, *TINY, "--steps", 1) == 0
    assert re.search(r"^1 step in \d+ s; samples", capsys.readouterr().out, re.MULTILINE)


def test_a_run_is_not_overwritten(ring, capsys):
    before = state(ring)
    said = refusal(capsys, "--data", "grid", "--out", ring, *TINY)
    assert "already holds a run: go on with it (--resume), replace it (--force)" in said
    assert "give one of the two" in refusal(capsys, "--data", "grid", "--out", ring, "--resume", "--force")
    assert state(ring) == before


def test_force_replaces_the_run_and_nothing_else(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    assert train("--data", "ring", "--out", folder, *TINY) == 0
    assert train("--data", "grid", "--out", folder, "--force", *TINY, "--every", 100) == 0
    assert metrics(folder)["data"] == "grid"
    assert list((folder / "progress").iterdir()) == []
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("options", [["--force"], ["--resume"]])
def test_what_a_killed_run_was_writing_is_swept_up(options, tmp_path):
    assert train("--data", "ring", "--out", tmp_path, *TINY) == 0
    leftovers = [tmp_path / ".checkpoint.npz.0123abcd.tmp", tmp_path / ".metrics.json.4711"]
    for path in leftovers:
        path.write_bytes(b"PK")
    assert train("--data", "ring", "--out", tmp_path, *TINY, *options) == 0
    assert not any(path.exists() for path in leftovers)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), MemoryError()])
def test_a_run_that_cannot_go_on_says_why_and_how_to_go_on(error, tmp_path, monkeypatch, capsys):
    """Here the disk is full, or memory runs out, when the first figure is drawn, and not the second time."""
    out = tmp_path / "rün 1"
    with monkeypatch.context() as patch:

        def fail(self, path):
            raise error

        patch.setattr(Run, "draw", fail)
        assert train("--data", "ring", "--out", out, *TINY) == 1
    said = capsys.readouterr().err
    assert ("No space left on device" in said or "there is not enough memory" in said) and said.count("\n") == 1
    assert f"go on with: minigen train gan --out '{out}' --resume" in said
    assert train("--data", "ring", "--out", tmp_path / "whole", *TINY) == 0
    assert train("--out", out, "--resume") == 0
    assert state(out) == state(tmp_path / "whole")


def test_samples_that_are_not_finite_at_the_end_are_a_run_that_diverged(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(GAN, "sample", lambda self, n, rng, labels=None: (np.full((n, 2), np.nan), None))
    assert train("--data", "ring", "--out", tmp_path, *TINY, "--every", 100) == 1
    assert "training diverged. some samples are not finite" in capsys.readouterr().err


def test_a_run_that_diverges_says_where_and_keeps_the_last_checkpoint(tmp_path, monkeypatch, capsys):
    from minigen.gan import cli

    def broken(self, start, stop, rng):
        for record in steps(self, start, stop, rng):
            if record.step == 8:
                raise FloatingPointError("step 8: the generator's loss is nan. Lower the learning rate")
            yield record

    steps = cli.GAN.steps
    monkeypatch.setattr(cli.GAN, "steps", broken)
    assert train("--data", "ring", "--out", tmp_path, *TINY) == 1
    said, hint = capsys.readouterr().err.splitlines()
    assert said == "minigen: training diverged. step 8: the generator's loss is nan. Lower the learning rate"
    anew = "To begin anew with other settings, add --force"
    assert hint == f"{anew}, which replaces the run in {tmp_path}, or choose another --out."
    assert state(tmp_path)["step"] == 5
    monkeypatch.undo()
    assert "replace it (--force)" in refusal(capsys, "--data", "ring", "--out", tmp_path, *TINY, "--lr", 1e-4)
    assert train("--data", "ring", "--out", tmp_path, *TINY, "--lr", 1e-4, "--force") == 0  # as the hint says


@pytest.mark.parametrize("model", MODELS)
def test_a_run_that_diverges_at_once_can_be_begun_anew(model, tmp_path, capsys):
    """Before its first checkpoint, at a learning rate far too high; the folder is in the way, and it says so."""
    options = ["--data", "ring", "--out", tmp_path, *TINY, "--every", 100, "--steps", 60]
    assert train(*options, "--lr", 1e30, model=model) == 1
    said, hint = capsys.readouterr().err.splitlines()
    assert said.startswith("minigen: training diverged. ") and "add --force" in hint and str(tmp_path) in hint
    assert state(tmp_path)["step"] == 0
    assert train(*options, "--force", model=model) == 0

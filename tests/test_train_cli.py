"""`minigen train`: what a run leaves behind, going on bit for bit, Ctrl-C, and kind refusals."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from matplotlib.figure import Figure

from minigen import checkpoint
from minigen.cli import main
from minigen.gan import cli as gan_cli
from minigen.gan.cli import GAN
from minigen.training import measures
from minigen.training.data import TrainingData, disjoint_sets, open_data
from minigen.training.models import MODELS, model_class
from minigen.training.run import Run

TINY = ["--hidden", "8", "--batch-size", "16", "--steps", "12", "--every", "5"]


def train(*args, model="gan"):
    return main(["train", model, *map(str, args)])


def refusal(capsys, *args):
    """What the command says when it refuses, which it does with exit code 2."""
    try:
        code = train(*args)
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    return capsys.readouterr().err


def state(folder):
    """All that the checkpoint in a folder holds, but for the time that the run took, as comparable values."""

    def comparable(value):
        if isinstance(value, dict):
            return {k: comparable(v) for k, v in value.items()}
        if isinstance(value, np.random.Generator):
            return value.bit_generator.state
        return (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value

    stored = checkpoint.load(folder / "checkpoint.npz")
    del stored["seconds"], stored["cpu_seconds"]
    return comparable(stored)


def metrics(folder):
    return json.loads((folder / "metrics.json").read_text())


@pytest.fixture(scope="module", autouse=True)
def few_points():
    """The linear programs of these tests are small ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measures, "POINTS_IN_W1", 120)
        patch.setattr(gan_cli, "POINTS_WATCHED", 40)
        yield


@pytest.fixture(scope="module")
def ring(few_points, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "ring"
    assert train("--data", "ring", "--out", folder, "--seed", 3, *TINY) == 0
    return folder


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


def test_exact_w1_of_samples_against_scipy():
    """As an assignment problem; and of perfect samples it is about that of fresh data."""
    optimize = pytest.importorskip("scipy.optimize")
    data, rng = open_data("moons"), np.random.default_rng(0)
    samples = data.sample(120, rng) + np.float32(0.5)
    found = measures.exact_w1(samples, data, np.random.default_rng(1))
    sets = data.sets(2 * measures.PAIRS, 120, np.random.default_rng(1))

    def distance(points, real):
        costs = np.linalg.norm(points[:, None].astype(float) - real[None].astype(float), axis=2)
        return costs[optimize.linear_sum_assignment(costs)].mean()

    assert found["value"] == pytest.approx(np.mean([distance(samples, real) for real in sets[::2]]), rel=1e-9)
    assert found["null"] == pytest.approx(np.mean(list(map(distance, sets[1::2], sets[::2]))), rel=1e-9)
    assert found["over_null"] == pytest.approx(found["value"] / found["null"])
    ratios = [measures.exact_w1(data.sample(120, rng), data, rng)["over_null"] for _ in range(40)]
    assert abs(np.mean(ratios) - 1) < 4 * np.std(ratios) / 40**0.5 < 0.16  # four standard errors


@pytest.mark.parametrize("total, k, n, sizes", [(100, 5, 20, [20] * 5), (50, 5, 20, [20] * 2), (7, 5, 20, [3, 3])])
def test_sets_of_a_finite_set_share_no_point(total, k, n, sizes):
    sets = disjoint_sets(np.arange(total)[:, None], k, n, np.random.default_rng(0))
    assert [len(points) for points in sets] == sizes
    assert len(np.unique(np.concatenate(sets))) == sum(sizes)


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


def test_what_cannot_change_when_a_run_goes_on_is_named(ring, capsys):
    said = refusal(capsys, "--out", ring, "--resume", "--hidden", "16")
    assert "has --hidden [8], which cannot become [16]: leave out --hidden" in said
    assert "has --lr" in refusal(capsys, "--out", ring, "--resume", "--lr", "0.5")


def test_nothing_to_resume(tmp_path, capsys):
    assert "there is no run in" in refusal(capsys, "--out", tmp_path / "none", "--resume")
    (tmp_path / "checkpoint.npz").write_bytes(b"not a checkpoint")
    assert "is not a checkpoint" in refusal(capsys, "--out", tmp_path, "--resume")
    checkpoint.save(tmp_path / "checkpoint.npz", step=3)
    assert "not the checkpoint of a training run" in refusal(capsys, "--out", tmp_path, "--resume")


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--data", "rnig"], "no data are called 'rnig': did you mean ring?"),
        (["--data", "zzz"], "or a .csv or .npy file of points"),
        (["--data", "missing.csv"], "missing.csv: no such file"),
        (["--data", "points.xlsx"], "expected .npy, .csv"),
        ([], "--data is missing: ring, grid"),
        (["--data", "ring", "--conditional"], "--conditional needs labels, which ring has not"),
        (["--data", "ring", "--steps", "-5"], "argument --steps: '-5' is not a whole number >= 1"),
        (["--data", "ring", "--steps", "many"], "argument --steps: 'many' is not a whole number >= 1"),
        (["--data", "ring", "--lr", "0"], "argument --lr: '0' is not a number above 0"),
        (["--data", "ring", "--lr", "nan"], "argument --lr: 'nan' is not a number above 0"),
        (["--data", "ring", "--ema", "1"], "argument --ema: '1' is not a number from 0 up to, but not, 1"),
        (["--data", "ring", "--hidden", "8", "0"], "argument --hidden: '0' is not"),
        (["--data", "ring", "--seed", "-1"], "argument --seed: '-1' is not a whole number >= 0"),
        (["--data", "ring", "--loss", "hinge"], "argument --loss: invalid choice: 'hinge'"),
        (["--data", "ring", "--watch", "-1"], "argument --watch: '-1' is not a whole number >= 0"),
    ],
)
def test_bad_options_are_named_and_leave_nothing_behind(options, expected, tmp_path, capsys):
    said = refusal(capsys, "--out", tmp_path / "run", *options)
    assert expected in said
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_a_file(tmp_path, capsys):
    (tmp_path / "run").write_text("")
    assert "is a file; --out names a folder" in refusal(capsys, "--data", "ring", "--out", tmp_path / "run")


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    said = refusal(capsys, "--data", "ring", "--out", tmp_path / "file" / "run", *TINY)
    assert "nothing can be written there (Not a directory); choose another folder" in said and "Errno" not in said


@pytest.mark.parametrize(
    "model, unknown, says",
    [
        ("dragan", ["--gamma", "3"], "--gamma is an option of gan-r1"),
        ("gan", ["--lambda=3"], "--lambda is an option of wgan-gp, dragan"),
        ("diffusion", ["--n-critic", "2"], "--n-critic is an option of gan, gan-r1, wgan, wgan-gp, dragan, sngan"),
        ("gan", ["--stesp", "3"], "there is no option --stesp: did you mean --steps?"),
        ("gan", ["-q"], "there is no option -q"),
        ("gan", ["grid"], "'grid' belongs to no option"),
    ],
)
def test_an_option_of_another_model(model, unknown, says, tmp_path, capsys):
    """It is refused by the model's own parser, whose usage line names what there is, and the owners are named."""
    with pytest.raises(SystemExit) as stop:
        train("--data", "ring", "--out", tmp_path / "run", *unknown, model=model)
    said = capsys.readouterr().err
    assert stop.value.code == 2 and said.startswith(f"usage: minigen train {model} [-h] [--data DATA] --out DIR")
    assert said.splitlines()[-1] == f"minigen train {model}: error: {says}"
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "name, meant", [("wgann", "did you mean wgan?"), ("SNGAN", "did you mean sngan?"), ("x", "there are gan, gan-r1,")]
)
def test_a_model_that_there_is_not(name, meant, capsys):
    with pytest.raises(SystemExit) as stop:
        train("--data", "ring", model=name)
    assert stop.value.code == 2 and f"no model is called {name!r}: {meant}" in capsys.readouterr().err


def test_help_names_the_defaults_for_points_and_for_digits(capsys):
    with pytest.raises(SystemExit):
        train("--help")
    said = " ".join(capsys.readouterr().out.split())
    for data, d, image in (("points", 2, None), ("digits", 64, (8, 8))):
        stub = TrainingData(data, lambda n, rng: np.empty(0), np.zeros(d), np.ones(d), image=image)
        settings = GAN.defaults(stub)
        for name in ("steps", "lr", "hidden", "latent", "batch_size"):
            value = settings[name]
            text = " ".join(map(str, value)) if isinstance(value, list) else str(value)
            assert f"{text} for {data}" in said, name


@pytest.mark.parametrize(
    "model, option, says",
    [
        ("gan", "latent", "for a file of points that of the points, but 2 at least and 32 at most"),
        ("gan", "steps", "(default 8000 for points in the plane, 16000 for grid, 10000 for digits)"),
        ("wgan", "steps", "12000 for points in the plane, 22000 for grid, 6000 for data without known modes"),
        ("wgan-gp", "lambda", "in units of W1, which of standardised points is about 1 at first and 0.1 at last"),
        ("dragan", "lambda", "with f in nats and the data standardised; the paper's 10 is for images (default 0.1)"),
    ],
)
def test_help_gives_the_units_and_what_own_files_get(model, option, says, capsys):
    with pytest.raises(SystemExit):
        train("--help", model=model)
    said = " ".join(capsys.readouterr().out.split())
    assert says in said[said.rindex(f"--{option} ") :]


@pytest.mark.parametrize("dimension, latent", [(1, 2), (2, 2), (5, 5), (40, 32)])
def test_the_noise_of_a_file_has_the_dimension_of_its_points(dimension, latent):
    points = TrainingData("file", lambda n, rng: np.empty(0), np.zeros(dimension), np.ones(dimension))
    for name in MODELS:
        if "gan" in name:
            assert model_class(name).defaults(points)["latent"] == latent


@pytest.mark.parametrize(
    "name, text, says",
    [
        ("a.csv", "height,weight\n# noted by hand\n\n", "points with 2 columns; first line taken as header"),
        ("b.csv", "", "points with 2 columns; no header"),
        ("c.npy", None, "points with 2 columns\n"),
    ],
)
def test_what_was_read_from_a_file_is_said(name, text, says, tmp_path, monkeypatch, capsys):
    points = np.random.default_rng(0).standard_normal((30, 2))
    if text is None:
        np.save(tmp_path / name, points)
    else:
        (tmp_path / name).write_text(text + "".join(f"{x},{y}\n" for x, y in points))
    titles = []
    monkeypatch.setattr(Figure, "savefig", lambda self, path: titles.append(self.axes[0].get_title()))
    assert train("--data", tmp_path / name, "--out", tmp_path / "run", *TINY, "--every", 100) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{tmp_path / name}: 30 {says}")
    assert "exact W1 (in standard deviations of each column)" in said
    assert metrics(tmp_path / "run")["measures"]["w1"]["units"] == "standard deviations of each column"
    assert titles[0] == "data (2,500 drawn from 30 points)"


@pytest.mark.parametrize(
    "points, expected",
    [
        (np.zeros((4, 3, 2)), "shape is (4, 3, 2), expected (n, d)"),
        (np.ones((9, 2)), "all 9 points are the same"),
        (np.array([[1e200, 0.0], [-1e200, 1.0]]), "too large to be squared"),
        (np.array([[1.0], [np.inf]]), "is inf, expected finite numbers"),
    ],
)
def test_bad_points_are_named(points, expected, tmp_path, capsys):
    np.save(tmp_path / "points.npy", points)
    assert expected in refusal(capsys, "--data", tmp_path / "points.npy", "--out", tmp_path / "run")


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_points_of_any_dimension_come_back_in_their_own_units(dimension, tmp_path):
    """Points far from 0 and of very different spreads; the last coordinate of the 5 does not vary at all."""
    rng = np.random.default_rng(0)
    points = 1000 + rng.standard_normal((60, dimension)) * 10.0 ** np.arange(dimension)
    if dimension == 5:
        points[:, -1] = 7
    np.savetxt(tmp_path / "points.csv", points, delimiter=",")
    assert train("--data", tmp_path / "points.csv", "--out", tmp_path / "run", *TINY) == 0
    samples = np.load(tmp_path / "run" / "samples.npy")
    assert samples.shape == (2500, dimension)
    assert np.all(np.abs(samples.mean(0) - points.mean(0)) < 5 * points.std(0) + 5)
    measures = metrics(tmp_path / "run")["measures"]
    assert set(measures) == {"w1", "nearest_neighbour_accuracy"}
    assert measures["w1"]["value"] > measures["w1"]["null"] > 0


def test_a_run_does_not_go_on_with_other_points(tmp_path, capsys):
    np.save(tmp_path / "points.npy", np.arange(10.0))
    assert train("--data", tmp_path / "points.npy", "--out", tmp_path / "run", *TINY) == 0
    np.save(tmp_path / "points.npy", np.arange(11.0))
    assert "are not those that the run" in refusal(capsys, "--out", tmp_path / "run", "--resume")
    np.save(tmp_path / "moved.npy", np.arange(10.0))
    assert train("--data", tmp_path / "moved.npy", "--out", tmp_path / "run", "--resume", "--steps", 13) == 0


@pytest.mark.parametrize(
    "model, conditional", [("gan", False), *((name, True) for name in MODELS if "gan" in name)]
)
def test_digits(model, conditional, tmp_path):
    options = [*TINY, "--every", "100", *(["--conditional"] if conditional else [])]
    assert train("--data", "digits", "--out", tmp_path, *options, model=model) == 0
    samples = np.load(tmp_path / "samples.npy")
    assert samples.shape == (2500, 64) and samples.min() >= 0 and samples.max() <= 1
    measures = metrics(tmp_path)["measures"]
    assert ("label_agreement" in measures) == conditional
    assert measures["classes"]["null"] == measures["classes"]["of"] == 10
    assert measures["nearest_neighbour_accuracy"]["value"] > 0.9  # twelve steps teach nothing
    if conditional:
        assert measures["label_agreement"]["null"] > 0.97


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

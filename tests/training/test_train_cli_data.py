"""`minigen train` on data of all kinds: what was read, what will not do, units, and measures of samples."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from train_command import TINY, metrics, refusal, state, train

from minigen import checkpoint
from minigen.training import measures
from minigen.training.data import disjoint_sets, open_data
from minigen.training.models import MODELS


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
        (np.full((3, 2), 0.1), "all 3 points are the same"),  # their mean is not 0.1, for rounding
        (np.ones((1, 2)), "there is only one point, expected at least two different ones"),
        (np.array([[1e200, 0.0], [-1e200, 1.0]]), "too large to be squared"),
        (np.array([[1.0], [np.inf]]), "is inf, expected finite numbers"),
    ],
)
def test_bad_points_are_named(points, expected, tmp_path, capsys):
    np.save(tmp_path / "points.npy", points)
    assert expected in refusal(capsys, "--data", tmp_path / "points.npy", "--out", tmp_path / "run")


@pytest.mark.parametrize("n", [3, 7, 10])
def test_a_constant_column_stays_as_it_is(n, tmp_path):
    np.save(tmp_path / "points.npy", np.stack([np.arange(n), np.full(n, 0.1)], axis=1))
    data = open_data(str(tmp_path / "points.npy"))
    assert data.scale[1] == 1 and np.abs(data.sample(5, np.random.default_rng(0))[:, 1]).max() < 1e-15


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


@pytest.mark.parametrize("old", [False, True], ids=["as it is saved", "saved without a fingerprint"])
def test_a_run_does_not_go_on_with_other_data(old, tmp_path, capsys):
    """Laws and digits go by their names; checkpoints of laws once had no other."""
    folder = tmp_path / "run"
    assert train("--data", "ring", "--out", folder, *TINY) == 0
    if old:
        stored = checkpoint.load(folder / "checkpoint.npz")
        checkpoint.save(folder / "checkpoint.npz", **{**stored, "fingerprint": ""})
    before = state(folder)
    np.save(tmp_path / "points.npy", np.arange(10.0))
    for other in ("grid", "digits", tmp_path / "points.npy"):
        said = refusal(capsys, "--out", folder, "--resume", "--data", other, "--steps", 13)
        assert f"has --data ring, which cannot become {other}: leave out --data, or begin another run" in said
    assert state(folder) == before
    assert train("--data", "ring", "--out", folder, "--resume", "--steps", 13) == 0
    assert train("--data", tmp_path / "points.npy", "--out", tmp_path / "own", *TINY) == 0
    assert "cannot become ring" in refusal(capsys, "--out", tmp_path / "own", "--resume", "--data", "ring")


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

"""The command `minigen distance`."""

import numpy as np
import pytest

from minigen.cli import main
from minigen.plots.transport import plan_on_points
from minigen.transport import cost_matrix, transport_plan, wasserstein_distance


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 2)), rng.standard_normal((20, 2)) + 1
    np.save(tmp_path / "a.npy", x)
    np.savetxt(tmp_path / "b.csv", y, delimiter=",", fmt="%.17g")
    return tmp_path / "a.npy", tmp_path / "b.csv", x, y


@pytest.mark.parametrize("p", [1, 2])
def test_prints_the_distance_and_its_certificate(files, capsys, p):
    a, b, x, y = files
    assert main(["distance", str(a), str(b), "--p", str(p)]) == 0
    out = capsys.readouterr().out
    assert f"W_{p} = {wasserstein_distance(x, y, p=p):.10g}\n" in out
    assert "the plan costs" in out and "the prices earn" in out and "gap" in out and "30 and 20 points" in out


def test_draws_the_plan(files, capsys):
    a, b, x, y = files
    picture = a.with_name("plan.png")
    assert main(["distance", str(a), str(b), "--plot", str(picture)]) == 0
    assert picture.read_bytes()[:4] == b"\x89PNG" and str(picture) in capsys.readouterr().out
    plan = transport_plan(None, None, cost_matrix(x, y))
    ax = plan_on_points(x, y, plan).axes[0]
    assert len(ax.collections[0].get_segments()) == len(plan.mass)
    line = plan_on_points(x[:, :1], y[:, :1], transport_plan(None, None, cost_matrix(x[:, :1], y[:, :1])))
    assert line.axes[0].get_xlabel() == "x"


def test_says_what_is_wrong(files, capsys, tmp_path):
    a, b, _, _ = files
    np.save(tmp_path / "three.npy", np.ones((2, 3)))
    np.save(tmp_path / "far.npy", np.full((2, 2), 99.0))
    np.save(tmp_path / "many.npy", np.ones((8001, 2)))
    for argv, message in (
        ([a, tmp_path / "none.csv"], "no such file"),
        ([a, tmp_path / "three.npy"], "2 columns and"),
        ([a, b, "--p", "0.5"], "--p is 0.5"),
        ([a, b, "--plot", "plan.txt"], "must end in .png"),
        ([a, b, "--plot", tmp_path / "no" / "plan.png"], f"there is no folder {tmp_path / 'no'}"),
        ([a, tmp_path / "far.npy", "--p", "1000"], "a cost overflows"),
        ([a, tmp_path / "many.npy"], "8001 points"),
    ):
        assert main(["distance", *map(str, argv)]) == 2
        assert message in capsys.readouterr().err

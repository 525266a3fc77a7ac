"""The figures of lecture 11 draw, name their axes, and show the numbers that they are given."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from minigen import diffusion, distributions
from minigen.plots import diffusion as plots

RNG = np.random.default_rng(0)
X, T = np.linspace(-2, 2, 9), np.array([0, 1, 2])
DENSITY = np.exp(-np.square(X[:, None])) * [1.0, 0.8, 0.6]
H = np.array([0.1, 0.01])
PLANE = RNG.normal(size=(12, 2))
ENDS = RNG.normal(size=40), RNG.normal(size=40)


def marginals():
    return plots.marginals(T, X, DENSITY, "α = 0.5")


def paths():
    return plots.paths(T[::-1], RNG.normal(size=(3, 4)), X, DENSITY[:, ::-1], ENDS)


def score_fields():
    oracle = diffusion.MixtureOracle(distributions.ring(sigma=0.3), diffusion.constant(0.9, 5))
    return plots.score_fields(oracle, [1, 5])


def targets():
    return plots.targets(X, X + 1, X, -X, -0.9 * X, -2 * X)


def bias():
    return plots.bias((H, {"mean": H**2, "variance": 2 * H**2}), (1 - H, 1 + H), (1 - H, 1 + H), (H, {"printed": H}), 0)


def journeys():
    row = {1.0: PLANE, 0.0: PLANE / 2}
    return plots.journeys({"ring": row, "grid": row}, {"ring": 2, "grid": 5})


def copies():
    return plots.copies({"law": PLANE, "points": PLANE[:3]}, PLANE[:3], (0, 0), 1)


@pytest.mark.parametrize("draw", [marginals, paths, score_fields, targets, bias, journeys, copies])
def test_every_figure_draws_and_its_outer_axes_have_names(draw):
    picture = draw()
    assert picture._repr_png_().startswith(b"\x89PNG")
    axes = picture.axes
    last_row = max(ax.get_subplotspec().rowspan.stop for ax in axes)
    assert all(ax.get_xlabel() for ax in axes if ax.get_subplotspec().rowspan.stop == last_row)
    assert axes[0].get_ylabel()
    assert all(ax.lines or ax.patches or ax.collections for ax in axes)


def test_paths_run_from_noise_on_the_left_to_data_on_the_right():
    middle = paths().axes[1]
    assert middle.get_xlim() == (2, 0)
    assert [line.get_xdata().tolist() for line in middle.lines] == [[2, 1, 0]] * 4


def test_the_densities_at_both_ends_are_the_first_and_last_columns():
    left, _, right = marginals().axes
    np.testing.assert_array_equal(left.lines[0].get_xdata(), DENSITY[:, 0])
    np.testing.assert_array_equal(right.lines[0].get_xdata(), DENSITY[:, -1])
    reference = right.lines[1].get_xdata()
    np.testing.assert_allclose(reference, np.exp(-(X**2) / 2) / np.sqrt(2 * np.pi))


def test_each_column_of_the_heat_map_is_relative_to_its_top():
    mesh = marginals().axes[1].collections[0]
    np.testing.assert_allclose(np.asarray(mesh.get_array()).max(axis=0), 1)


def test_the_arrows_are_the_score_times_the_noise_level():
    oracle = diffusion.MixtureOracle(distributions.ring(sigma=0.3), diffusion.constant(0.9, 5))
    ax = plots.score_fields(oracle, [5]).axes[0]
    arrows = next(c for c in ax.collections if hasattr(c, "U"))
    at = np.stack([arrows.X, arrows.Y], axis=1)
    want = oracle.score(at, 5) * oracle.process.noise_level(5)
    np.testing.assert_allclose(np.stack([arrows.U, arrows.V], axis=1), want, rtol=1e-12)


def test_titles_give_the_noise_level_and_the_right_panel_the_truth():
    assert [ax.get_title() for ax in journeys().axes] == ["$\\sigma_t$ = 1", "$\\sigma_t$ = 0"] * 2
    right = bias().axes[2]
    assert right.lines[-1].get_ydata()[0] == 0

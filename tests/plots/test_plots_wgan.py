"""The figures of lecture 06 draw, name their axes, and show the numbers that they are given."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from minigen.plots import wgan as plots

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 2)), RNG.normal(size=(20, 2))
C = 0.01
THETA = np.array([-C, -C, -C, 0.0, 0.004, C])  # four of six at the walls


def best_critic():
    t = np.linspace(0, 1, 9)
    return plots.best_critic(t, t, t**2, t - t**2, t[:3], t[3:])


def clipped_supremum():
    place = np.linspace(0.5, 4, 6)
    return plots.clipped_supremum(place, 0.08 / place, 0.08 / place, np.array([1.0, 2.0]), np.array([0.1, 0.16]), 0.16)


def walls():
    return plots.walls({C: {0: 0.3 * THETA, 5: THETA}, 10 * C: {0: 3 * THETA, 5: 10 * THETA}})


def estimates():
    curves = {"exact": np.array([1, 0.5, 0.2]), "gap": np.array([0.1, -0.1, 0.05])}
    return plots.estimates([0, 10, 20], {"c = 0.01": curves, "c = 0.3": curves}, 0.1)


def potentials():
    return plots.potentials({"cone": lambda z: np.linalg.norm(z, axis=1), "plane": lambda z: 1e-4 * z[:, 0]}, X, Y)


def floors():
    n, shift = [16, 64], np.array([0.0, 0.5])
    return plots.floors(n, {"d = 1": np.array([0.4, 0.2])}, {"d = 1": -0.5}, shift, {64: shift + 0.1})


def seeds():
    return plots.seeds([X, Y], ["seed 1", "seed 2"], np.eye(2))


@pytest.mark.parametrize("draw", [best_critic, clipped_supremum, walls, estimates, potentials, floors, seeds])
def test_every_figure_draws_and_its_outer_axes_have_names(draw):
    picture = draw()
    assert picture._repr_png_().startswith(b"\x89PNG")
    axes = [ax for ax in picture.axes if ax.get_subplotspec() is not None and ax.get_label() != "<colorbar>"]
    last_row = max(ax.get_subplotspec().rowspan.stop for ax in axes)
    assert all(ax.get_xlabel() for ax in axes if ax.get_subplotspec().rowspan.stop == last_row)
    assert axes[0].get_ylabel()
    assert all(ax.lines or ax.patches for ax in axes)


def test_the_titles_of_the_walls_count_what_is_at_the_walls():
    titles = [ax.get_title() for ax in walls().axes]
    assert titles == ["step 0: 0 % at ±c", "step 5: 67 % at ±c"] * 2


def test_the_histograms_are_shares_in_units_of_c():
    for ax in walls().axes:
        assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)
        assert ax.get_xlim()[0] < -1 and ax.get_xlim()[1] > 1


def test_a_negative_gap_is_left_out_of_a_logarithmic_axis():
    curves = {line.get_label(): line for line in estimates().axes[0].lines}
    np.testing.assert_array_equal(np.isnan(curves["gap"].get_ydata()), [False, True, False])
    np.testing.assert_array_equal(curves["exact"].get_ydata(), [1, 0.5, 0.2])


def test_the_printed_line_has_slope_k_and_the_truth_slope_one():
    right = clipped_supremum().axes[1]
    line = next(line for line in right.lines if "as printed" in line.get_label())
    np.testing.assert_allclose(line.get_ydata(), 0.16 * line.get_xdata())
    truth = next(line for line in floors().axes[1].lines if line.get_label() == "the truth")
    np.testing.assert_array_equal(truth.get_xdata(), truth.get_ydata())

"""The figures of lecture 07 draw, name their axes, and show the numbers that they are given."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from minigen.plots import critics as plots

RNG = np.random.default_rng(0)
CLOUD, OTHER = RNG.standard_normal((20, 2)), RNG.standard_normal((20, 2)) + 1


def height(points):
    return points[:, 0] - 0.5 * np.abs(points[:, 1])


def steep(points):
    return 1 + points[:, 0] ** 2


def optimal_critic():
    norms = {"coupled pairs": np.ones(50), "independent pairs": np.linspace(0.1, 1, 50)}
    line = np.linspace(0, 5, 11)
    return plots.optimal_critic(height, CLOUD, OTHER, norms, line, -np.maximum(0, line - 1))


def weights():
    rows = np.array([[5.0, 1.5, 1.0], [5.5, 1.4, 1.1], [5.2, 1.0, 9.0]])
    return plots.weights((0.1, 1, 10), {"two-sided": rows - 0.1, "one-sided": rows}, ([0.1, 10], [6, 1.05]))


def estimates():
    rows = np.array([[5, 1.0, 2.0, 0.5], [10, 0.8, 1.5, 0.4]])
    return plots.estimates({"a": rows, "b": rows / 2})


def tracking():
    return plots.tracking(np.array([2.0, 2.1]), np.array([1.9, 2.1]), np.array([1.2, 1.4]))


def surfaces():
    critics = {(row, column): (height, steep) for row in ("clipping", "penalty") for column in ("ring", "grid")}
    return plots.surfaces(critics, {"ring": CLOUD, "grid": OTHER}, {key: " of ".join(key) for key in critics})


def beside_potential():
    return plots.beside_potential(height, steep, CLOUD, OTHER)


def family():
    return plots.family({"GAN": [CLOUD, OTHER], "WGAN": [OTHER, CLOUD]}, np.eye(2))


FIGURES = {
    optimal_critic: 3, weights: 1, estimates: 2, tracking: 2, surfaces: 5, beside_potential: 3, family: 4,
}  # fmt: skip


@pytest.mark.parametrize("draw", FIGURES)
def test_every_figure_has_its_panels_and_a_name_on_its_first_axis(draw):
    picture = draw()
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert len(picture.axes) == FIGURES[draw]
    assert picture.axes[0].get_ylabel()


def test_estimates_are_drawn_as_given():
    for ax, scale in zip(estimates().axes, (1, 0.5), strict=True):
        exact, gap, normalised, _ = (line.get_ydata() for line in ax.get_lines())
        np.testing.assert_array_equal([exact, gap, normalised], scale * np.array([[1, 0.8], [2, 1.5], [0.5, 0.4]]))


def test_a_curve_over_the_weight_is_the_median_of_its_seeds():
    _, two, one, _ = weights().axes[0].get_lines()
    np.testing.assert_allclose(one.get_ydata(), [5.2, 1.4, 1.1])
    np.testing.assert_allclose(two.get_ydata(), [5.1, 1.3, 1.0])


def test_tracking_shows_relative_errors():
    _, errors = tracking().axes
    np.testing.assert_allclose(errors.get_lines()[1].get_ydata(), [0.4, 1 / 3])


def test_slopes_of_a_flat_critic_can_be_shaded():
    critics = {("clipping", "ring"): (height, lambda points: np.zeros(len(points)))}
    picture = plots.surfaces(critics, {"ring": CLOUD}, {("clipping", "ring"): "flat"})
    assert picture._repr_png_().startswith(b"\x89PNG")


def test_slopes_of_one_lie_inside_the_last_bar_of_the_histogram():
    corners = optimal_critic().axes[1].patches[0].get_xy()
    full = corners[corners[:, 1] == 100]
    assert full[:, 0].min() < 0.99 and full[:, 0].max() > 1.01

"""The figures of lecture 02 draw, name their axes, and show the numbers that they are given."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from minigen.plots import divergences as plots

X = np.linspace(-8, 8, 161)
NAMES = ("forward KL", "reverse KL", "JS")


def normal(mean, sd):
    return np.exp(-(((X - mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi))


def three_fits():
    data = {(2, 0.5): (normal(-2, 0.5) + normal(2, 0.5)) / 2, (1, 0.5): (normal(-1, 0.5) + normal(1, 0.5)) / 2}
    return plots.three_fits(X, data, {(*key, name): (0.3, 1.7, 0.125) for key in data for name in NAMES})


def js_switch():
    return plots.js_switch(np.array([4.0, 5]), np.array([0.2, 0.3]), np.array([0.25, 0.25]), 4.5)


def fits_in_the_plane():
    rng = np.random.default_rng(0)
    return plots.fits_in_the_plane({"8 bumps": (rng.normal(size=(50, 2)), (np.zeros(2), 1.0), (np.ones(2), 0.1))})


def likelihood_against_bandwidth():
    points = np.random.default_rng(0).normal(size=(20, 2))
    eps = np.array([1, 0.1, 1e-4])
    return plots.likelihood_against_bandwidth(
        eps, np.array([-3.0, -3, -900]), np.array([-3.0, 0, 3]), -2.8, points, points
    )


def blurred_js():
    theta = np.linspace(-3, 3, 31)
    return plots.blurred_js(theta, {s: np.log(2) * (1 - np.exp(-((theta / s) ** 2))) for s in (1.0, 0.1)})


@pytest.mark.parametrize(
    "draw",
    [three_fits, js_switch, fits_in_the_plane, likelihood_against_bandwidth, blurred_js]
    + [lambda theta=theta: plots.parallel_segments(theta) for theta in (-1, 0, 0.6)],
)
def test_every_figure_draws_and_every_horizontal_axis_has_a_name(draw):
    picture = draw()
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert all(ax.get_xlabel() for ax in picture.axes) and picture.axes[0].get_ylabel()
    assert all(len(ax.get_lines()) >= 2 for ax in picture.axes)


def test_fitted_curves_are_the_gaussians_given_and_their_values_are_in_the_legend():
    for ax in three_fits().axes:
        for line, name in zip(ax.get_lines(), NAMES, strict=True):
            np.testing.assert_allclose(line.get_ydata(), normal(0.3, 1.7), rtol=1e-12)
            assert line.get_label() == f"{name}: 0.125"


def test_circles_have_radius_two_deviations():
    lines = {line.get_label(): line for line in fits_in_the_plane().axes[0].get_lines()}
    for label, centre, radius in (("forward KL", 0, 2.0), ("reverse KL", 1, 0.2)):
        away = np.hypot(lines[label].get_xdata() - centre, lines[label].get_ydata() - centre)
        np.testing.assert_allclose(away, radius, rtol=1e-12)


@pytest.mark.parametrize("theta", [-0.8, 0.25])
def test_the_segments_stand_theta_apart_and_the_mark_is_on_the_curve_of_w(theta):
    left, right = plots.parallel_segments(theta).axes
    data, model = left.get_lines()
    np.testing.assert_allclose(np.subtract(model.get_xdata(), data.get_xdata()), theta)
    marks = [line for line in right.get_lines() if line.get_marker() == "s"]
    assert [(float(m.get_xdata()[0]), float(m.get_ydata()[0])) for m in marks] == [(theta, abs(theta))]
    w = next(line for line in right.get_lines() if line.get_label().startswith("W"))
    np.testing.assert_allclose(w.get_ydata(), np.abs(w.get_xdata()))

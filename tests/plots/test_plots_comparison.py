"""Figures of a comparison: they show the numbers they are given, and say of what these are."""

import numpy as np

from minigen.plots import comparison as figures


def test_distances_are_those_of_the_generator_as_it_is():
    curves = {"gan": ([2, 4, 6], [1.0, 0.5, 0.2]), "wgan": ([3, 6], [2.0, 0.1])}
    picture = figures.distance_over_steps(curves, 0.05, "pixels")
    (ax,) = picture.axes
    assert ax.get_ylabel().split("\n") == ["exact W1, generator as it is", "(pixels)"] and ax.get_xlabel() == "step"
    *lines, null = ax.get_lines()
    assert [line.get_label() for line in lines] == ["gan", "wgan"] and null.get_label() == "as many fresh data"
    for line, (steps, distances) in zip(lines, curves.values(), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), steps)
        np.testing.assert_array_equal(line.get_ydata(), distances)
    assert set(null.get_ydata()) == {0.05} and ax.get_yscale() == "log"
    without = figures.distance_over_steps(curves, None, "pixels")
    assert len(without.axes[0].get_lines()) == 2


def test_samples_are_shown_in_the_frame_of_the_data():
    data = np.array([[0.0, -1.0], [10.0, 1.0]])
    low, high = frame = figures.frame_of(data)
    np.testing.assert_allclose([low, high], [[-1.5, -1.3], [11.5, 1.3]])
    (ax,) = figures.points(np.array([[3.0, 0.5], [1e6, 0.0]]), frame).axes
    np.testing.assert_allclose([ax.get_xlim(), ax.get_ylim()], np.transpose(frame))
    np.testing.assert_array_equal(ax.get_lines()[0].get_xydata(), [[3.0, 0.5], [1e6, 0.0]])
    (ax,) = figures.points(data[:, :1], (low[:1], high[:1])).axes
    assert ax.get_xlim() == (low[0], high[0]) and len(ax.patches) == 40

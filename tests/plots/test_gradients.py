"""Figures of lecture 01: drawn without a warning, every panel labelled, shown by a notebook without pyplot."""

import numpy as np

from minigen import plots
from minigen.plots.style import series


def check(figure):
    assert figure._repr_png_().startswith(b"\x89PNG")
    for ax in figure.axes:
        assert ax.get_xlabel() and (ax.lines or ax.collections)
    return figure.axes


def test_difference_errors_draw_an_error_of_zero_at_the_bottom():
    h = np.logspace(0, -15, 16)
    (ax,) = check(plots.difference_errors(h, {"one": h, "exact": 0 * h}, {"one": (1e-5, 1e-10)}))
    low, high = ax.get_ylim()
    assert all(np.all((line.get_ydata() > low) & (line.get_ydata() < high)) for line in ax.lines)
    assert ax.get_xlim()[0] > ax.get_xlim()[1]


def test_descent_shows_each_rate_as_a_line():
    distances = {"slow": 0.9 ** np.arange(20), "fast": 0.5 ** np.arange(20)}
    (ax,) = check(plots.descent_on_a_quadratic(distances, {"slow": 0.9, "fast": 0.5}))
    assert len(ax.lines) == 4
    assert {text.get_text() for text in ax.texts} == {"0.9 a step", "0.5 a step"}


def test_paths_have_a_panel_each_and_one_for_the_values():
    paths = {name: np.linspace([-1.0, 1.0], [0.5, 0.5], 9) for name in ("a", "b")}
    axes = check(plots.descent_paths(lambda p: p[0] ** 2 + p[1] ** 2, paths, (0, 0), (-2, 2, -2, 2)))
    assert [ax.get_title() for ax in axes] == ["a", "b", "f along the path"]


def test_values_that_are_not_finite_are_marked():
    x = np.linspace(-1, 1, 5)
    (ax,) = check(plots.logits_in_float32(x, {"bad": np.array([1e-3, 1e-4, 0, np.inf, np.nan]), "good": x * 0 + 1e-7}))
    marked = next(line for line in ax.lines if line.get_label() == "bad: not finite")
    assert list(marked.get_xdata()) == [0.5, 1.0]


def test_curves_differ_in_colour_dash_and_marker():
    for looks in zip(*(look.values() for look in series(6)), strict=True):
        assert len(set(map(str, looks))) == 6

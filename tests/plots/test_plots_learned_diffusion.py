"""The figures of lecture 12 draw, name their axes, and show the numbers that they are given."""

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from minigen.plots import learned_diffusion as plots

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(20, 2))
RATIO = np.array([0.01, 0.1, 1.0, 10.0])
RUNS = {"ring": {"slow": [3.0, 2.0, 4.0], "good": [1.1, 1.0, 1.3]}, "grid": {"good": [1.2]}}


def explosion():
    return plots.explosion({"printed": np.array([1, 1e3, 1e6]), "converted": np.array([1, 0.8, 0.5])}, np.ones(3))


def by_noise():
    return plots.by_noise(RATIO, {"loss": 1 / (1 + RATIO)}, {"noise": RATIO, "score": 1 / RATIO})


def seeds():
    return plots.seeds([POINTS, -POINTS], ["seed 1", "seed 2"])


def samplers():
    euler, heun = ([10, 11, 20], [0.1, 0.09, 0.05]), ([10, 20], [0.1, 0.02])
    exact = {"Euler": tuple(map(np.array, euler)), "Heun": tuple(map(np.array, heun))}
    return plots.samplers(exact, {"DDIM": (np.array([5, 10]), np.array([40.0, 90.0]))}, 98.9)


def densities():
    return plots.densities(RATIO, {"data": RATIO, "model": 1.1 * RATIO})


def guided():
    panels = {"w = 0": POINTS, "w = 1": 0.5 * POINTS}
    return plots.guided(
        {"learned": panels, "exact": panels}, lambda z: np.exp(-0.5 * np.sum(z**2, axis=1)), np.eye(2), 3.0
    )


def scoreboard():
    return plots.scoreboard(RUNS, "W1 over its null")


@pytest.mark.parametrize("draw", [explosion, by_noise, seeds, samplers, densities, guided, scoreboard])
def test_every_figure_draws_and_its_axes_have_names(draw):
    picture = draw()
    assert picture._repr_png_().startswith(b"\x89PNG")
    last_row = max(ax.get_subplotspec().rowspan.stop for ax in picture.axes)
    assert all(ax.get_xlabel() for ax in picture.axes if ax.get_subplotspec().rowspan.stop == last_row)
    assert picture.axes[0].get_ylabel()
    assert all(ax.lines or ax.collections for ax in picture.axes)


def test_digits_are_shown_dark_on_white_one_panel_for_each_title():
    picture = plots.digits({"real": np.eye(4)[None].repeat(20, axis=0), "made": np.ones((20, 4, 4))})
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert [ax.get_title() for ax in picture.axes] == ["real", "made"]
    sheet = picture.axes[0].images[0]
    assert sheet.get_cmap().name == "gray_r"
    assert sheet.get_array().sum() == 20 * 4


def test_time_runs_from_noise_to_data():
    ax = explosion().axes[0]
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [2, 1, 0])
    assert ax.xaxis_inverted()


def test_level_lines_stand_at_one_two_and_three_deviations():
    lines = guided().axes[0].collections[0]
    radii = sorted(np.linalg.norm(path.vertices, axis=1).mean() for path in lines.get_paths() if len(path.vertices))
    np.testing.assert_allclose(radii, [1, 2, 3], rtol=1e-2)


def test_the_scoreboard_puts_the_best_median_on_top_and_a_bar_at_it():
    ax = scoreboard().axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["good", "slow"]
    assert ax.yaxis_inverted()
    bars = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "|"]
    np.testing.assert_allclose(bars, [1.1, 3.0])


def test_ticks_that_would_overlap_are_left_out():
    left = samplers().axes[0]
    assert list(left.get_xticks()) == [10, 20]

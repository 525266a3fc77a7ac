"""Mode metrics on samples whose score is known by hand, and nulls against their closed forms."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from minigen import metrics
from minigen.distributions import GaussianMixture, SwissRoll, grid, ring
from minigen.metrics import ModeReport, high_quality_of_perfect_samples, mode_report, mode_table, null_report

SQUARE = grid(side=2, spacing=2.0, sigma=0.1)  # modes at (+-1, +-1)


def test_samples_on_the_modes_are_perfect():
    report = mode_report(np.repeat(SQUARE.modes, 5, axis=0), SQUARE)
    assert report == ModeReport(captured=4, modes=4, high_quality=1.0, mode_tv=0.0, n=20)
    assert str(report) == "4 of 4 modes, 100.0 % high quality, mode TV 0.000 (n = 20)"


def test_collapse_to_one_mode():
    report = mode_report(np.tile([1.0, 1.0], (10, 1)), SQUARE)
    assert report == ModeReport(captured=1, modes=4, high_quality=1.0, mode_tv=0.75, n=10)


def test_three_sigma_is_the_border():
    inside, outside = [1 + 0.2999, 1.0], [1.0, 1 - 0.3001]
    report = mode_report([inside, outside, [-1, -1], [9.0, 9.0]], SQUARE)
    assert (report.captured, report.high_quality) == (2, 0.5)
    # All four count in the histogram: three nearest to (1, 1), one to (-1, -1).
    assert report.mode_tv == pytest.approx(0.5 * (0.5 + 0.25 + 0.25 + 0))


def test_three_sigma_is_a_distance_not_a_variance_and_not_per_axis():
    mixture = GaussianMixture([[0.0, 0.0]], 0.25)  # sigma 1/2
    assert mode_report([[1.49, 0.0]], mixture).high_quality == 1
    assert mode_report([[1.51, 0.0]], mixture).high_quality == 0
    assert mode_report([[1.2, 1.2]], mixture).high_quality == 0


def test_one_sample_captures_a_mode():
    samples = np.vstack([np.tile([1.0, 1.0], (2499, 1)), [[-1.0, -1.0]]])
    assert mode_report(samples, SQUARE).captured == 2


def test_a_sample_between_wide_modes_captures_both_but_counts_once():
    mixture = GaussianMixture([[0.0], [1.0]], 1.0)
    report = mode_report([[0.4]], mixture)
    assert (report.captured, report.high_quality, report.mode_tv) == (2, 1.0, 0.5)


def test_mode_tv_is_against_the_weights():
    mixture = GaussianMixture([[0.0], [10.0]], 1.0, [0.75, 0.25])
    assert mode_report([[0.0], [0.0], [0.0], [10.0]], mixture).mode_tv == 0
    assert mode_report([[0.0], [10.0]], mixture).mode_tv == pytest.approx(0.25)


def test_full_covariances_are_measured_along_their_axes():
    mixture = GaussianMixture([[0.0, 0.0]], [[[4.0, 0.0], [0.0, 0.01]]])
    assert mode_report([[5.9, 0.0]], mixture).high_quality == 1
    assert mode_report([[0.0, 0.31]], mixture).high_quality == 0


def test_samples_that_are_not_finite_count_against_the_report():
    samples = np.repeat(SQUARE.modes, 2, axis=0)
    samples[0, 1], samples[1, 0] = np.nan, -np.inf
    report = mode_report(samples, SQUARE)
    assert report == ModeReport(3, 4, 0.75, 0.25, 8, not_finite=2)
    assert "2 NOT FINITE" in str(report)
    lost = mode_report(np.full((5, 2), np.nan), SQUARE)
    assert lost == ModeReport(0, 4, 0.0, 1.0, 5, not_finite=5)
    assert mode_report(np.full((5, 2), 1e200), SQUARE).high_quality == 0


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6), st.integers(1, 60), st.floats(0.1, 5))
def test_ranges_and_invariances(seed, n, spread):
    rng = np.random.default_rng(seed)
    samples = spread * rng.standard_normal((n, 2))
    report = mode_report(samples, SQUARE)
    assert 0 <= report.captured <= min(4, n)
    assert 0 <= report.high_quality <= 1 and 0 <= report.mode_tv <= 1 + 1e-12
    assert (report.captured > 0) == (report.high_quality > 0)
    assert mode_report(rng.permutation(samples), SQUARE) == report
    # The square is its own mirror image, and metres or feet do not matter.
    same = pytest.approx(dataclasses.asdict(report), abs=1e-12)
    assert dataclasses.asdict(mode_report(-samples, SQUARE)) == same
    assert dataclasses.asdict(mode_report(8 * samples, GaussianMixture(8 * SQUARE.means, 0.64))) == same
    assert mode_report(samples.astype(np.float32), SQUARE).n == n


def test_chunks_do_not_change_the_report(monkeypatch):
    samples = grid().sample(1000, np.random.default_rng(0)) + 0.05
    whole = mode_report(samples, grid())
    monkeypatch.setattr(metrics, "CHUNK_NUMBERS", 7 * 50)
    assert mode_report(samples, grid()) == whole
    monkeypatch.setattr(metrics, "CHUNK_NUMBERS", 1)
    assert mode_report(samples, grid()) == whole


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 10, 64])
def test_high_quality_of_perfect_samples_is_a_chi_square_probability(d):
    for within in (0.5, 1, 3, 6):
        assert high_quality_of_perfect_samples(d, within) == pytest.approx(chi2.cdf(within**2, d), abs=1e-14)
    assert high_quality_of_perfect_samples(d, 0) == 0


def test_high_quality_in_the_plane_is_not_100_percent():
    assert high_quality_of_perfect_samples(2) == pytest.approx(1 - math.exp(-4.5), abs=1e-15)
    assert high_quality_of_perfect_samples(2) == pytest.approx(0.98889, abs=5e-6)


@pytest.mark.parametrize("mixture", [ring(), grid()])
def test_null_is_that_of_the_closed_forms(mixture):
    n, repeats, k = 2500, 40, len(mixture.modes)
    null = null_report(mixture, n, np.random.default_rng(0), repeats)
    assert null.captured == (k, 0.0)
    p = 1 - math.exp(-4.5)
    sd = math.sqrt(p * (1 - p) / n)
    assert abs(null.high_quality[0] - p) < 4 * sd / math.sqrt(repeats)
    assert null.high_quality[1] == pytest.approx(sd, rel=4 / math.sqrt(2 * repeats))
    # E |h - w| of a share is nearly that of a normal: sqrt(2 / pi) of its standard deviation.
    expected = 0.5 * k * math.sqrt(2 / math.pi * (1 / k) * (1 - 1 / k) / n)
    assert abs(null.mode_tv[0] - expected) < 4 * null.mode_tv[1] / math.sqrt(repeats) + 0.01 * expected


def test_null_is_seeded_and_of_the_repeats_asked_for():
    first, second, third = (null_report(ring(), 100, np.random.default_rng(s), repeats=3) for s in (1, 1, 2))
    assert first == second != third
    reports = []
    rng = np.random.default_rng(1)
    for _ in range(3):
        reports.append(mode_report(ring().sample(100, rng), ring()).mode_tv)
    assert first.mode_tv == pytest.approx((np.mean(reports), np.std(reports, ddof=1)))
    assert str(first).startswith("perfect samples: 8 of 8 modes")


def test_table_shows_each_metric_beside_its_null():
    null = null_report(ring(), 2500, np.random.default_rng(0))
    report = mode_report(ring(radius=1.005).sample(2500, np.random.default_rng(1)), ring())
    table = mode_table(report, null)
    lines = table.splitlines()
    assert len(lines) == 4
    assert lines[0].split() == ["samples", "perfect", "samples"]
    assert lines[1].split() == ["modes", "captured", "(of", "8)", "8", "8.0", "+-", "0.0"]
    quality = [f"{100 * report.high_quality:.1f}", f"{100 * null.high_quality[0]:.1f}"]
    assert [lines[2].split()[i] for i in (3, 4)] == quality
    assert "not finite" in mode_table(dataclasses.replace(report, not_finite=3), null)
    with pytest.raises(ValueError, match="100 samples on 8 modes, its null 2500"):
        mode_table(mode_report(ring().sample(100, np.random.default_rng(0)), ring()), null)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((0, 2)), "samples is empty"),
        (np.zeros((3, 3)), r"samples has shape \(3, 3\), expected \(n, 2\)"),
        (np.zeros(2), r"samples has shape \(2,\)"),
        (np.zeros((2, 2), complex), "samples has dtype complex"),
    ],
)
def test_bad_samples_are_named(samples, message):
    with pytest.raises(ValueError, match=message):
        mode_report(samples, SQUARE)


def test_other_bad_input_is_named():
    with pytest.raises(ValueError, match="repeats is 1"):
        null_report(ring(), 10, np.random.default_rng(0), repeats=1)
    with pytest.raises(ValueError, match="d is 0"):
        high_quality_of_perfect_samples(0)
    with pytest.raises(ValueError, match="within is -1"):
        high_quality_of_perfect_samples(2, -1)
    with pytest.raises(TypeError, match=r"SwissRoll\(.*\) has no modes to be counted"):
        mode_report(np.zeros((2, 2)), SwissRoll())  # type: ignore[arg-type]


@pytest.mark.parametrize("d", [1, 2, 3, 4, 9])
def test_everything_is_within_infinitely_many_sigmas(d):
    assert high_quality_of_perfect_samples(d, math.inf) == 1.0

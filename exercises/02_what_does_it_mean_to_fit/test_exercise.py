"""Exercise 02: what does it mean to fit?

Run `minigen check 02`, or pytest on this folder.  The right values come from laws for which they are known: code
lengths, shifted blocks, closed forms for Gaussians.
"""

from itertools import chain, combinations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from minigen.grading import assert_close, hint, points, sub


def near(got, want, tol=1e-4, what="your answer"):
    assert_close(got, want, rtol=tol, atol=tol, what=what)  # an answer in float32 is an answer


lengths = st.integers(2, 6).flatmap(lambda n: st.permutations([*range(1, n), n - 1]))
two_lengths = st.integers(2, 6).flatmap(
    lambda n: st.tuples(st.permutations([*range(1, n), n - 1]), st.permutations([*range(1, n), n - 1]))
)
shifts = st.integers(1, 6).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))


def masses(code):
    return 2.0 ** -np.array(code)


def blocks(width, shift):
    """Two uniform laws on `width` cells, the second one `shift` cells to the right."""
    cells = np.arange(width + shift)
    return (cells < width) / width, (cells >= shift) / width


# kl


@points(1)
@hint("the average of log(p / q) is over the first law, p, and in nats: np.log, not log2; KL(p || q) is not KL(q || p)")
@example(([1, 2, 3, 3], [3, 3, 2, 1]))
@given(two_lengths)
def test_kl_positive(codes):
    """masses all positive"""
    a, b = map(np.array, codes)
    near(sub.kl(masses(a), masses(b)), np.log(2) * np.sum(masses(a) * (b - a)))


@points(1)
@hint("zeros: 0 log 0 counts 0, wherever the other law has its mass; but mass of p where q has none makes it np.inf")
@example((2, 1))
@given(shifts)
def test_kl_zeros(case):
    """masses that are zero"""
    p, q = blocks(*case)
    near(sub.kl(p, q), np.inf if case[1] else 0.0)
    near(sub.kl(np.append(p, 0.0), np.append(q, 0.0)), np.inf if case[1] else 0.0)
    half = np.concatenate([np.zeros(len(p)), p])
    near(sub.kl(half, np.concatenate([p, p]) / 2), np.log(2))


# js


@points(1)
@hint("JS compares each law with the middle (p + q) / 2, and has a factor 1/2 before each KL: it is not half of "
      "KL(p || q) + KL(q || p)")  # fmt: skip
@given(st.integers(1, 31).map(lambda k: k / 32), st.sampled_from([0.25, 0.5, 1.0]))
def test_js_coins(t, w):
    """two coins, tossed with probability w"""
    p, q = np.array([w * t, w * (1 - t), 1 - w]), np.array([w * (1 - t), w * t, 1 - w])
    n = 3 if w < 1 else 2
    entropy = -t * np.log(t) - (1 - t) * np.log(1 - t)
    near(sub.js(p[:n], q[:n]), w * (np.log(2) - entropy))


@points(1)
@hint("JS is always finite, log 2 for disjoint laws: where a law has mass, the middle has too; where p or q is 0, its "
      "term is 0")  # fmt: skip
@example((1, 1))
@example((2, 1))
@given(shifts)
def test_js_blocks(case):
    """blocks that overlap, or do not"""
    near(sub.js(*blocks(*case)), case[1] / case[0] * np.log(2))


# tv


@st.composite
def counts(draw, n):
    """Masses k_i / 12, zeros included."""
    cuts = sorted(draw(st.lists(st.integers(0, 12), min_size=n - 1, max_size=n - 1)))
    return np.diff([0, *cuts, 12])


pairs = st.integers(2, 5).flatmap(lambda n: st.tuples(counts(n), counts(n)))


@points(1)
@hint("half of sum |p - q|: what p has more, q has less elsewhere, and the sum counts both")
@example((np.array([12, 0]), np.array([0, 12])))
@given(pairs)
def test_tv(case):
    """the best event, found by trying all of them"""
    p, q = case[0] / 12, case[1] / 12
    places = range(len(p))
    events = chain.from_iterable(combinations(places, k) for k in range(len(p) + 1))
    near(sub.tv(p, q), max(sum(p[i] - q[i] for i in event) for event in events))


# W1


@st.composite
def on_a_line(draw, in_order):
    n = draw(st.integers(2, 5))
    x = np.array(draw(st.lists(st.integers(-20, 20), min_size=n, max_size=n, unique=True))) / 4
    return np.sort(x) if in_order else x, draw(counts(n)), draw(counts(n))


def carried_in_order(x, a, b):
    """Twelve parcels each; on a line the cheapest plan keeps their order."""
    return np.mean(np.abs(np.sort(np.repeat(x, a)) - np.sort(np.repeat(x, b))))


@points(1)
@hint("through each gap goes the difference of the cumulated masses: |F - G| times the gap's width, summed over the "
      "gaps (not the difference of the means, and gaps are not all 1 wide)")  # fmt: skip
@example((np.array([0.0, 4.0, 8.0]), np.array([6, 0, 6]), np.array([0, 12, 0])))
@given(on_a_line(in_order=True))
def test_w1_on_a_line_sorted(case):
    """positions from left to right"""
    x, a, b = case
    near(sub.w1_on_a_line(x, a / 12, b / 12), carried_in_order(x, a, b))


@points(1)
@hint("the positions come in any order: sort them first, and take the masses along (np.argsort)")
@example((np.array([3.0, 0.0, 1.0]), np.array([12, 0, 0]), np.array([0, 12, 0])))
@given(on_a_line(in_order=False))
def test_w1_on_a_line_unsorted(case):
    """positions in any order"""
    x, a, b = case
    near(sub.w1_on_a_line(x, a / 12, b / 12), carried_in_order(x, a, b))


# on a grid

GRID = np.linspace(-30, 30, 1201)
NAMES = ("forward", "reverse", "js")


def log_normal(x, mean, sd):
    return -(((x - mean) / sd) ** 2) / 2 - np.log(sd) - np.log(2 * np.pi) / 2


def kl_of_gaussians(m1, s1, m2, s2):
    return np.log(s2 / s1) + (s1**2 + (m1 - m2) ** 2) / (2 * s2**2) - 0.5


@points(1)
@hint('"forward" averages over the data p, "reverse" over the model q; densities are exp of what you get, and the sum '
      "is multiplied by dx, once")  # fmt: skip
@given(*(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.8, 1.25]), st.sampled_from([0.25, 0.75])))
def test_divergence_on_grid_value(m, s, t):
    """Gaussians, and two steps"""
    x = GRID[400:-400]
    p, q = log_normal(x, 0, 1), log_normal(x, m, s)
    near(sub.divergence_on_grid("forward", p, q, 0.05), kl_of_gaussians(0, 1, m, s), what="forward KL")
    near(sub.divergence_on_grid("reverse", p, q, 0.05), kl_of_gaussians(m, s, 0, 1), what="reverse KL")
    steps = np.log(np.repeat([2 * t, 2 - 2 * t], 10))  # on 20 cells of width 1/20
    want = np.log(2) + t * np.log(t) + (1 - t) * np.log(1 - t)
    near(sub.divergence_on_grid("js", steps, steps[::-1].copy(), 0.05), want, what="JS")


@points(1)
@hint("exp(-800) is 0 in floating point, and its log is -inf: take differences of the logarithms you are given, and "
      "np.logaddexp for the middle")  # fmt: skip
@given(st.sampled_from([12.0, 15.0]), st.sampled_from([0.25, 0.5]))
def test_divergence_on_grid_far(m, s):
    """Gaussians far apart"""
    p, q = log_normal(GRID, -m, s), log_normal(GRID, m, s)
    near(sub.divergence_on_grid("forward", p, q, 0.05), kl_of_gaussians(-m, s, m, s), what="forward KL")
    near(sub.divergence_on_grid("reverse", p, q, 0.05), kl_of_gaussians(m, s, -m, s), what="reverse KL")
    near(sub.divergence_on_grid("js", p, q, 0.05), np.log(2), what="JS")


# fits

COARSE = np.linspace(-12, 12, 121)


def two_bumps(a, s):
    return np.logaddexp(log_normal(COARSE, -a, s), log_normal(COARSE, a, s)) - np.log(2)


def fitted(name, log_p, mean, sd):
    got = sub.fit_gaussian(name, COARSE, log_p, mean, sd)
    assert isinstance(got, (tuple, list, np.ndarray)) and len(got) == 2, "return the pair (mean, deviation)"
    return np.asarray([float(np.squeeze(v)) for v in got])


@points(1)
@hint("if the data are a Gaussian, every divergence must find it: go downhill in the mean and in log sd until nothing "
      "changes, and return the deviation, not its logarithm or its square")  # fmt: skip
@settings(max_examples=2)
@given(st.sampled_from([(-0.7, 1.4), (0.55, 0.85)]))
def test_fit_gaussian_to_a_gaussian(case):
    """data that are a Gaussian"""
    mean, sd = case
    for name in NAMES:
        near(fitted(name, log_normal(COARSE, mean, sd), 0.0, 1.0), [mean, sd], 5e-3, what=f"{name}: (mean, deviation)")


@points(1)
@hint("forward KL is an average over the data: its best Gaussian has the mean and the variance of the data, wherever "
      "you start. Did you fit the reverse one?")  # fmt: skip
@settings(max_examples=2)
@given(st.sampled_from([(2.0, 0.6, 1.5), (1.5, 0.5, -1.0)]))
def test_fit_gaussian_forward(case):
    """two bumps, forward KL"""
    a, s, start = case
    near(fitted("forward", two_bumps(a, s), start, 1.0), [0.0, np.hypot(a, s)], 5e-3, what="(mean, deviation)")


@points(1)
@hint("reverse KL and JS have a valley at each bump when the bumps are far apart: stay in the one where you start, "
      "a grid search over everything leaves it")  # fmt: skip
@settings(max_examples=2)
@given(st.sampled_from([-1, 1]))
def test_fit_gaussian_one_bump(side):
    """two bumps, reverse KL and JS"""
    for name in NAMES[1:]:
        got = fitted(name, two_bumps(3.0, 0.5), side * 2.6, 0.6)
        near(got, [side * 3.0, 0.5], 5e-3, what=f"{name}: (mean, deviation)")
    got = fitted("js", two_bumps(2.0, 0.5), side * 1.9, 0.5)
    near(got, [side * 2.0, 0.5], 5e-3, what="js: (mean, deviation)")
    uneven = np.logaddexp(log_normal(COARSE, -1.5 * side, 0.7) - np.log(3), log_normal(COARSE, 1.5 * side, 0.7))
    uneven += np.log(0.75)
    m, s = fitted("js", uneven, side * 1.0, 0.8)
    for near_m, near_s in ((m - 8e-3, s), (m + 8e-3, s), (m, s - 8e-3), (m, s + 8e-3)):
        less = js_divergence(uneven, m, s) - js_divergence(uneven, near_m, near_s)
        assert less < 0, f"js: N({near_m:.4f}, {near_s:.4f}^2) is closer than N({m:.4f}, {s:.4f}^2), by {less:.2g}"


def js_divergence(log_p, mean, sd):
    log_q = log_normal(COARSE, mean, sd)
    log_m = np.logaddexp(log_p, log_q) - np.log(2)
    return np.mean(np.exp(log_p) * (log_p - log_m) + np.exp(log_q) * (log_q - log_m))


# kernel density


@points(1)
@hint("each bump integrates to 1: (2 pi variance)^(-d/2) in d dimensions, with the variance, not the deviation. The "
      "bumps are averaged inside the log, the test points outside")  # fmt: skip
@example(1, 1, 0.5)
@given(st.integers(1, 3), st.integers(1, 4), st.sampled_from([0.25, 0.5, 2.0]))
def test_kde_log_likelihood_value(d, n, variance):
    """one bump, repeated, and two bumps"""
    train, test = np.zeros((n, d)), np.arange(2.0 * d).reshape(2, d) / 2
    alone = -d / 2 * np.log(2 * np.pi * variance) - np.mean(np.sum(test**2, axis=1)) / (2 * variance)
    near(sub.kde_log_likelihood(train, test, variance), alone, what="n equal training points")
    pair, side = np.zeros((2, d)), np.eye(1, d)[0]
    pair[1] = 2 * side
    want = np.log((1 + np.exp(-2 / variance)) / 2) - d / 2 * np.log(2 * np.pi * variance)
    near(sub.kde_log_likelihood(pair, np.stack([pair[0], pair[1]]), variance), want, what="two training points")
    middle = -1 / (2 * variance) - d / 2 * np.log(2 * np.pi * variance)
    got = sub.kde_log_likelihood(pair, np.stack([pair[0], side]), variance)
    near(got, (want + middle) / 2, what="two training points, one test point half-way")


@points(1)
@hint("exp(-d^2 / (2 variance)) is 0 for every bump: take out the largest exponent before you exponentiate "
      "(log-sum-exp)")  # fmt: skip
@given(st.integers(1, 3), st.sampled_from([1e-3, 1e-6]))
def test_kde_log_likelihood_tiny(d, variance):
    """a tiny variance"""
    train, test = np.zeros((2, d)), np.ones((3, d)) * 2.0
    train[1], test[2] = -5.0, -4.0
    want = -1.5 * d / variance - np.log(2) - d / 2 * np.log(2 * np.pi * variance)
    near(sub.kde_log_likelihood(train, test, variance), want)

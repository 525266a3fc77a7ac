"""Divergences against printed numbers, closed forms, inequalities and scipy."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import rel_entr
from scipy.stats import norm

from minigen.autodiff import Tensor, check_grad, grad, softmax
from minigen.divergences import chi2, jeffreys, js, kl, squared_hellinger, tv

EVERY = [kl, js, jeffreys, tv, squared_hellinger, chi2]
LOG2 = math.log(2)

TWO_POINTS = ([0.5, 0.5], [0.9, 0.1])
X = np.linspace(-14, 16, 12_001)
DX = X[1] - X[0]
GAUSSIANS = (norm.pdf(X), norm.pdf(X, 1, 1.5))


@st.composite
def laws(draw, count=2, zeros=True):
    """`count` laws on the same states, some masses exactly 0 or very small."""
    states = draw(st.integers(1, 6))
    mass = st.floats(1e-12, 1) if not zeros else st.one_of(st.just(0.0), st.floats(1e-12, 1))
    result = []
    for _ in range(count):
        p = np.array(draw(st.lists(mass, min_size=states, max_size=states)))
        assume(p.sum() > 1e-6)
        result.append(p / p.sum())
    return result


@pytest.mark.parametrize(
    ("divergence", "forward", "backward"),
    [
        (kl, 0.5108256, 0.3680642),
        (js, 0.1017492, 0.1017492),
        (tv, 0.4, 0.4),
        (squared_hellinger, 0.2111456, 0.2111456),
        (chi2, 1.7777778, 0.64),
        (jeffreys, 0.8788898, 0.8788898),
    ],
)
def test_two_points(divergence, forward, backward):
    p, q = TWO_POINTS
    assert divergence(p, q) == pytest.approx(forward, abs=5.1e-8)
    assert divergence(q, p) == pytest.approx(backward, abs=5.1e-8)
    assert isinstance(divergence(p, q), float)


@pytest.mark.parametrize(
    ("divergence", "forward", "backward"),
    [
        (kl, 0.3499095526, 0.7195348919),
        (js, 0.0992900966, 0.0992900966),
        (chi2, 0.6004150753, None),
        (squared_hellinger, 0.2207307438, 0.2207307438),
    ],
)
def test_two_gaussians_on_a_grid(divergence, forward, backward):
    p, q = GAUSSIANS
    log_p, log_q = norm.logpdf(X), norm.logpdf(X, 1, 1.5)
    assert divergence(p, q, dx=DX) == pytest.approx(forward, abs=5.1e-11)
    assert divergence(log_p, log_q, dx=DX, log=True) == pytest.approx(forward, abs=5.1e-11)
    if backward is not None:
        assert divergence(q, p, dx=DX) == pytest.approx(backward, abs=5.1e-11)


def test_gaussian_closed_forms():
    p, q = GAUSSIANS
    assert kl(p, q, dx=DX) == pytest.approx(math.log(1.5) + 2 / (2 * 2.25) - 0.5, abs=1e-9)
    s1, s2 = 1.0, 1.5
    overlap = math.sqrt(2 * s1 * s2 / (s1**2 + s2**2)) * math.exp(-1 / (4 * (s1**2 + s2**2)))
    assert squared_hellinger(p, q, dx=DX) == pytest.approx(2 - 2 * overlap, abs=1e-9)
    shifted = norm.pdf(X, 1)
    assert tv(p, shifted, dx=DX) == pytest.approx(2 * norm.cdf(0.5) - 1, abs=1e-6)
    assert chi2(shifted, p, dx=DX) == pytest.approx(math.e - 1, abs=1e-9)


def test_log_densities_survive_their_tails():
    """KL(N(0, s^2), N(1, s^2)) = 1 / (2 s^2).  Far out the second density underflows to 0 before the first does."""
    x = np.linspace(-3, 4, 7001)
    for s, want in [(0.5, 2.0), (0.2, 12.5), (0.1, 50.0), (0.05, 200.0)]:
        log_p, log_q = norm.logpdf(x, 0, s), norm.logpdf(x, 1, s)
        assert kl(log_p, log_q, dx=0.001, log=True) == pytest.approx(want, rel=1e-6)
    assert kl(np.exp(log_p), np.exp(log_q), dx=0.001) == np.inf
    assert js(log_p, log_q, dx=0.001, log=True) == pytest.approx(LOG2, abs=1e-9)


def test_a_flattened_plane_has_cells_of_area_dx():
    p, q = (np.multiply.outer(law[::10], law[::10]).ravel() for law in GAUSSIANS)
    assert kl(p, q, dx=(10 * DX) ** 2) == pytest.approx(2 * 0.3499095526, abs=1e-9)


@settings(deadline=None, max_examples=200)
@given(laws())
def test_scipy_agrees(pair):
    p, q = pair
    assert kl(p, q) == pytest.approx(np.sum(rel_entr(p, q)), rel=1e-9, abs=1e-12)
    m = (p + q) / 2
    assert js(p, q) == pytest.approx(np.sum(rel_entr(p, m) + rel_entr(q, m)) / 2, rel=1e-9, abs=1e-12)


@settings(deadline=None, max_examples=200)
@given(laws())
def test_axioms_ranges_and_symmetry(pair):
    p, q = pair
    for divergence in EVERY:
        d = divergence(p, q)
        assert d >= 0
        assert divergence(p, p) == pytest.approx(0, abs=1e-12)
        if tv(p, q) > 1e-6:
            assert d > 0
    assert js(p, q) <= LOG2 + 1e-12
    assert tv(p, q) <= 1 + 1e-12
    assert squared_hellinger(p, q) <= 2 + 1e-12
    for symmetric in (js, jeffreys, tv, squared_hellinger):
        assert symmetric(p, q) == pytest.approx(symmetric(q, p), rel=1e-12, abs=1e-15)


@settings(deadline=None, max_examples=200)
@given(laws())
def test_inequalities_between_divergences(pair):
    p, q = pair
    t, h, k, c = tv(p, q), squared_hellinger(p, q), kl(p, q), chi2(p, q)
    slack = 1e-9
    assert t <= math.sqrt(k / 2) + slack  # Pinsker
    assert t <= math.sqrt(2 * js(p, q)) + slack
    assert js(p, q) <= LOG2 * t + slack
    assert h / 2 <= t + slack and t <= math.sqrt(h * (1 - h / 4)) + slack  # Le Cam
    assert h <= k + slack
    assert k <= math.log1p(c) * (1 + slack) + slack


@settings(deadline=None, max_examples=100)
@given(laws(), st.integers(0, 10**6))
def test_data_processing(pair, seed):
    """A channel cannot make two laws easier to tell apart."""
    p, q = pair
    channel = np.random.default_rng(seed).dirichlet(np.ones(4), size=len(p))
    for divergence in EVERY:
        assert divergence(p @ channel, q @ channel) <= divergence(p, q) * (1 + 1e-9) + 1e-9


@settings(deadline=None, max_examples=100)
@given(laws(count=4), st.floats(0.01, 0.99))
def test_joint_convexity(four, t):
    p1, q1, p2, q2 = four
    for divergence in EVERY:
        mixed = divergence(t * p1 + (1 - t) * p2, t * q1 + (1 - t) * q2)
        bound = t * divergence(p1, q1) + (1 - t) * divergence(p2, q2)
        assert mixed <= bound * (1 + 1e-9) + 1e-9


@settings(deadline=None, max_examples=100)
@given(laws(count=3))
def test_square_root_of_js_is_a_metric(three):
    a, b, c = three
    assert math.sqrt(js(a, c)) <= math.sqrt(js(a, b)) + math.sqrt(js(b, c)) + 1e-7


def test_js_itself_is_not_a_metric():
    p, q, r = [1, 0], [0, 1], [0.5, 0.5]
    assert js(p, q) == pytest.approx(0.693147, abs=5e-7)
    assert js(p, r) + js(r, q) == pytest.approx(0.431523, abs=5e-7)


def test_js_has_the_halves():
    """Without them it would be twice this, and log 4 for disjoint laws."""
    p, q = TWO_POINTS
    m = np.add(p, q) / 2
    assert js(p, q) == pytest.approx((kl(p, m) + kl(q, m)) / 2, abs=1e-15)
    assert abs(js([1, 0], [0, 1]) - LOG2) < 1e-15


def test_disjoint_laws():
    p, q = [0.3, 0.7, 0, 0], [0, 0, 0.6, 0.4]
    assert kl(p, q) == kl(q, p) == jeffreys(p, q) == chi2(p, q) == np.inf
    assert js(p, q) == pytest.approx(LOG2, abs=1e-15)
    assert tv(p, q) == pytest.approx(1, abs=1e-15)
    assert squared_hellinger(p, q) == pytest.approx(2, abs=1e-15)
    # Mass of q where p has none costs nothing in KL(p || q).
    assert kl([1, 0], [0.5, 0.5]) == pytest.approx(LOG2, abs=1e-15)
    assert kl([0.5, 0.5], [1, 0]) == np.inf
    assert chi2([1.0, 0.0], [1e-310, 1.0]) == np.inf  # finite on paper, beyond the largest number here


def test_batches_broadcast():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(5), size=(3, 1)), rng.dirichlet(np.ones(5), size=4)
    q[2] = [1, 0, 0, 0, 0]
    for divergence in EVERY:
        d = divergence(p, q)
        assert d.shape == (3, 4)
        assert d[1, 2] == divergence(p[1, 0], q[2])
        assert d[2, 3] == pytest.approx(divergence(p[2, 0], q[3]), rel=1e-12)


def test_single_precision_stays():
    p = np.array([0.1, 0.2, 0.7], np.float32)
    for divergence in EVERY:
        d = divergence(p, p[::-1].copy())
        assert d.dtype == np.float32
        assert d == pytest.approx(divergence(p.astype(float), p[::-1].astype(float), tol=1e-6), rel=1e-5)


def test_single_precision_stays_with_the_cell_of_a_double_precision_grid():
    p = np.array([0.5, 1.5, 2.0], np.float32)
    for divergence in EVERY:
        assert divergence(p, p[::-1].copy(), dx=np.float64(0.25)).dtype == np.float32


@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-9, 1e-12])
def test_chi2_of_near_laws_has_all_its_digits(size):
    """sum (p - q)^2 / q in fractions; p^2 / q - 2 p + q would be rounding from 1e-8 on."""
    p = np.array([0.1, 0.2, 0.3, 0.4])
    q = p * (1 + size * np.array([1, -1, 1, -0.5]))
    want = sum((Fraction(a) - Fraction(b)) ** 2 / Fraction(b) for a, b in zip(p.tolist(), q.tolist(), strict=True))
    assert chi2(p, q) == pytest.approx(float(want), rel=1e-13, abs=0)


def test_rounding_never_goes_below_zero():
    """Laws that differ in the last bits: the plain sum is negative for some, and its root would be NaN."""
    rng = np.random.default_rng(0)
    for dtype in (np.float64, np.float32):
        p = rng.dirichlet(np.ones(5), size=200).astype(dtype)
        q = (p * (1 + np.finfo(dtype).eps * rng.integers(-2, 3, size=p.shape))).astype(dtype)
        assert np.any(np.sum(p * (np.log(p) - np.log(q)), axis=-1) < 0)
        for divergence in EVERY:
            d = divergence(p, q)
            assert d.dtype == dtype and np.all(d >= 0)


@pytest.mark.parametrize("divergence", EVERY)
def test_gradients(divergence):
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 3, 4))
    check_grad(lambda a, b: divergence(softmax(a), softmax(b)), a, b, order=2)
    log_p, log_q = (np.log(softmax(x)) for x in (a, b))
    check_grad(lambda u, v: divergence(u, v, log=True, tol=np.inf), log_p, log_q, order=2)


@pytest.mark.parametrize("divergence", EVERY)
@pytest.mark.parametrize(
    ("p", "q"),
    [
        ([0.5, 0.5, 0.0], [0.4, 0.1, 0.5]),
        ([0.5, 0.5, 0.0], [0.5, 0.5, 0.0]),
        ([0.5, 0.0, 0.5], [0.5, 0.5, 0.0]),
        ([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
    ],
)
def test_no_gradient_is_nan_at_zero_mass(divergence, p, q):
    for side in (0, 1):
        pair = [np.array(p), np.array(q)]
        pair[side] = Tensor(pair[side], requires_grad=True)
        divergence(*pair).backward()
        assert np.all(np.isfinite(pair[side].grad))
    with np.errstate(divide="ignore"):
        logs = [np.log(p), np.log(q)]
    assert np.all(np.isfinite(grad(lambda u: divergence(u, logs[1], log=True))(logs[0])))


def test_gradient_of_kl_is_known():
    """d KL / d p = log(p / q) + 1 and d KL / d q = -p / q; states without mass under p have neither."""
    p, q = np.array([0.5, 0.5, 0.0]), np.array([0.4, 0.1, 0.5])
    assert np.allclose(grad(lambda p: kl(p, q))(p), [math.log(1.25) + 1, math.log(5) + 1, 0], atol=1e-12)
    assert np.allclose(grad(lambda q: kl(p, q))(q), [-1.25, -5, 0], atol=1e-12)
    # Rounding is lifted to 0 by a constant, not by a maximum: at p = q the gradient is still the formula's.
    near = p[:2] * (1 + np.array([1e-16, -1e-16]))
    assert np.allclose(grad(lambda p: kl(p, near))(p[:2]), 1, atol=1e-12)


def test_gradient_of_js_vanishes_for_disjoint_blocks():
    """Moving mass inside the support of p changes nothing while q is elsewhere: why JS cannot guide a generator."""
    q = np.array([0.0, 0.0, 0.5, 0.5])

    def loss(logits):
        return js(np.concatenate([softmax(logits), np.zeros(2)]), q)

    assert np.allclose(grad(loss)(np.array([0.3, -1.0])), 0, atol=1e-15)


@pytest.mark.parametrize("divergence", EVERY)
@pytest.mark.parametrize(
    ("p", "options", "message"),
    [
        ([0.5, 0.5], {}, r"p has 2 states and q has 3"),
        ([0.5, 0.6, -0.1], {}, r"p has mass -0.1 at index 2: negative"),
        ([[0.2, 0.3, 0.5], [0.5, np.nan, 0.5]], {}, r"p has mass nan at index \(1, 1\): NaN"),
        ([np.inf, 0, 0], {}, "p has mass inf at index 0: infinite"),
        ([0.2, 0.3, 0.4], {}, r"p sums to 0.9, 0.1 below 1 \(allowed: 1e-06\); divide"),
        ([[0.2, 0.3, 0.5], [0.5, 0.5, 0.5]], {}, r"p\[1\] sums to 1.5, 0.5 above 1"),
        ([0.2, 0.3, 0.5], {"dx": 0.5}, r"p integrates to 0.5, 0.5 below 1 \(allowed: 0.001\); widen"),
        ([0.2, 0.3, 0.5], {"dx": -1}, "dx is -1"),
        ([0.2, 0.3, 0.5], {"dx": [1, 1, 1]}, "dx is"),
        (np.zeros((2, 0)), {}, r"p has shape \(2, 0\)"),
        (1.0, {}, r"p has shape \(\)"),
        (["a", "b", "c"], {}, "p has dtype"),
        ([1j, 0, 0], {}, "p has dtype complex"),
        ([[1.0], [0.5, 0.5]], {}, "p is not a rectangular array"),
        ([0.0, np.inf, 0.0], {"log": True}, "p has log mass inf"),
        ([0.2, 0.3, 0.5], {"log": True}, "p sums to 4.21"),
    ],
)
def test_bad_input_is_named(divergence, p, options, message):
    with pytest.raises(ValueError, match=message):
        divergence(p, [0.2, 0.3, 0.5], **options)


def test_more_bad_input():
    with pytest.raises(ValueError, match=r"q sums to 0.999, 0.001 below 1"):
        kl([0.5, 0.5], [0.5, 0.499])
    with pytest.raises(ValueError, match="batches that do not match"):
        kl(np.full((2, 2), 0.5), np.full((3, 2), 0.5))
    with pytest.raises(ValueError, match="pass log=True"):
        kl(np.log([0.5, 0.5]), [0.5, 0.5])
    with pytest.raises(ValueError, match="pass dx="):
        kl(*GAUSSIANS)
    with pytest.raises(ValueError, match=r"0\.1 below 1"):
        kl(Tensor([0.5, 0.4]), [0.5, 0.5])
    assert kl([0.5, 0.5], [0.5, 0.499], tol=0.01) == pytest.approx(-0.5 * math.log(0.998), rel=1e-9)

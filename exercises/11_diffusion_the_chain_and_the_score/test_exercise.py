"""Exercise 11: diffusion, the chain and the score.

Run `minigen check 11`, or pytest on this folder.  The right values come from definitions, from Bayes' rule for
Gaussians and from the chain itself, so reading on gives no answers away.
"""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minigen.grading import assert_close, hint, points, sub

eighths = st.integers(-24, 24).map(lambda k: k / 8)
dims = st.integers(1, 3)
steps = st.sampled_from([0.3, 0.5, 0.8, 0.95, 0.99])


def near(got, want, what="your answer"):
    assert_close(got, want, rtol=1e-7, atol=1e-8, what=what)


def parts(got, names):
    """The entries of a tuple, or a message that says what came instead."""
    several = isinstance(got, (tuple, list)) or (isinstance(got, np.ndarray) and got.ndim > 1)
    right = several and len(got) == len(names)
    assert right, f"return {len(names)} things: ({', '.join(names)})"
    return got


def arrays_like(draw, shape, count):
    return [draw(arrays(float, shape, elements=eighths)) for _ in range(count)]


# the chain


def walked(alphas):
    """Amplitude and variance given x_0 after these steps, one step after the other."""
    amplitude, variance = 1.0, 0.0
    for alpha in alphas:
        amplitude, variance = alpha * amplitude, 1 - alpha**2 * (1 - variance)
    return amplitude, variance


times = st.integers(1, 4).flatmap(lambda n: arrays(int, n, elements=st.integers(0, 12)))
PAIR = ("a", "sigma")


@points(1)
@hint("each step multiplies x by alpha, so after t steps x_0 is multiplied by alpha t times, at t = 0 not at all: "
      "not once more, and not by alpha^2")  # fmt: skip
@example(0.5, np.array([0, 1, 2, 3]))
@given(steps, times)
def test_forward_marginal_amplitude(alpha, t):
    """the amplitude"""
    got = parts(sub.forward_marginal(alpha, t), PAIR)
    near(got[0], [walked([alpha] * s)[0] for s in t], "a")


@points(1)
@hint("sigma is a standard deviation, the root of the variance 1 - a^2, where a is the amplitude after all t steps; "
      "at t = 0 there is no noise, and the variances of steps do not just add up")  # fmt: skip
@example(0.5, np.array([0, 1, 2, 3]))
@given(steps, times)
def test_forward_marginal_noise(alpha, t):
    """the noise level"""
    got = parts(sub.forward_marginal(alpha, t), PAIR)
    near(got[1], [walked([alpha] * s)[1] ** 0.5 for s in t], "sigma")


def check_noised(x0, noise, alphas, t):
    want = []
    for point, xi, s in zip(x0, noise, t, strict=True):
        amplitude, variance = walked(alphas[:s])
        want.append(amplitude * point + variance**0.5 * xi)
    near(sub.noised(x0, noise, alphas, t), want)


@st.composite
def schedules(draw, count):
    """x0, noise, alphas, t"""
    n, d, last = draw(count), draw(dims), draw(st.integers(1, 4))
    x0, noise = arrays_like(draw, (n, d), 2)
    alphas = draw(arrays(float, last, elements=steps))
    return x0, noise, alphas, draw(arrays(int, n, elements=st.integers(0, last)))


SQUARE = np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([[0.5, 1.0], [-1.0, 2.0]])
ROW = np.array([[1.0, 2.0]]), np.array([[0.5, 1.0]])
ALPHAS = np.array([0.5, 0.8, 0.3])


@points(1)
@hint("a_t is the product of the first t of the alphas, alphas[0] to alphas[t - 1], none at t = 0; the noise is "
      "multiplied by sigma_t = sqrt(1 - a_t^2), a standard deviation, whatever the last step was")  # fmt: skip
@example((*ROW, ALPHAS, np.array([2])))
@example((*ROW, ALPHAS, np.array([0])))
@example((*ROW, ALPHAS, np.array([3])))
@given(schedules(st.just(1)))
def test_noised_schedule(x0_noise_alphas_t):
    """one point"""
    check_noised(*x0_noise_alphas_t)


@points(1)
@hint("each point has its own time, row i of x_0 the time t[i], for all its coordinates: turn the (n,) amplitudes and "
      "noise levels into columns (n, 1); for n = d a product (n,) * (n, d) runs, along the wrong axis")  # fmt: skip
@example((*SQUARE, ALPHAS, np.array([1, 3])))
@given(schedules(dims))
def test_noised_times(x0_noise_alphas_t):
    """several points, a time for each"""
    check_noised(*x0_noise_alphas_t)


# the score of a mixture


@st.composite
def mixtures(draw, modes, count=dims, same=False, far=False):
    """x, weights, means, covariances, a"""
    n, d, k = draw(count), draw(dims), draw(modes)
    means, (x,) = draw(arrays(float, (k, d), elements=eighths)), arrays_like(draw, (n, d), 1)
    counts = draw(arrays(float, k, elements=st.integers(1, 8).map(float)))
    roots = draw(arrays(float, (1 if same else k, d, d), elements=eighths)) / 2
    covariances = np.repeat(roots @ roots.transpose(0, 2, 1) + np.eye(d) / 4, k if same else 1, axis=0)
    if far:
        x = x + draw(arrays(float, (n, d), elements=st.sampled_from([-200.0, 150.0, 300.0])))
    return x, counts / counts.sum(), means, covariances, draw(st.sampled_from([0.0, 0.3, 0.6, 0.95, 1.0]))


def log_density(x, weights, means, covariances, a):
    """log p at points x (n, d), real or complex, mode by mode in the axes of its covariance."""
    logs = []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        variances, axes = np.linalg.eigh(covariance)
        spread = 1 + a**2 * (variances - 1)
        logs.append(np.log(weight) - np.sum((x - a * mean) @ axes * ((x - a * mean) @ axes) / spread, axis=1) / 2)
        logs[-1] = logs[-1] - np.sum(np.log(2 * np.pi * spread)) / 2
    top = np.max(np.real(logs), axis=0)
    return top + np.log(np.sum(np.exp(logs - top), axis=0))


def check_score(x, *mixture):
    """The slopes of log p along each axis, by the complex step."""
    units = np.eye(x.shape[1])
    want = np.stack([np.imag(log_density(x + 1e-30j * unit, *mixture)) / 1e-30 for unit in units], axis=1)
    near(sub.mixture_score(x, *mixture), want)


FEW = np.array([[0.5, 1.0], [-1.0, 2.0]])
ONE = np.array([1.0])
LEANING = np.array([[[2.0, 1.0], [1.0, 1.0]]])
TWO = np.array([0.2, 0.8]), np.array([[-1.0, 0.0], [1.0, 0.5]])
ROUND = np.stack([np.eye(2) / 4, np.eye(2) / 4])
WIDE = np.stack([np.eye(2) / 16, np.array([[4.0, 1.0], [1.0, 2.0]])])


@points(1)
@hint("x_t has the mean a m and the covariance a^2 C + sigma^2 I: a counts squared, and the noise adds its variance "
      "sigma^2 = 1 - a^2. The score -S^{-1} (x - a m), S this covariance, points TOWARDS the mean")  # fmt: skip
@example((FEW[:1], ONE, np.array([[1.0, -1.0]]), LEANING, 0.6))
@example((FEW[:1], ONE, np.array([[1.0, -1.0]]), LEANING, 1.0))
@given(mixtures(st.just(1), st.just(1)))
def test_mixture_score_one_mode(x_weights_means_covariances_a):
    """one mode, one point"""
    check_score(*x_weights_means_covariances_a)


@points(1)
@hint("a mode's share at x is weights[k] times its density there, over the sum of this over the MODES: with the "
      "weights, for each point by itself, a softmax over the axis of the modes and not of the points")  # fmt: skip
@example((FEW, *TWO, ROUND, 0.6))
@example((FEW[:1], *TWO, ROUND, 0.6))
@given(mixtures(st.integers(2, 3), same=True))
def test_mixture_score_shares(x_weights_means_covariances_a):
    """modes of one covariance, several points"""
    check_score(*x_weights_means_covariances_a)


@points(1)
@hint("where covariances differ, the density's factor 1 / sqrt(det S) differs too, S the noised covariance: a wide "
      "mode is a low one. Without it the wide mode has too large a share")  # fmt: skip
@example((FEW, *TWO, WIDE, 0.6))
@given(mixtures(st.integers(2, 3)))
def test_mixture_score_widths(x_weights_means_covariances_a):
    """modes of several covariances"""
    check_score(*x_weights_means_covariances_a)


@points(1)
@hint("far from all modes every density rounds to 0, and 0 / 0 is NaN: compute the logs of weight times density, and "
      "subtract from them, point by point, the largest over the modes before you take exp")  # fmt: skip
@example((np.array([[0.01, 200.0], [0.0, -1.0]]), TWO[0], np.array([[-1.0, 0.0], [1.0, 0.0]]), ROUND, 0.6))
@example((np.array([[300.0, 0.0]]), *TWO, WIDE, 0.95))
@given(mixtures(st.integers(1, 3), far=True))
def test_mixture_score_far(x_weights_means_covariances_a):
    """far points"""
    check_score(*x_weights_means_covariances_a)


# one step back


@st.composite
def places(draw):
    """x, score, alpha"""
    return *arrays_like(draw, (draw(dims), draw(dims)), 2), draw(steps)


def conditional_mean(x, mean, variance, alpha):
    """E[x_t | x_{t+1} = x] for Gaussian x_t: Bayes' rule, or the regression of x_t on x_{t+1}."""
    return mean + alpha * variance / (1 + alpha**2 * (variance - 1)) * (x - alpha * mean)


PLACE = FEW, np.array([[1.0, -1.0], [0.25, 3.0]]), 0.8


@points(1)
@hint("(2 - alpha) x: it moves x OUT, by a factor above 1, and the score, times 1 - alpha^2, pulls it back: plus the "
      "score; the factor is no 2 - alpha^2 and no root, and nothing is divided by alpha")  # fmt: skip
@example(PLACE)
@given(places())
def test_taylor_mean_formula(x_score_alpha):
    """as the course has it"""
    x, score, alpha = x_score_alpha
    near(sub.taylor_mean(*x_score_alpha), x + (1 - alpha) * (x + score + alpha * score))


@points(1)
@hint("alpha x_t has the mean x + (1 - alpha^2) score, so x_t has that divided by alpha, ALL of it, once; this is not "
      "the Taylor form, which agrees with it only as alpha tends to 1")  # fmt: skip
@example(PLACE)
@given(places())
def test_exact_mean_of_gaussians(x_score_alpha):
    """Gaussian data, whose conditional mean is known"""
    x, score, alpha = x_score_alpha
    mean, variance = (x + 2 * score) / alpha, 1 + alpha**-2  # so x_{t+1} has variance 2, and this score at x
    near(sub.exact_mean(*x_score_alpha), conditional_mean(x, mean, variance, alpha))


@points(1)
@hint("with the score -x a step is x <- g x + sqrt(1 - alpha^2) xi with one factor g, and the variance v settles where "
      "v = g^2 v + 1 - alpha^2: g squared, and the variance of the noise, not its standard deviation")  # fmt: skip
@example(0.9)
@example(0.95)
@given(st.sampled_from([0.2, 0.3, 0.5, 0.6, 0.8, 0.99]))
def test_taylor_variance_settles(alpha):
    """the sum of the noise of all steps so far"""
    left = 1 - alpha + alpha**2
    near(sub.taylor_variance(alpha), (1 - alpha**2) * np.sum(left ** (2.0 * np.arange(4000))))


DATA = np.array([1.0, -1.0]), np.array([0.25, 3.0])


@st.composite
def chains(draw, noisy):
    """x, mean, variance, alpha, noise"""
    n, d, last = draw(dims), draw(dims), draw(st.integers(1, 4))
    x, (mean,) = arrays_like(draw, (n, d), 1)[0], arrays_like(draw, d, 1)
    variance = draw(arrays(float, d, elements=st.sampled_from([0.25, 2.0, 3.0])))
    noise = draw(arrays(float, (last, n, d), elements=eighths)) * noisy
    return x, mean, variance, draw(st.sampled_from([0.5, 0.8, 0.95])), noise


def check_chain(x, mean, variance, alpha, noise):
    def law(t):
        amplitude, added = walked([alpha] * int(t))
        return amplitude * mean, amplitude**2 * variance + added

    def score(points, t):
        assert np.ndim(t) == 0, f"score(x, t) was given a t of shape {np.shape(t)}: t is one whole number"
        centre, spread = law(t)
        return (centre - points) / spread

    want, last = x, len(noise)
    for t in range(last, 0, -1):
        want = conditional_mean(want, *law(t - 1), alpha) + (t > 1) * (1 - alpha**2) ** 0.5 * noise[t - 1]
    near(sub.reverse_chain(x, score, alpha, noise), want, f"x_0 after {last} step{'s' * (last != 1)}")


@points(1)
@hint("T steps, from T down to 0; the step from t to t - 1 asks for the score at t, where x is: score(x, t), with t "
      "from T to 1, one whole number for all points, not at t - 1 nor at 0; and it has the exact mean")  # fmt: skip
@example((FEW, *DATA, 0.8, np.zeros((1, 2, 2))))
@example((FEW, *DATA, 0.8, np.zeros((3, 2, 2))))
@given(chains(noisy=False))
def test_reverse_chain_times(x_mean_variance_alpha_noise):
    """data N(mean, variance), without noise"""
    check_chain(*x_mean_variance_alpha_noise)


@points(1)
@hint("noise comes in at every step but the last: the step from t to t - 1 adds sqrt(1 - alpha^2), a standard "
      "deviation, times noise[t - 1] if t > 1, and from 1 to 0 nothing, so noise[0] is never used")  # fmt: skip
@example((FEW, *DATA, 0.8, np.arange(12.0).reshape(3, 2, 2) / 4 + 1))
@example((FEW, *DATA, 0.8, np.ones((1, 2, 2))))
@given(chains(noisy=True))
def test_reverse_chain_noise(x_mean_variance_alpha_noise):
    """data N(mean, variance), with noise"""
    check_chain(*x_mean_variance_alpha_noise)


# denoising score matching


@st.composite
def batches(draw, sizes):
    """score, noise, sigma"""
    n, d = draw(sizes), draw(dims)
    return *arrays_like(draw, (n, d), 2), draw(arrays(float, n, elements=st.sampled_from([0.125, 0.5, 0.8, 1.0])))


def check_loss(score, noise, sigma):
    total = 0.0
    for s, xi, level in zip(score, noise, sigma, strict=True):
        total += (s @ s + 2 * s @ xi / level + (xi / level) @ (xi / level)) / 2
    near(sub.dsm_loss(score, noise, sigma), total / len(sigma))


@points(1)
@hint("the score of x_t given x_0 is MINUS noise / sigma: with the minus, divided by sigma, not by its square nor left "
      "as it is; then half the SUM of the squared differences over the coordinates, no mean")  # fmt: skip
@example((np.array([[1.0, -2.0]]), np.array([[0.5, 1.0]]), np.array([0.5])))
@given(batches(st.just(1)))
def test_dsm_loss_target(score_noise_sigma):
    """one point"""
    check_loss(*score_noise_sigma)


@points(1)
@hint("each point has its own sigma, for all of its coordinates: a column (n, 1). Then the mean over the n points of "
      "their sums, one number")  # fmt: skip
@example((np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([[0.5, 1.0], [1.0, -1.0]]), np.array([0.5, 1.0])))
@given(batches(st.integers(2, 4)))
def test_dsm_loss_batch(score_noise_sigma):
    """a batch, a noise level for each point"""
    check_loss(*score_noise_sigma)

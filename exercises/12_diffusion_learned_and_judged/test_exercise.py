"""Exercise 12: diffusion, learned and judged.

Run `minigen check 12`, or pytest on this folder.  The right values come from definitions, from problems built around
a known answer, and from invariants.
"""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minigen.grading import assert_close, hint, points, sub

eighths = st.integers(-24, 24).map(lambda k: k / 8)
dims = st.integers(1, 3)
seeds = st.integers(0, 2**16)


def near(got, want, what="your answer"):
    assert_close(got, want, rtol=1e-7, atol=1e-8, what=what)


def shaped(got, shape, what="your answer"):
    """What came back as an array of this shape, or a message that says what came instead."""
    got = np.asarray(got)
    assert got.dtype.kind in "biuf", f"{what} should be an array of real numbers"
    assert got.shape == shape, f"{what} has shape {got.shape}; shape {shape} is wanted"
    return got.astype(float)


def listed(got, want):
    """The entries of a list, or a message that says what came instead."""
    right = isinstance(got, (tuple, list)) and len(got) == len(want)
    assert right, f"return a list of {len(want)} arrays, as many as the model has"
    return got


def arrays_like(draw, shape, count):
    return [draw(arrays(float, shape, elements=eighths)) for _ in range(count)]


# what the network says, and what it means


@st.composite
def guesses(draw, levels):
    """Two arrays (n, d), and a level for each point."""
    n, d = draw(dims), draw(dims)
    return *arrays_like(draw, (n, d), 2), draw(arrays(float, n, elements=levels))


levels = st.sampled_from([0.01, 0.28, 0.6, 0.8, 0.96])
FIRST, SECOND = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([[0.5, 1.0], [-1.0, 2.0]])


@points(1)
@hint("x given x_0 is N(a x_0, sigma^2 I), and its score -(x - a x_0) / sigma^2 is -xi / sigma: a MINUS, and divided "
      "by sigma once; row by row, sigma as a column (n, 1)")  # fmt: skip
@example((FIRST, np.array([0.25, 0.5])))
@given(guesses(levels).map(lambda case: case[1:]))
def test_noise_to_score_of_gaussians(noise_sigma):
    """the score given x_0"""
    noise, sigma = noise_sigma
    got = shaped(sub.noise_to_score(noise, sigma), noise.shape)
    near([s * row for s, row in zip(sigma, got, strict=True)], -noise, "your answer times sigma")


@points(1)
@hint("x plus sigma^2 times the score is a guess of a x_0: sigma^2 = 1 - a^2, the variance and no root of it, PLUS, "
      "and all of it divided by a, once; row by row, a as a column (n, 1)")  # fmt: skip
@example((FIRST, SECOND, np.array([0.28, 0.8])))
@given(guesses(levels))
def test_score_to_data_known(data_noise_a):
    """points x = a x_0 + sigma xi, of known x_0 and xi"""
    data, noise, a = data_noise_a
    sigma = (1 - a * a) ** 0.5
    x = (data.T * a + noise.T * sigma).T
    near(sub.score_to_data(-(noise.T / sigma).T, x, a), data)


# the average of the weights


@st.composite
def models(draw, kinds):
    """average, model, is_buffer, decay"""
    is_buffer = draw(kinds)
    shapes = [draw(st.sampled_from([(1,), (3,), (2, 2)])) for _ in is_buffer]
    average, model = ([draw(arrays(float, shape, elements=eighths)) for shape in shapes] for _ in range(2))
    return average, model, is_buffer, draw(st.sampled_from([0.25, 0.5, 0.9, 0.999, 1.0]))


WEIGHTS = [np.array([1.0, 2.0]), np.array([[0.0, 4.0]])], [np.array([3.0, -2.0]), np.array([[1.0, 0.0]])]
COUNTED = [*WEIGHTS[0], np.array([10])], [*WEIGHTS[1], np.array([11])]


@points(1)
@hint("decay goes with the average so far, 1 - decay with the model, and both stay in the sum: new = decay * average + "
      "(1 - decay) * model, for each array; decay is near 1, so the average moves slowly")  # fmt: skip
@example((*WEIGHTS, [False, False], 0.9))
@given(models(st.lists(st.just(False), min_size=1, max_size=3)))
def test_ema_step_weights(average_model_is_buffer_decay):
    """a model of weights alone"""
    average, model, _, decay = average_model_is_buffer_decay
    got = listed(sub.ema_step(*average_model_is_buffer_decay), model)
    for k, (old, weight) in enumerate(zip(average, model, strict=True)):
        near(got[k], old + (weight - old) * (1 - decay), f"array {k} of the list")


@points(1)
@hint("no averages over buffers: where is_buffer is true the new entry is the model's own array, unchanged, neither "
      "the average of it nor its old value; the weights beside it are averaged as before")  # fmt: skip
@example((*COUNTED, [False, False, True], 0.9))
@given(models(st.lists(st.booleans(), min_size=1, max_size=3).map(lambda kinds: [*kinds, True])))
def test_ema_step_buffers(average_model_is_buffer_decay):
    """a model with buffers"""
    average, model, is_buffer, decay = average_model_is_buffer_decay
    got = listed(sub.ema_step(*average_model_is_buffer_decay), model)
    for k, (old, new, copied) in enumerate(zip(average, model, is_buffer, strict=True)):
        near(got[k], new if copied else old + (new - old) * (1 - decay), f"array {k} of the list")


# time


def turned(t, features, period):
    """exp(i w t) for each frequency w, each slower than the one before by the same factor: (n, h)."""
    slower = np.exp(-2 * np.log(period) / features)
    return np.stack([np.exp(1j * t * np.prod([slower] * i)) for i in range(features // 2)], axis=1)


moments = st.integers(1, 4).flatmap(lambda n: arrays(float, n, elements=st.integers(0, 400).map(lambda k: k * 2.5)))
periods = st.sampled_from([10.0, 100.0, 10000.0])


@points(1)
@hint("one row for each time, (n, features), and sines AND cosines: from a sine alone t and pi - t look alike. With "
      "two features the only frequency is 1: sin t, then cos t, in radians, no 2 pi")  # fmt: skip
@example(np.array([0.0, 1.0, 2.5]), 10000.0)
@given(moments, periods)
def test_time_embedding_of_two(t, period):
    """two features"""
    got = shaped(sub.time_embedding(t, 2, period), (len(t), 2))
    near(got[:, 0], np.imag(turned(t, 2, period))[:, 0], "column 0")
    near(got[:, 1], np.real(turned(t, 2, period))[:, 0], "column 1")


@points(1)
@hint("w_i = period^(-i / h) with h = features / 2 and i = 0, ..., h - 1: it starts at 1 and ends one factor before "
      "1 / period, so the power is no i / (h - 1); all sines come first, then all cosines, not in turns")  # fmt: skip
@example(np.array([0.0, 1.0, 2.5, 100.0]), 6, 1000.0)
@given(moments, st.sampled_from([4, 6, 8, 12]), periods)
def test_time_embedding_frequencies(t, features, period):
    """all the frequencies"""
    got, want = shaped(sub.time_embedding(t, features, period), (len(t), features)), turned(t, features, period)
    near(got, np.concatenate([want.imag, want.real], axis=1))


# labels


@points(1)
@hint("share is the probability to be DROPPED: with share 0 all labels stay as they are, with share 1 every one is "
      "null; null is the number that was given, not 0 or -1, and no entry is left out")  # fmt: skip
@example(np.array([0, 1, 2, 1]), 10, 0)
@given(st.integers(1, 6).flatmap(lambda n: arrays(int, n, elements=st.integers(0, 9))), st.integers(10, 12), seeds)
def test_drop_labels_all_or_none(labels, null, seed):
    """share 0 and share 1"""
    for share, want in ((0.0, labels), (1.0, np.full(len(labels), null))):
        got = shaped(sub.drop_labels(labels, share, null, np.random.default_rng(seed)), labels.shape)
        near(got, want, f"the labels with share {share:g}")


@points(1)
@hint("each label has a draw of its own, not one for the whole batch, and goes with probability share, not 1 - share; "
      "so how many go varies; draws come from the rng that was given, no np.random.rand()")  # fmt: skip
@example(0.25, 0)
@given(st.sampled_from([0.1, 0.25, 0.7]), seeds)
def test_drop_labels_share(share, seed):
    """2000 labels"""
    labels = np.arange(2000) % 10
    seen = [
        shaped(sub.drop_labels(labels, share, 10, np.random.default_rng(k)), labels.shape)
        for k in (seed, seed, seed + 1, seed + 2, seed + 3, seed + 4)
    ]
    assert np.array_equal(seen[0], seen[1]), "the same rng dropped other labels when it was used again"
    assert not np.array_equal(seen[0], seen[2]), "another rng dropped the same labels"
    gone = [one == 10 for one in seen]
    for one, dropped in zip(seen, gone, strict=True):
        assert np.array_equal(one[~dropped], labels[~dropped]), "a label that was not dropped has changed"
        for part, name in ((dropped, "all"), (dropped[:1000], "the first half"), (labels[dropped] < 5, "")):
            rate, wanted = part.mean(), share if name else 0.5
            what = f"of {name} labels {rate:.3f} were dropped" if name else f"of the dropped {rate:.3f} had labels < 5"
            assert abs(rate - wanted) < 6 * (wanted * (1 - wanted) / len(part)) ** 0.5, f"{what}; wanted: {wanted:g}"
    assert len({one.sum() for one in gone}) > 1, "five generators dropped exactly the same number of labels"


@points(1)
@hint("free + weight * (given - free): from the score without the label, weight times the way to the one with it. "
      "weight 1 is the given score; in the paper's other convention it would be weight 0")  # fmt: skip
@example((FIRST, SECOND), 2.0)
@example((FIRST, SECOND), 1.0)
@given(guesses(levels).map(lambda case: case[:2]), st.sampled_from([0.0, 0.5, 1.0, 2.0, 7.5]))
def test_guided_score_line(free_and_given, weight):
    """all weights"""
    free, with_label = free_and_given
    near(sub.guided_score(free, with_label, weight), (1 - weight) * free + weight * with_label)


# one step of a sampler


@st.composite
def mixed(draw, ends):
    """x_0, xi, and a point made of them: x, a; and b"""
    n, d = draw(dims), draw(dims)
    return *arrays_like(draw, (n, d), 2), draw(levels), draw(ends)


def check_ddim(data, noise, a, b):
    x = a * data + np.sqrt(1 - a * a) * noise
    near(sub.ddim_step(x, noise, a, b), b * data + np.sqrt(1 - b * b) * noise)


@points(1)
@hint("at amplitude 1 there is no noise, and the step ends at the guess of x_0: (x - sigma noise) / a, with sigma = "
      "sqrt(1 - a^2), the noise level at a; the noise is no score, so there is a minus and no sigma^2")  # fmt: skip
@example((FIRST, SECOND, 0.6, 1.0))
@given(mixed(st.just(1.0)))
def test_ddim_step_to_data(data_noise_a_b):
    """to the data, b = 1, from x = a x_0 + sigma xi"""
    check_ddim(*data_noise_a_b)


@points(1)
@hint("b times the guess of x_0 plus sqrt(1 - b^2) times the SAME noise: the noise level is that of b now, the guess "
      "of x_0 that of a; no fresh noise, and backwards (b < a) the same formula holds")  # fmt: skip
@example((FIRST, SECOND, 0.6, 0.8))
@given(mixed(st.sampled_from([0.0, 0.2, 0.5, 0.7, 0.9, 0.99])))
def test_ddim_step_anywhere(data_noise_a_b):
    """from any amplitude to any other"""
    check_ddim(*data_noise_a_b)


# likelihood


@st.composite
def mixtures(draw, modes, count=dims, round_=False, far=False):
    """x, weights, means, covariances"""
    n, d, k = draw(count), draw(dims), draw(modes)
    means, (x,) = draw(arrays(float, (k, d), elements=eighths)), arrays_like(draw, (n, d), 1)
    counts = draw(arrays(float, k, elements=st.integers(1, 8).map(float)))
    roots = draw(arrays(float, (k, d, d), elements=eighths)) / 2 * (not round_)
    covariances = roots @ roots.transpose(0, 2, 1) + np.eye(d) / (1 if round_ else 4)
    if far:
        x = x + draw(arrays(float, (n, d), elements=st.sampled_from([-200.0, 150.0, 300.0])))
    return x, counts / counts.sum(), means, covariances


def check_likelihood(x, weights, means, covariances):
    """A coordinate is Gaussian given the ones before it: its mean and variance come from regression on them."""
    logs = []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        log = np.full(len(x), np.log(weight))
        for j in range(x.shape[1]):
            slopes = np.linalg.solve(covariance[:j, :j], covariance[:j, j])
            left = x[:, j] - mean[j] - (x[:, :j] - mean[:j]) @ slopes
            variance = covariance[j, j] - covariance[j, :j] @ slopes
            log = log - (left**2 / variance + np.log(2 * np.pi * variance)) / 2
        logs.append(log)
    near(sub.log_likelihood(x, weights, means, covariances), np.logaddexp.reduce(logs, axis=0))


ONE = np.array([1.0])
LEANING = np.array([[[2.0, 1.0], [1.0, 1.0]]])
TWO = np.array([0.2, 0.8]), np.array([[-1.0, 0.0], [1.0, 0.5]])
WIDE = np.stack([np.eye(2) / 16, np.array([[4.0, 1.0], [1.0, 2.0]])])


@points(1)
@hint("log N(x; m, I) = -|x - m|^2 / 2 - (d / 2) log(2 pi): the squares are SUMMED over the coordinates, and the "
      "constant, log(2 pi) / 2 for each coordinate, belongs to it; a natural logarithm, and not negated")  # fmt: skip
@example((np.array([[0.5, -1.0]]), ONE, np.array([[1.0, 2.0]]), np.eye(2)[None]))
@given(mixtures(st.just(1), st.just(1), round_=True))
def test_log_likelihood_round(x_weights_means_covariances):
    """one mode with covariance I, one point"""
    check_likelihood(*x_weights_means_covariances)


@points(1)
@hint("-(x - m)^T C^{-1} (x - m) / 2 - log(det C) / 2: solve with C, do not multiply, nor divide by the variances "
      "of the axes alone; det C is that of the covariance, not of its root, and its log is halved")  # fmt: skip
@example((FIRST[:1], ONE, np.array([[1.0, 2.0]]), LEANING))
@given(mixtures(st.just(1), st.just(1)))
def test_log_likelihood_covariance(x_weights_means_covariances):
    """one mode with any covariance, one point"""
    check_likelihood(*x_weights_means_covariances)


@points(1)
@hint("the log of the SUM over the modes of weights[k] times density, not the sum of logs nor the largest; with the "
      "weights; and summed over modes, not over points: one number for each point")  # fmt: skip
@example((FIRST, *TWO, WIDE))
@given(mixtures(st.integers(2, 3)))
def test_log_likelihood_modes(x_weights_means_covariances):
    """several modes, several points"""
    check_likelihood(*x_weights_means_covariances)


@points(1)
@hint("far away the density rounds to 0 and its log is -inf: take the largest of the modes' logs out, point by point, "
      "log sum exp(l) = top + log sum exp(l - top), add it back; no small number inside the log")  # fmt: skip
@example((np.array([[300.0, 0.0], [0.0, 0.0]]), *TWO, WIDE))
@given(mixtures(st.integers(1, 3), far=True))
def test_log_likelihood_far(x_weights_means_covariances):
    """far points"""
    check_likelihood(*x_weights_means_covariances)

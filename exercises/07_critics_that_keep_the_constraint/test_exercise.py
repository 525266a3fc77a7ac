"""Exercise 07: critics that keep the constraint.

Run `minigen check 07`, or pytest on this folder.  The right values come from definitions, from powers of matrices and
from invariants, so reading on gives no answers away.
"""

import numpy as np
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minigen.grading import assert_close, hint, points, sub

eighths = st.integers(-40, 40).map(lambda k: k / 8)
positive = st.integers(1, 40).map(lambda k: k / 8)
nonzero = st.sampled_from([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
dims = st.integers(1, 4)
seeds = st.integers(0, 2**16)


def near(got, want, what="your answer", rtol=1e-5, atol=1e-6):
    assert_close(got, want, rtol=rtol, atol=atol, what=what)  # an answer in float32 is an answer


def shaped(got, shape, what="your answer"):
    """What came back as an array of this shape, or a message that says what came instead."""
    got = np.asarray(got)
    assert got.dtype.kind in "biuf", f"{what} should be an array of real numbers"
    assert got.shape == shape, f"{what} has shape {got.shape}; shape {shape} is wanted"
    return got.astype(float)


def parts(got, names):
    """The entries of a tuple, or a message that says what came instead."""
    right = isinstance(got, (tuple, list)) and len(got) == len(names)
    assert right, f"return {len(names)} things: ({', '.join(names)})"
    return got


def gradient(loss, x):
    """The gradient of an analytic loss, one entry of x after the other."""
    units = np.eye(x.size).reshape(-1, *x.shape)
    return np.array([np.imag(loss(x + 1e-30j * unit)) / 1e-30 for unit in units]).reshape(x.shape)


# interpolates


@st.composite
def data_and_samples(draw):
    shape = draw(st.sampled_from([(3,), (1, 2), (3, 3), (4, 2), (2, 3, 2), (2, 2, 3, 3)]))
    fake = draw(arrays(float, shape, elements=eighths))
    return fake + draw(arrays(float, shape, elements=nonzero)), fake


@points(1)
@hint("ONE weight for each pair, the same for all its coordinates: one for each coordinate fills a box, not a line. "
      "Draw n weights and give them the shape (n, 1, ..., 1), with as many axes as the data; weights lie in [0, 1], "
      "and the shares of the two ends sum to 1")  # fmt: skip
@example((np.array([[1.0, 2.0], [5.0, 0.0]]), np.array([[0.0, 0.0], [3.0, 4.0]])), 0)
@example((np.ones((4, 2, 3, 3)), np.zeros((4, 2, 3, 3))), 1)
@given(data_and_samples(), seeds)
def test_interpolates_lines(real_and_fake, seed):
    """points on the lines, data with any number of axes"""
    real, fake = real_and_fake
    got = shaped(sub.interpolates(real, fake, np.random.default_rng(seed)), real.shape)
    inside = []
    for i, (x, y, p) in enumerate(zip(real, fake, got, strict=True)):
        weight = np.sum((p - y) * (x - y)) / np.sum((x - y) ** 2)
        inside.append(1e-5 < weight < 1 - 1e-5)
        near(p, y + weight * (x - y), f"point {i}, beside the nearest place on its pair's line", atol=1e-5)
        assert -1e-5 <= weight <= 1 + 1e-5, f"point {i} lies beyond the ends of its line: its weight is {weight:.5g}"
    assert len(real) < 3 or any(inside), "every point is an end of its line: the points lie between the ends"


@points(1)
@hint("the weights are drawn from U(0, 1), every pair has its own, and they come from the rng that was given: not "
      "one weight for the whole batch, no fixed weights, no bell curve, no np.random.rand()")  # fmt: skip
@example(0)
@given(seeds)
def test_interpolates_weights(seed):
    """where on the lines: 2000 weights"""
    real, fake = np.random.default_rng([seed, 2]).normal(size=(2, 2000, 2))
    seen, again, other = (
        shaped(sub.interpolates(real, fake, np.random.default_rng(k)), real.shape) for k in (seed, seed, seed + 1)
    )
    assert np.array_equal(seen, again), "the same rng gave other points when it was used again"
    assert not np.array_equal(seen, other), "another rng gave the same points"
    weights = np.sort((seen - fake)[:, 0] / (real - fake)[:, 0])
    gap = np.abs(weights - (np.arange(2000) + 0.5) / 2000).max()
    quarter, half = np.mean(weights < 0.25), np.mean(weights < 0.5)
    assert gap < 0.07, f"a share of {quarter:.2f} of your weights is below 1/4, and of {half:.2f} below 1/2"


# norms of gradients and penalties


@st.composite
def arrows(draw, shapes, radii):
    """Gradients and their norms."""
    shape = draw(shapes)
    direction = draw(arrays(float, shape, elements=nonzero))
    norms = draw(arrays(float, shape[0], elements=radii))
    flat = direction.reshape(len(norms), -1)
    return (flat * (norms / np.hypot.reduce(flat, axis=1))[:, None]).reshape(shape), norms


vectors = st.tuples(dims, dims)
pictures = st.sampled_from([(3,), (2, 2, 2), (3, 1, 2, 2), (1, 2, 1, 3)])


@points(1)
@hint("square, sum over the coordinates (axis 1), take the root: each of the n points keeps a norm of its own, so "
      "neither axis 0 nor the whole batch; and a sum, no mean")  # fmt: skip
@example((np.array([[3.0, 4.0], [6.0, 8.0]]), np.array([5.0, 10.0])))
@given(arrows(vectors, positive))
def test_gradient_norms_vectors(gradients_and_norms):
    """points that are vectors"""
    gradients, norms = gradients_and_norms
    near(sub.gradient_norms(gradients), norms)


@points(1)
@hint("a picture's gradient is one long vector: sum over ALL axes but the first, as after reshape(n, -1), not over the "
      "last axis alone; a point that is one number has one slope, whose norm is its size")  # fmt: skip
@example((np.full((2, 3, 2, 2), 0.5), np.full(2, 3**0.5)))
@given(arrows(pictures, positive))
def test_gradient_norms_any_axes(gradients_and_norms):
    """points that are numbers, matrices, pictures"""
    gradients, norms = gradients_and_norms
    near(sub.gradient_norms(gradients), norms)


norm_lists = st.integers(1, 5).flatmap(lambda n: arrays(float, n, elements=st.integers(0, 24).map(lambda k: k / 8)))
weights = st.sampled_from([0.125, 1.0, 10.0])


@points(1)
@hint("two-sided: a norm below 1 costs as much as one above. From each norm, not its square, take 1; square; mean over "
      "the points, of the squares; and lam in front")  # fmt: skip
@example(np.array([0.0, 0.0]), 10.0)
@example(np.array([0.5, 2.0]), 10.0)
@given(norm_lists, weights)
def test_gradient_penalty_two_sided(norms, lam):
    """two-sided"""
    variance, mean = np.var(norms), np.mean(norms)
    near(sub.gradient_penalty(norms, lam, False), lam * variance + lam * (mean - 1) ** 2)


@points(1)
@hint("one-sided: norms below 1 are free, also beside others that are not: max(0, norm - 1) for each norm comes before "
      "the square and the mean, which still counts all n points")  # fmt: skip
@example(np.array([0.5, 2.0]), 10.0)
@given(norm_lists, weights)
def test_gradient_penalty_one_sided(norms, lam):
    """one-sided"""
    near(sub.gradient_penalty(norms, lam, True), sum(lam * (r - 1) ** 2 for r in norms if r > 1) / len(norms))


def penalty(gradients, lam, one_sided):
    """Of complex gradients too, none of them 0."""
    norms = np.sqrt(np.sum(np.reshape(gradients, (len(gradients), -1)) ** 2, axis=1))
    return lam * np.mean((norms - 1) ** 2 * (np.real(norms) > 1 if one_sided else 1))


def slopes(radii):
    return arrows(st.one_of(vectors, pictures), st.sampled_from(radii)).map(lambda case: case[0])


@points(1)
@hint("chain rule: 2 lam (norm - 1) / n, where n is the number of points, times the slope of the norm, which is the "
      "gradient's unit vector, gradient / norm; one-sided, points with a norm below 1 have slope 0")  # fmt: skip
@example(np.array([[3.0, 4.0], [0.0, 0.5]]), 10.0, False)
@example(np.array([[3.0, 4.0], [0.0, 0.5]]), 10.0, True)
@given(slopes([0.25, 0.5, 1.5, 3.0]), weights, st.booleans())
def test_penalty_slopes_chain_rule(gradients, lam, one_sided):
    """gradients that are not 0"""
    got = sub.penalty_slopes(gradients, lam, one_sided)
    near(got, gradient(lambda g: penalty(g, lam, one_sided), gradients), atol=1e-5)


@points(1)
@hint("gradient / norm is 0 / 0 where the gradient is 0, and one NaN there spoils every weight of the critic: divide "
      "only where the norm is not 0, and leave the other points' slopes as they were, divided by all n")  # fmt: skip
@example(np.array([[0.0, 0.0], [3.0, 4.0]]), 10.0, False)
@example(np.array([[0.0, 0.0], [0.3, 0.4]]), 10.0, True)
@given(slopes([0.0, 0.0, 0.5, 3.0]), weights, st.booleans())
def test_penalty_slopes_zero(gradients, lam, one_sided):
    """gradients that vanish"""
    got = shaped(sub.penalty_slopes(gradients, lam, one_sided), gradients.shape)
    there = np.array([np.any(g != 0) for g in gradients])
    near(got[~there], 0 * gradients[~there], "the slopes where the gradient is 0")
    if there.any():
        want = gradient(lambda g: penalty(g, lam * there.mean(), one_sided), gradients[there])
        near(got[there], want, "the slopes where the gradient is not 0", atol=1e-5)


@points(1)
@hint("set the derivative to 0: distance = 2 lam (k - 1). The penalty lets the slope exceed 1, the more the further "
      "the sample and the smaller lam")  # fmt: skip
@example(1.0, 0.125)
@given(positive, weights)
def test_penalised_slope_maximum(distance, lam):
    """the best slope of all"""
    k = np.array([-1.0, 0.0, 1.0])
    below, here, above = k * distance - lam * (k - 1) ** 2  # a parabola, known from three of its points
    near(sub.penalised_slope(distance, lam), (above - below) / (4 * here - 2 * above - 2 * below))


# power iteration


@st.composite
def started(draw, count=1, always=True):
    """Matrices of one shape, u, and in which steps it makes a round; no round takes it near to 0."""
    m, n = draw(dims), draw(dims)
    matrices = [draw(arrays(float, (m, n), elements=nonzero)) for _ in range(count)]
    training = [always or draw(st.booleans()) for _ in matrices]
    u = draw(arrays(float, m, elements=nonzero))
    w = unit(u)
    for W in (W for W, learns in zip(matrices, training, strict=True) if learns):
        v = W.T @ w
        assume(np.linalg.norm(v) > 0.3)
        w = unit(W @ v)
    return matrices, training, u


def unit(x):
    return x / np.sqrt(x @ x)


def iterated(matrices, u):
    """sigma, u, v after one round with each matrix: only directions matter, so nothing is normalised on the way."""
    for W in matrices[:-1]:
        u = W @ (W.T @ u)
    v = matrices[-1].T @ u
    u = matrices[-1] @ v
    return np.sqrt((u @ u) / (v @ v)), unit(u), unit(v)


TRIPLE = ("sigma", "u", "v")
LEANING = np.array([[1.0, 10.0], [0.0, 1.0]])
matrix_and_u = started().map(lambda case: (case[0][0], case[2]))


def rounds(case, steps):
    W, u = case
    return parts(sub.power_iteration(W, u, steps), TRIPLE), iterated([W] * steps, u)


@points(1)
@hint("in each round first v from W^T u, then u from W v, both divided by their lengths, Euclidean ones; as many "
      "rounds as `steps` says; W need not be square, so W @ u is no start")  # fmt: skip
@example((LEANING, np.array([1.0, 1.0])), 1)
@example((LEANING, np.array([1.0, 1.0])), 2)
@example((np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]]), np.array([1.0, 2.0])), 1)
@given(matrix_and_u, st.integers(1, 4))
def test_power_iteration_vectors(W_and_u, steps):
    """the two vectors"""
    got, want = rounds(W_and_u, steps)
    near(got[1], want[1], "u", rtol=1e-4, atol=1e-5)
    near(got[2], want[2], "v", rtol=1e-4, atol=1e-5)


@points(1)
@hint("sigma = u^T W v, with the vectors that you return: an estimate of the largest singular value (no eigenvalue, "
      "and not its square), which after few rounds is still too small")  # fmt: skip
@example((LEANING, np.array([1.0, 1.0])), 1)
@example((np.array([[2.0, 1.0], [1.0, -2.0], [1.0, 1.0]]), np.array([1.0, 1.0, 1.0])), 1)
@given(matrix_and_u, st.integers(1, 4))
def test_power_iteration_sigma(W_and_u, steps):
    """the singular value"""
    got, want = rounds(W_and_u, steps)
    near(got[0], want[0], "sigma", rtol=1e-4)


def tracked(matrices, training, u, v):
    """What came back, and the right (sigmas, us)."""
    got = parts(sub.track_sigma(matrices, training, u, v), ("sigmas", "us"))
    start, seen, want_sigmas, want_us = u, [], [], []
    for W, learns in zip(matrices, training, strict=True):
        if learns:
            seen = [*seen, W]
            _, u, v = iterated(seen, start)
        want_sigmas.append(np.sum(W * np.outer(u, v)))
        want_us.append(u)
    near(got[0], want_sigmas, "sigmas", rtol=1e-4, atol=1e-5)
    near(got[1], want_us, "us", rtol=1e-4, atol=1e-5)


GROWING = [np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[2.0, 2.0], [0.0, 1.0]]), np.array([[3.0, 1.0], [1.0, 1.0]])]


@points(1)
@hint("one round for each step, from the u of the step before, not from the first u again, and then sigma; keep a copy "
      "of u in us: a u that is changed in place changes all the entries of a list at once")  # fmt: skip
@example((GROWING, [True] * 3, np.array([1.0, 0.0])))
@given(st.integers(1, 4).flatmap(started))
def test_track_sigma_training(matrices_training_u):
    """training all the time"""
    matrices, training, u = matrices_training_u
    tracked(matrices, training, unit(u), unit(np.ones(matrices[0].shape[1])))


@points(1)
@hint("evaluation leaves both u and v alone: no round, so that a look at the layer does not change it; but sigma is "
      "that of the weight of the moment, u^T W v with the W of this step")  # fmt: skip
@example((GROWING, [True, False, True], np.array([1.0, 0.0])))
@example((GROWING, [False, True, False], np.array([1.0, 0.0])))
@given(started(3, always=False))
def test_track_sigma_evaluation(matrices_training_u):
    """training and evaluation in turns"""
    matrices, training, u = matrices_training_u
    tracked(matrices, training, unit(u), unit(np.arange(1.0, matrices[0].shape[1] + 1)))


# the spectral layer


@st.composite
def layers(draw, least=1):
    """W with at least so many entries, and unit vectors u, v with u^T W v far from 0."""
    m, n = draw(dims), draw(dims)
    assume(m * n >= least)
    W, u, v = (draw(arrays(float, shape, elements=nonzero)) for shape in ((m, n), m, n))
    u, v = unit(u), unit(v)
    assume(np.abs(np.sum(W * np.outer(u, v))) > 1)
    return W, u, v


FIXED = (np.array([[1.0, 2.0], [3.0, -1.0]]), np.array([0.6, 0.8]), np.array([0.8, 0.6]))


def with_inputs(layer):
    """x, W, b, u, v"""
    W, u, v = layer
    x = st.integers(1, 3).flatmap(lambda batch: arrays(float, (batch, W.shape[1]), elements=eighths))
    return st.tuples(x, st.just(W), arrays(float, len(W), elements=nonzero), st.just(u), st.just(v))


def with_gradient(layer):
    """G, W, u, v"""
    return st.tuples(arrays(float, layer[0].shape, elements=nonzero), *map(st.just, layer))


@points(1)
@hint("x W^T / sigma + b: W^T, because the rows of W belong to the outputs; the bias is added at the end and not "
      "divided; sigma is u^T W v with the vectors as they are, not the value that they will converge to")  # fmt: skip
@example((np.array([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]]), FIXED[0], np.array([1.0, 2.0]), *FIXED[1:]))
@given(layers().flatmap(with_inputs))
def test_spectral_layer_forward(x_W_b_u_v):
    """the layer's outputs"""
    x, W, b, u, v = x_W_b_u_v
    got = shaped(sub.spectral_layer(*x_W_b_u_v), (len(x), len(W)))
    near((got - b) * np.sum(W * np.outer(u, v)), np.einsum("ij,nj->ni", W, x), "(output - b) sigma", atol=2e-5)


def without_scale(case):
    """The same with a G that is orthogonal to W."""
    G, W, u, v = case
    return G - np.sum(G * W) / np.sum(W * W) * W, W, u, v


def check_spectral_gradient(G, W, u, v):
    want = gradient(lambda w: np.sum(G * w) / np.sum(w * np.outer(u, v)), W)
    near(sub.spectral_gradient(G, W, u, v), want, rtol=1e-4, atol=5e-4)


@points(1)
@hint("the weight W reaches the loss divided by sigma, so its gradient is divided by sigma as well. Here <G, W> = 0: "
      "nothing comes through sigma, and G / sigma is all there is")  # fmt: skip
@example((np.array([[2.0, 1.0], [-1.0, 1.0]]), *FIXED))
@given(layers(least=2).flatmap(with_gradient).map(without_scale))
def test_spectral_gradient_straight(G_W_u_v):
    """a loss that does not mind the scale of W"""
    check_spectral_gradient(*G_W_u_v)


@points(1)
@hint("sigma depends on W too: d sigma / dW = u v^T, and a larger sigma shrinks W / sigma: take <G, W / sigma> u v^T "
      "off from G, where <A, B> is the sum of the entrywise products; all of it divided by sigma, once")  # fmt: skip
@example((np.array([[2.0, 1.0], [1.0, 1.0]]), *FIXED))
@given(layers().flatmap(with_gradient))
def test_spectral_gradient_through_sigma(G_W_u_v):
    """any loss"""
    check_spectral_gradient(*G_W_u_v)


# the penalty's gradient in the weights


@st.composite
def critics(draw, at_zero):
    h, d, n = draw(dims), draw(dims), draw(st.integers(1, 3))
    small = st.integers(-8, 8).map(lambda k: k / 8)
    W, a = draw(arrays(float, (h, d), elements=nonzero)) / 2, draw(arrays(float, h, elements=nonzero))
    b = draw(arrays(float, h, elements=small))
    x = np.zeros((n, d)) if at_zero else draw(arrays(float, (n, d), elements=small))
    slopes = a / np.cosh(x @ W.T + b) ** 2 @ W
    assume(np.linalg.norm(slopes, axis=1).min() > 0.1)
    return W, b, a, x, draw(weights)


def check_penalty_gradient(W, b, a, x, lam):
    def loss(w):
        return penalty(a / np.cosh(x @ w.T + b) ** 2 @ w, lam, False)

    near(sub.penalty_gradient(W, b, a, x, lam), gradient(loss, W), rtol=1e-4, atol=3e-4)


CRITIC = np.array([[1.0, 0.5], [-0.5, 1.5]]), np.array([0.25, -0.5]), np.array([1.0, 2.0])


@points(1)
@hint("grad f(x) = sum_k a[k] (1 - t[k]^2) W[k], t = tanh(W x + b): W stands there directly. Its entry W[k, j] changes "
      "coordinate j of grad f by a[k] (1 - t[k]^2), and the penalty changes by penalty_slopes times that")  # fmt: skip
@example((*CRITIC, np.zeros((2, 2)), 10.0))
@given(critics(at_zero=True))
def test_penalty_gradient_direct(W_b_a_x_lam):
    """points at 0, where W x + b does not feel W"""
    check_penalty_gradient(*W_b_a_x_lam)


@points(1)
@hint("W also stands inside tanh: the mixed second derivative. d t[k] / d W[k, j] = (1 - t[k]^2) x[j] makes "
      "1 - t[k]^2 change by -2 t[k] (1 - t[k]^2) x[j]; add what this does to grad f through the row W[k]")  # fmt: skip
@example((*CRITIC, np.array([[1.0, -0.5], [0.25, 1.0]]), 10.0))
@given(critics(at_zero=False))
def test_penalty_gradient_second_order(W_b_a_x_lam):
    """points anywhere"""
    check_penalty_gradient(*W_b_a_x_lam)

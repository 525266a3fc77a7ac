"""Exercise 06: the Wasserstein GAN.

Run `minigen check 06`, or pytest on this folder.  The right values come from definitions, from problems built around
a known answer, and from invariants, so reading on gives no answers away.
"""

from itertools import pairwise

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minigen.grading import assert_close, hint, points, sub

eighths = st.integers(-40, 40).map(lambda k: k / 8)
positive = st.integers(1, 40).map(lambda k: k / 8)
nonzero = st.one_of(positive, positive.map(lambda t: -t))
shapes = st.sampled_from([(1,), (4,), (2, 3), (2, 1, 2)])
dims = st.integers(1, 4)


def near(got, want, what="your answer", atol=1e-6):
    assert_close(got, want, rtol=1e-5, atol=atol, what=what)  # an answer in float32 is an answer


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


def near_each(got, want):
    """The arrays of a list, one by one."""
    right = isinstance(got, (tuple, list)) and len(got) == len(want)
    assert right, f"return a list of {len(want)} arrays, as many as there are weights"
    for k, (a, b) in enumerate(zip(got, want, strict=True)):
        near(a, b, f"array {k} of the list")


def slope_of(f, x):
    """f'(x) of an analytic f of one number."""
    return np.imag(f(x + 1e-30j)) / 1e-30


# losses


@st.composite
def batches(draw):
    n, m = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    return draw(arrays(float, n, elements=eighths)), draw(arrays(float, m, elements=eighths))


LOSSES = ("loss of the critic", "loss of the generator")


@points(1)
@hint("minus the gap is the mean over the samples less the mean over the data: each batch has a mean of its own, the "
      "sign may be either, and the values of f count as they stand, without logarithm, sigmoid or margin")  # fmt: skip
@example((np.array([3.0, 3.0, 0.0]), np.array([-1.0])))
@example((np.array([-2.0]), np.array([5.0, 0.0])))
@example((np.array([1e4]), np.array([-1e4, 0.0])))
@given(batches())
def test_wgan_losses_critic(real_and_fake):
    """the critic's loss, batches of any size"""
    real, fake = real_and_fake
    got = parts(sub.wgan_losses(real, fake), LOSSES)
    near(got[0], sum(fake) / len(fake) - sum(real) / len(real), LOSSES[0])


@points(1)
@hint("the generator wants the critic to say large numbers: its loss falls when f rises on a sample; it has no part "
      "in f on the data, and no logarithm stands in it")  # fmt: skip
@example((np.array([3.0]), np.array([-1.0, 3.0])))
@given(batches())
def test_wgan_losses_generator(real_and_fake):
    """the generator's loss"""
    real, fake = real_and_fake
    got = parts(sub.wgan_losses(real, fake), LOSSES)
    near(
        -shaped(got[1], (), LOSSES[1]) * len(fake),
        sum(fake),
        "minus the generator's loss, times the number of samples,",
    )


# the gradient that reaches the generator


CRITICS = {
    "sin(x)": (np.sin, np.cos),
    "x^3 / 3": (lambda x: x**3 / 3, lambda x: x**2),
    "tanh(x)": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
}
eighths_up_to_2 = st.integers(-16, 16).map(lambda k: k / 8)
latents = st.integers(1, 5).flatmap(lambda n: arrays(float, n, elements=eighths_up_to_2))
PARAMETERS = ("gradient in theta", "gradient in s")


def climbed(name, z, theta, s):
    """The gradients by the definition, and what came back."""
    f, slope = CRITICS[name]
    want = slope_of(lambda t: -np.mean(f(t + s * z)), theta), slope_of(lambda t: -np.mean(f(theta + t * z)), s)
    return parts(sub.generator_gradient(slope, z, theta, s), PARAMETERS), want


@points(1)
@hint("the loss is MINUS the mean of f(G(z)): minus the mean of the critic's slopes, taken at the samples theta + s z "
      "that it sees, not at the noise z nor at one point in the middle")  # fmt: skip
@example("x^3 / 3", np.array([1.0, -2.0]), 0.5, 2.0)
@given(st.sampled_from(list(CRITICS)), latents, eighths_up_to_2, eighths_up_to_2)
def test_generator_gradient_theta(critic, z, theta, s):
    """theta, which moves all samples alike"""
    got, want = climbed(critic, z, theta, s)
    near(got[0], want[0], PARAMETERS[0])


@points(1)
@hint("the chain rule: s moves the sample theta + s z by z, so each slope counts z times, before the mean is taken")
@example("x^3 / 3", np.array([1.0, -2.0]), 0.5, 2.0)
@given(st.sampled_from(list(CRITICS)), latents, eighths_up_to_2, eighths_up_to_2)
def test_generator_gradient_s(critic, z, theta, s):
    """s, which moves each sample by its own noise"""
    got, want = climbed(critic, z, theta, s)
    near(got[1], want[1], PARAMETERS[1])


# RMSProp


@st.composite
def rms_states(draw, gradients, squares, eps):
    """theta, gradient, mean_square, lr, decay, eps"""
    shape = draw(shapes)
    theta, gradient = draw(arrays(float, shape, elements=eighths)), draw(arrays(float, shape, elements=gradients))
    mean_square = draw(arrays(float, shape, elements=squares))
    rate, decay = draw(st.sampled_from([0.01, 0.5, 3.0])), draw(st.sampled_from([0.125, 0.5, 0.9]))
    return theta, gradient, mean_square, rate, decay, draw(eps)


ONE = (np.array([1.0, -2.0]), np.array([3.0, -1.0]), np.array([4.0, 1.0]), 0.5, 0.9, 0.0)
PAIR = ("theta", "mean_square")


@points(1)
@hint("a running mean of squares: decay (near 1) goes with the old mean, which stays in the sum, and 1 - decay with "
      "the gradient, entry by entry and squared")  # fmt: skip
@example(ONE)
@given(rms_states(eighths, positive, st.just(1e-8)))
def test_rmsprop_step_mean_square(state):
    """the running mean of the squares"""
    _, gradient, old, _, decay, _ = state
    got = parts(sub.rmsprop_step(*state), PAIR)
    near(got[1], old + (1 - decay) * (gradient**2 - old), "mean_square")


@points(1)
@hint("down the gradient, so minus; lr times the gradient over the square root of the mean square, the new one: the "
      "step is taken after the mean has been brought up to date, and nothing else rescales it")  # fmt: skip
@example(ONE)
@given(rms_states(nonzero, positive, st.just(0.0)))
def test_rmsprop_step_theta(state):
    """the step, with eps = 0"""
    theta, gradient, old, rate, decay, _ = state
    got = parts(sub.rmsprop_step(*state), PAIR)
    ratio = decay * old / gradient**2 + (1 - decay)
    near(got[0], theta - np.copysign(rate * ratio**-0.5, gradient), "theta")


@points(1)
@hint("eps is added to the root, outside of it: sqrt(mean square) + eps, not sqrt(mean square + eps); it is there so "
      "that a weight that never had a gradient moves by 0 / eps = 0, not by 0 / 0")  # fmt: skip
@example((np.array([1.0, 2.0]), np.array([0.0, 3.0]), np.array([0.0, 4.0]), 0.5, 0.9, 0.25))
@given(rms_states(st.sampled_from([0.0, 1.0, -2.5]), st.sampled_from([0.0, 0.25, 1.0, 4.0]), positive))
def test_rmsprop_step_eps(state):
    """any eps, and weights without a gradient"""
    theta, gradient, old, rate, decay, eps = state
    got = parts(sub.rmsprop_step(*state), PAIR)
    root = np.hypot(decay**0.5 * old**0.5, (1 - decay) ** 0.5 * gradient)
    near(got[0], theta - rate * gradient / (root + eps), "theta")


# clipping


@st.composite
def networks(draw):
    """A list of arrays."""
    return [draw(arrays(float, draw(shapes), elements=eighths)) for _ in range(draw(st.integers(1, 3)))]


LAYERS = [np.array([[0.5, -3.0], [2.0, 0.25]]), np.array([-0.5, 0.0, 1.5])]


@points(1)
@hint("each entry by itself: what lies in [-c, c] stays as it is, what lies outside goes to the nearer end, -c below "
      "and c above; nothing is rescaled, and nothing set to 0")  # fmt: skip
@example(LAYERS, 1.0)
@given(networks(), st.sampled_from([0.01, 0.5, 1.0, 2.0]))
def test_clip_weights_box(weights, c):
    """the nearest point of the box"""
    near_each(sub.clip_weights(weights, c), [(np.abs(w + c) - np.abs(w - c)) / 2 for w in weights])


@st.composite
def steps(draw):
    """Weights, gradients."""
    weights = draw(networks())
    return weights, [draw(arrays(float, w.shape, elements=eighths)) for w in weights]


@points(1)
@hint("the gradients are those of the gap, and the critic makes its gap larger: it steps up, by lr times the gradient")
@example((LAYERS, [np.array([[1.0, 2.0], [-3.0, 0.5]]), np.array([1.0, -1.0, 2.0])]), 0.5)
@given(steps(), st.sampled_from([0.01, 0.5, 1.0]))
def test_critic_step_up(weights_and_gradients, lr):
    """the step, with c too large to matter"""
    moved = [(w / lr + g) * lr for w, g in zip(*weights_and_gradients, strict=True)]
    near_each(sub.critic_step(*weights_and_gradients, lr, 1e3), moved)


@points(1)
@hint("clip once, after the step, and clip the weights: not before the step, not their gradients, not the step; so no "
      "weight is outside [-c, c] when the critic is used")  # fmt: skip
@example((LAYERS, [np.array([[1.0, 8.0], [-3.0, 0.5]]), np.array([1.0, -1.0, 2.0])]), 0.5, 1.0)
@given(steps(), st.sampled_from([0.5, 1.0, 2.0]), st.sampled_from([0.25, 1.0, 2.0]))
def test_critic_step_clip(weights_and_gradients, lr, c):
    """the clipped weights"""
    moved = [(w / lr + g) * lr for w, g in zip(*weights_and_gradients, strict=True)]
    near_each(sub.critic_step(*weights_and_gradients, lr, c), [(np.abs(w + c) - np.abs(w - c)) / 2 for w in moved])


# turns


@points(1)
@hint("range(n_critic) counts n_critic steps, from 0 to n_critic - 1; a loop t = 0, ..., n_critic with both ends makes "
      "one too many. The generator answers after the critic's steps, then the critic has its turns again")  # fmt: skip
@example(2, 5)
@given(st.integers(1, 4), st.integers(1, 6))
def test_turns_in_order(generator_steps, n_critic):
    """how many turns, and in which order"""
    got = sub.turns(generator_steps, n_critic)
    assert isinstance(got, (list, tuple, np.ndarray)), f"return a list of words, not {got!r}"
    got = [str(word) for word in got]
    counts = got.count("critic"), got.count("generator")
    assert sum(counts) == len(got), 'the list should hold the words "critic" and "generator" and nothing else'
    wanted = generator_steps * n_critic, generator_steps
    assert counts == wanted, f"the critic has {counts[0]} turns and the generator {counts[1]}; wanted: {wanted}"
    for k, word in enumerate(got):
        last = (k + 1) % (n_critic + 1) == 0
        assert (word == "generator") == last, f"turn {k} is the {word}'s, and should be the other's"


# bounds


@points(1)
@hint("an n x m matrix with all entries c stretches (1, ..., 1) by c sqrt(n m), and nothing more; take the product of "
      "this over ALL layers, with a factor c for each")  # fmt: skip
@example([2, 64, 64, 1], 0.01)
@example([3, 2], 0.5)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=5), st.sampled_from([0.01, 0.5, 1.0, 2.0]))
def test_clipping_bound_attained(sizes, c):
    """attained where all weights are c"""
    x = np.ones(sizes[0])
    for n, m in pairwise(sizes):
        x = np.full((m, n), c) @ x
    near(sub.clipping_bound(sizes, c), np.linalg.norm(x) / sizes[0] ** 0.5, atol=0)


@st.composite
def reflections(draw, n):
    w = draw(arrays(float, n, elements=st.sampled_from([1.0, 2.0, -1.0, 3.0])))
    return np.eye(n) - 2 * np.outer(w, w) / (w @ w)


@st.composite
def stretching(draw, least, most):
    """Weights of a network, and the product of their largest singular values."""
    layers, sizes = draw(st.integers(least, most)), draw(st.lists(dims, min_size=most + 1, max_size=most + 1))
    weights, product = [], 1.0
    for n, m in pairwise(sizes[: layers + 1]):
        s = draw(arrays(float, min(m, n), elements=positive))
        weights.append(draw(reflections(m))[:, : len(s)] * s @ draw(reflections(n))[: len(s)])
        product *= s.max()
    return weights, product


LEANING = np.array([[1.0, 10.0], [0.0, 1.0]])


@points(1)
@hint("the largest singular value of W: not its largest eigenvalue (which a matrix that is not square does not have), "
      "not the root of the sum of all squares, not its largest entry or row")  # fmt: skip
@example(([LEANING], 5 + 26**0.5))
@example(([np.array([[1.0, 2.0], [2.0, -1.0], [0.0, 3.0]])], 14**0.5))
@given(stretching(1, 1))
def test_lipschitz_bound_one_layer(weights_and_bound):
    """one layer, square or not"""
    near(sub.lipschitz_bound(weights_and_bound[0]), weights_and_bound[1])


@points(1)
@hint("what the first layer has stretched the next one stretches again: multiply the constants of the layers, each "
      "layer's own; ReLU stands between, so the matrices cannot be multiplied first")  # fmt: skip
@example(([np.diag([1.0, 0.5]), LEANING, np.array([[3.0, 4.0]])], 5 * (5 + 26**0.5)))
@given(stretching(2, 3))
def test_lipschitz_bound_layers(weights_and_bound):
    """several layers"""
    near(sub.lipschitz_bound(weights_and_bound[0]), weights_and_bound[1])


# what the gap says


@st.composite
def judged(draw, shared):
    """x, y, f, g of one critic; with `shared`, at least one point of x lies in y too."""
    n, m, d = draw(dims), draw(dims), draw(dims)
    coarse = st.integers(-2, 2).map(float)
    x, y = draw(arrays(float, (n, d), elements=coarse)), draw(arrays(float, (m, d), elements=coarse))
    if shared:
        y[0] = x[-1]
    else:
        y[:, 0] += 0.5
    tilt = draw(arrays(float, d, elements=eighths))
    return x, y, x @ tilt + np.abs(x).sum(1), y @ tilt + np.abs(y).sum(1)


def check_slope(x, y, f, g):
    got = shaped(sub.secant_constant(x, y, f, g), ())
    far = np.sqrt(np.sum((x[:, None] - y) ** 2, axis=-1))
    rise = np.abs(f[:, None] - g)
    if far.any():
        i, j = np.unravel_index(np.argmin(np.where(far > 0, got * far - rise, np.inf)), far.shape)
        near(got * far[i, j], rise[i, j], f"your answer times |x[{i}] - y[{j}]|, which should be |f[{i}] - g[{j}]|,")
    else:
        near(got, 0.0, "the answer where all pairs are at the same place")


@points(1)
@hint("all pairs (i, j), not only those with i = j nor pairs among the data; the absolute difference of the values "
      "over the Euclidean distance of the points; and of all these ratios the largest")  # fmt: skip
@example((np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[1.0, 1.0], [3.0, 2.0]]), np.array([1.0, 4.0]),
          np.array([2.0, 9.0])))  # fmt: skip
@example((np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[1.0, 1.0]]), np.array([1.0, 9.0]), np.array([6.0])))
@given(judged(shared=False))
def test_secant_constant_pairs(x_y_f_g):
    """data and samples apart"""
    check_slope(*x_y_f_g)


@points(1)
@hint("a pair at the same place gives 0 / 0, which is NaN: leave it out; if all pairs are such, the answer is 0")
@example((np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([[1.0, 2.0]]), np.array([3.0, 1.0]), np.array([3.0])))
@example((np.array([[1.0, 2.0]]), np.array([[1.0, 2.0]]), np.array([3.0]), np.array([3.0])))
@given(judged(shared=True))
def test_secant_constant_shared_places(x_y_f_g):
    """samples that hit the data"""
    check_slope(*x_y_f_g)


@points(1)
@hint("the mean over the data minus the mean over the samples, each of its own batch and with its sign, DIVIDED by the "
      "constant: a critic that is three times as steep has the same normalised gap")  # fmt: skip
@example((np.array([1.0, 2.0, 6.0]), np.array([5.0])), 0.25)
@given(batches(), positive)
def test_normalised_gap_steepness(f_and_g, constant):
    """a critic of any steepness"""
    f, g = f_and_g
    want = sum((f - sum(g) / len(g)) / constant) / len(f)
    near(sub.normalised_gap(f, g, constant), want)
    near(sub.normalised_gap(3 * f, 3 * g, 3 * constant), want, "the answer for 3 f")


@points(1)
@hint("a critic that is the same everywhere has gap 0 and constant 0: 0 / 0 is NaN, so treat this case by itself; a "
      "small number added to the constant changes the answers of critics with a small slope")  # fmt: skip
@example(1.0, 2, 1)
@given(eighths, st.integers(1, 4), st.integers(1, 4))
def test_normalised_gap_flat(value, n, m):
    """critics without slope, or with hardly any"""
    near(sub.normalised_gap(np.full(n, value), np.full(m, value), 0.0), 0.0, "the answer for a constant critic")
    tiny = 2.0**-60
    near(sub.normalised_gap(np.full(n, 2 * tiny), np.full(m, tiny), tiny), 1.0, "the answer for a slope of 2^-60")

"""Exercise 04: generative adversarial networks.

Run `minigen check 04`, or pytest on this folder.  The right values come from definitions, from closed forms and from
invariants, so reading on gives no answers away.
"""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minigen.grading import assert_close, hint, points, sub

eighths = st.integers(-40, 40).map(lambda k: k / 8)
positive = st.integers(1, 40).map(lambda k: k / 8)


def near(got, want, what="your answer"):
    assert_close(got, want, rtol=1e-4, atol=1e-5, what=what)  # an answer in float32 is an answer


def parts(got, names):
    """The entries of a tuple, or a message that says what came instead."""
    right = isinstance(got, (tuple, list)) and len(got) == len(names)
    assert right, f"return {len(names)} things: ({', '.join(names)})"
    return got


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def slope(f, x):
    """f'(x) of an analytic f of one number."""
    return np.imag(f(x + 1e-30j)) / 1e-30


def gradient(loss, x):
    """The gradient of an analytic loss, one entry of x after the other."""
    units = np.eye(x.size).reshape(-1, *x.shape)
    return np.array([slope(lambda t, unit=unit: loss(x + t * unit), 0.0) for unit in units]).reshape(x.shape)


# the optimal discriminator


@st.composite
def pairs(draw, elements):
    shape = draw(st.sampled_from([(1,), (4,), (2, 3)]))
    return draw(arrays(float, shape, elements=elements)), draw(arrays(float, shape, elements=elements))


@points(1)
@hint("the share of the data: p_d stands on top, and p_d + p_g below; it is not the ratio of the two densities, and "
      "not the generator's share")  # fmt: skip
@given(pairs(positive))
def test_optimal_discriminator_positive(densities):
    """both densities positive"""
    a, b = densities
    d = sub.optimal_discriminator(a, b)
    assert_close(np.shape(d), a.shape, what="the shape")
    near(a * (1 - np.asarray(d)), b * np.asarray(d), "p_d (1 - D), which equals p_g D where the slope in D is 0,")


@points(1)
@hint("0/0 is NaN: where neither data nor generator have mass, return 1/2; where one of them has, D* is exactly 0 or "
      "1, so a small constant added to the denominator is no way out")  # fmt: skip
@example((np.array([0.0, 1.0, 0.0, 1e-12]), np.array([0.0, 0.0, 1.0, 0.0])))
@given(pairs(st.sampled_from([0.0, 1e-12, 0.5, 3.0])))
def test_optimal_discriminator_zeros(densities):
    """densities that vanish"""
    a, b = densities
    d = np.asarray(sub.optimal_discriminator(a, b))
    assert_close(d.shape, a.shape, what="the shape")
    near(d[(a > 0) & (b == 0)], 1.0 + 0 * d[(a > 0) & (b == 0)], "D* where only the data have mass")
    near(d[(a == 0) & (b > 0)], 0.0 * d[(a == 0) & (b > 0)], "D* where only the generator has mass")
    near(d[(a == 0) & (b == 0)], 0.5 + 0.0 * a[(a == 0) & (b == 0)], "D* where nothing has mass")


# losses and their gradients


@st.composite
def batches(draw, elements=eighths):
    n, m = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    return draw(arrays(float, n, elements=elements)), draw(arrays(float, m, elements=elements))


LOSSES = ("loss of D", "saturating loss of G", "non-saturating loss of G")


@points(1)
@hint("-log D on the data and -log(1 - D) on the samples; each batch has a mean of its own, and the two means are "
      "added: one mean over both batches, or half the sum, is another loss")  # fmt: skip
@example((np.array([1.0, 1.0, 1.0]), np.array([2.0])))
@given(batches())
def test_gan_losses_discriminator(logits):
    """the discriminator's loss, batches of any size"""
    real, fake = logits
    got = parts(sub.gan_losses(real, fake), LOSSES)
    value = np.mean(np.log(sigmoid(real))) + np.mean(np.log(sigmoid(-fake)))
    near(got[0], -value, LOSSES[0])


@points(1)
@hint("G minimises both of its losses, so both must fall when the logit of a sample rises: log(1 - D) with a plus "
      "sign, log D with a minus sign; data do not occur in them")  # fmt: skip
@given(batches())
def test_gan_losses_generator(logits):
    """the two losses of the generator"""
    real, fake = logits
    got = parts(sub.gan_losses(real, fake), LOSSES)
    near(got[1], np.mean(np.log(sigmoid(-fake))), LOSSES[1])
    near(got[2], -np.mean(np.log(sigmoid(fake))), LOSSES[2])


@points(1)
@hint("the logarithm of a sigmoid that has rounded to 0 is -inf, and clipping D hides the loss instead: go from the "
      "logit to log D in one step, without D and without exp of a large number")  # fmt: skip
@example((np.array([-1e4, 1e4]), np.array([-1e4, 1e4])))
@given(batches(st.sampled_from([-1e4, -800.0, -100.0, 100.0, 800.0, 1e4])))
def test_gan_losses_large(logits):
    """logits as large as 1e4"""
    real, fake = logits
    got = parts(sub.gan_losses(real, fake), LOSSES)
    missed, caught = np.mean(np.where(real < 0, -real, 0.0)), np.mean(np.where(fake < 0, -fake, 0.0))
    passed = np.mean(np.where(fake > 0, fake, 0.0))
    for g, want, name in zip(got, (missed + passed, -passed, caught), LOSSES, strict=True):
        near(g, want, name)


GRADIENTS = ("of D's loss in real", "of D's loss in fake", "of the saturating loss", "of the non-saturating loss")


@points(1)
@hint("the slope of -log D in the logit is -(1 - D), that of -log(1 - D) is D; and a mean over n logits divides each "
      "slope by n, the size of its own batch")  # fmt: skip
@given(batches())
def test_gan_gradients_discriminator(logits):
    """the gradients of the discriminator's loss"""
    real, fake = logits
    got = parts(sub.gan_gradients(real, fake), GRADIENTS)
    near(got[0], gradient(lambda v: -np.mean(np.log(sigmoid(v))), real), GRADIENTS[0])
    near(got[1], gradient(lambda v: -np.mean(np.log(sigmoid(-v))), fake), GRADIENTS[1])


@points(1)
@hint("both slopes are negative, since G gains when the logit rises; which of the two vanishes at v = -10, where D "
      "has seen through the sample? That one saturates")  # fmt: skip
@given(batches())
def test_gan_gradients_generator(logits):
    """the gradients of the generator's losses"""
    real, fake = logits
    got = parts(sub.gan_gradients(real, fake), GRADIENTS)
    near(got[2], gradient(lambda v: np.mean(np.log(sigmoid(-v))), fake), GRADIENTS[2])
    near(got[3], gradient(lambda v: -np.mean(np.log(sigmoid(v))), fake), GRADIENTS[3])


# the Dirac game


def value(theta, phi):
    return -np.log(2) + np.log(sigmoid(-phi * theta))  # 1 - sigmoid(v) would lose its digits for large v


steps = st.sampled_from([0.05, 0.1, 0.5, 1.0])
PLAYERS = ("theta", "phi")


@points(1)
@hint("theta goes down V, phi goes up V; and at the same time means that both slopes are taken at the old pair: keep "
      "the old numbers until both new ones are made")  # fmt: skip
@example(1.0, 2.0, 1.0)
@given(eighths, eighths, steps)
def test_dirac_step_simultaneous(theta, phi, eta):
    """both at the same time"""
    got = parts(sub.dirac_step(theta, phi, eta, False), PLAYERS)
    near(got[0], theta - eta * slope(lambda t: value(t, phi), theta), "theta")
    near(got[1], phi + eta * slope(lambda f: value(theta, f), phi), "phi")


@points(1)
@hint("phi moves first, from the old theta; then theta's slope is taken at the new phi, not at the old one")
@example(1.0, 2.0, 1.0)
@given(eighths, eighths, steps)
def test_dirac_step_alternating(theta, phi, eta):
    """phi first, then theta"""
    got = parts(sub.dirac_step(theta, phi, eta, True), PLAYERS)
    moved = phi + eta * slope(lambda f: value(theta, f), phi)
    near(got[1], moved, "phi")
    near(got[0], theta - eta * slope(lambda t: value(t, moved), theta), "theta")


# the ring and its report


@points(1)
@hint("the angle 2 pi is the angle 0 again: linspace(0, 2 pi, modes) makes the first mode twice and one mode too few; "
      "leave the end point out")  # fmt: skip
@example(8, 1.0)
@given(st.integers(1, 12), positive)
def test_ring_centres(modes, radius):
    """as many different centres as modes, evenly spaced"""
    centres = np.asarray(parts(sub.ring(modes, radius, 0.1), ("centres", "covariance"))[0])
    assert_close(centres.shape, (modes, 2), what="the shape of centres")
    near(centres[0], [radius, 0.0], "the first centre")
    near(np.hypot(*centres.T), np.full(modes, radius), "the distances from 0")
    following = np.roll(centres, -1, axis=0)
    near(np.hypot(*(following - centres).T), np.full(modes, 2 * radius * np.sin(np.pi / modes)), "the gaps")
    turn = centres[:, 0] * following[:, 1] - centres[:, 1] * following[:, 0]
    assert modes < 3 or np.all(turn > 0), "the centres should go round counter-clockwise"


@points(1)
@hint("sigma is a standard deviation, and a covariance matrix holds variances: sigma squared on the diagonal")
@given(st.integers(1, 12), st.sampled_from([0.01, 0.5, 2.0]))
def test_ring_covariance(modes, sigma):
    """the covariance: along any unit vector u, u'Cu is the variance"""
    covariance = np.asarray(parts(sub.ring(modes, 1.0, sigma), ("centres", "covariance"))[1])
    assert_close(covariance.shape, (2, 2), what="the shape of covariance")
    u = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [-0.8, 0.6]])
    near(np.sqrt(np.einsum("ni,ij,nj->n", u, covariance, u)), np.full(4, sigma), "the standard deviation along u")
    near(covariance[0, 1], 0.0, "the covariance of the two axes")


@st.composite
def clouds(draw):
    """Samples around some of the modes, and the report that they were made to have."""
    k, sigma = draw(st.integers(1, 4)), draw(st.sampled_from([0.01, 0.02, 2.0]))
    centres = 60 * sigma * np.array([[i % 2, i // 2] for i in range(k)], dtype=float)
    placed = draw(
        st.lists(
            st.tuples(st.integers(0, k - 1), st.sampled_from([0.0, 1.0, 2.5, 2.9, 3.2, 3.9, 8.0]), st.integers(0, 7)),
            min_size=1, max_size=12,
        )
    )  # fmt: skip
    return cloud(centres, sigma, placed)


def cloud(centres, sigma, placed):
    """placed: for each sample the mode, the distance in sigmas, and the direction in eighths of a turn."""
    mode, far, turn = (np.array(column) for column in zip(*placed, strict=True))
    angle = np.pi * turn / 4
    samples = centres[mode] + sigma * far[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    share = np.bincount(mode, minlength=len(centres)) / len(mode)
    tv = np.max([np.sum((share - 1 / len(centres))[list(s)]) for s in subsets(len(centres))])
    return samples, centres, sigma, (len(set(mode[far < 3].tolist())), np.mean(far < 3), tv)


def subsets(k):
    return [[i for i in range(k) if code >> i & 1] for code in range(2**k)]


CORNERS = np.array([[0.0, 0.0], [120.0, 0.0], [0.0, 120.0], [120.0, 120.0]])
CLOSE = cloud(CORNERS / 100, 0.02, [(0, 2.5, 1), (0, 2.9, 0), (1, 3.9, 1), (2, 3.2, 0)])
WIDE = cloud(CORNERS, 2.0, [(0, 2.9, 0), (0, 2.9, 3), (1, 3.9, 5), (2, 8.0, 2), (0, 8.0, 1)])
REPORT = ("captured", "high_quality", "mode_tv")


@points(1)
@hint("within 3 sigma: a squared distance is to be compared with (3 sigma)^2, which is not 3 sigma^2; and the "
      "distance is that of the plane, not of each coordinate for itself")  # fmt: skip
@example(CLOSE)
@example(WIDE)
@given(clouds())
def test_mode_report_captured(made):
    """modes with at least one sample within 3 sigma"""
    samples, centres, sigma, want = made
    near(parts(sub.mode_report(samples, centres, sigma), REPORT)[0], want[0], "captured")


@points(1)
@hint("the share of all samples, bad ones included, as a number from 0 to 1: not a count, not a percentage, and not "
      "the share of captured modes")  # fmt: skip
@example(WIDE)
@given(clouds())
def test_mode_report_quality(made):
    """the share of high quality"""
    samples, centres, sigma, want = made
    near(parts(sub.mode_report(samples, centres, sigma), REPORT)[1], want[1], "high_quality")


@points(1)
@hint("total variation is half the sum of |share - 1/k|; the shares count every sample at its nearest mode, good or "
      "bad, and a mode without samples has share 0")  # fmt: skip
@example(WIDE)
@given(clouds())
def test_mode_report_balance(made):
    """the balance of the modes"""
    samples, centres, sigma, want = made
    near(parts(sub.mode_report(samples, centres, sigma), REPORT)[2], want[2], "mode_tv")


# conditional input


@st.composite
def labelled(draw):
    n, d, classes = draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(2, 5))
    labels = draw(arrays(np.int64, n, elements=st.integers(0, classes - 1)))
    return draw(arrays(float, (n, d), elements=eighths)), labels, classes


@points(1)
@hint("z first, then one column for each class, classes in all, even those that no label names: 1 in the column of the "
      "label and 0 in the others. The label's number as one column would say that 8 is twice 4")  # fmt: skip
@example((np.array([[0.5], [1.0]]), np.array([2, 0]), 4))
@given(labelled())
def test_conditional_input_one_hot(given_):
    """z and the one-hot label"""
    z, labels, classes = given_
    got = np.asarray(sub.conditional_input(z, labels, classes))
    assert_close(got.shape, (len(z), z.shape[1] + classes), what="the shape")
    near(got[:, : z.shape[1]], z, "the left part, z,")
    near(got[:, z.shape[1] :] @ np.arange(classes), labels, "the number of the column with the 1")
    ones = np.tile(np.arange(classes) == classes - 1, (len(z), 1))
    near(np.sort(got[:, z.shape[1] :], axis=1), ones * 1.0, "a row, sorted,")


# transposed convolution


def conv(x, w, stride, padding):
    x = np.pad(x, padding)
    places = [(size - k) // stride + 1 for size, k in zip(x.shape, w.shape, strict=True)]
    y = np.zeros(places)
    for i, j in np.ndindex(*places):
        y[i, j] = np.sum(x[stride * i : stride * i + w.shape[0], stride * j : stride * j + w.shape[1]] * w)
    return y


def adjoint(y, w, stride, padding):
    """By the definition, pixel by pixel: <conv(unit), y>."""
    shape = [(n - 1) * stride - 2 * padding + k for n, k in zip(y.shape, w.shape, strict=True)]
    want = np.zeros(shape)
    for i, j in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[i, j] = 1
        want[i, j] = np.sum(conv(unit, w, stride, padding) * y)
    return want


@st.composite
def pictures(draw, stride, padding):
    h, v, a, b = (draw(st.integers(1, 3)) for _ in range(4))
    s = draw(stride)
    smallest = min((h - 1) * s + a, (v - 1) * s + b)
    p = min(draw(padding), (smallest - 1) // 2)
    return draw(arrays(float, (h, v), elements=eighths)), draw(arrays(float, (a, b), elements=eighths)), s, p


KERNEL = np.arange(6.0).reshape(2, 3) + 1


@points(1)
@hint("each y[i, j] adds y[i, j] times the kernel, as it stands, to the picture. If you gather instead of scatter, "
      "the kernel must be flipped in both directions; and results that overlap are added, not overwritten")  # fmt: skip
@example((np.array([[1.0, 2.0]]), KERNEL, 1, 0))
@given(pictures(st.just(1), st.just(0)))
def test_conv_transpose_kernel(given_):
    """stride 1, no padding"""
    near(sub.conv_transpose(*given_), adjoint(*given_))


@points(1)
@hint("y[i, j] puts its kernel at row stride * i and column stride * j; padding zeros were added around x before conv, "
      "so here that many rows and columns are cut off on each side: none are added")  # fmt: skip
@example((np.array([[1.0, 2.0], [3.0, 4.0]]), np.arange(16.0).reshape(4, 4), 2, 1))
@given(pictures(st.integers(1, 3), st.integers(0, 2)))
def test_conv_transpose_stride(given_):
    """any stride and padding"""
    near(sub.conv_transpose(*given_), adjoint(*given_))

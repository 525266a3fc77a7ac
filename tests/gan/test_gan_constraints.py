"""Penalties on the gradient's norm: closed forms, weight gradients of second order, and the penalised optimum.

Claims C60 and C61.  Oracles: finite differences, formulas by hand, torch's create_graph."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from minigen import gan, nn, optim
from minigen.autodiff import Tensor, raw, relu

RNG = np.random.default_rng
ACTIVATIONS = {"tanh": np.tanh, "relu": relu, "leaky_relu": nn.leaky_relu, "softplus": nn.softplus}
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=15, deadline=None)


class AtData(gan.GradientPenalty):
    """The two- or one-sided penalty at the data, where closed forms need no random points."""

    def points(self, real, fake, rng):
        return real


PENALTIES = {
    "two-sided": lambda: gan.GradientPenalty(3.0),
    "one-sided": lambda: gan.GradientPenalty(3.0, one_sided=True),
    "another target": lambda: gan.GradientPenalty(3.0, target=0.3),
    "dragan": lambda: gan.DRAGAN(3.0),
    "zero-centred": lambda: gan.ZeroCentredPenalty(0.7),
}


def linear(slopes, offset=0.4, dtype=np.float64):
    """The critic f(x) = slopes . x + offset."""
    critic = nn.Linear(len(slopes), 1, rng=RNG(0), dtype=dtype)
    critic.weight.data[...], critic.bias.data[...] = slopes, offset
    return critic


def mlp(sizes, activation, seed, dtype=np.float64):
    """A random critic, steep enough for slopes on both sides of 1."""
    critic = nn.MLP(sizes, activation, rng=RNG(seed), dtype=dtype)
    critic.vector.data *= RNG(seed).uniform(1.0, 2.5)
    return critic


def weight_gradient(critic, penalty, real, fake, seed=0):
    critic.zero_grad()
    value = penalty.penalty(critic, real, fake, RNG(seed))
    if isinstance(value, Tensor):  # a one-sided penalty may be the constant 0
        value.backward()
    return critic.vector.grad.copy()


def finite_differences(f, theta, h=1e-5):
    slopes = np.empty(len(theta))
    for i in range(len(theta)):
        old = theta[i]
        theta[i] = old + h
        above = float(f())
        theta[i] = old - h
        slopes[i] = (above - float(f())) / (2 * h)
        theta[i] = old
    return slopes


def close(got, want, relative):
    assert np.linalg.norm(got - want) <= relative * np.linalg.norm(want) + 1e-8 * (relative / 1e-6), (got, want)


def distance_to_kinks(critic, x):
    """The smallest |pre-activation| of the hidden layers at x."""
    smallest = np.inf
    for layer in critic.layers[:-1]:
        x = raw(layer(x))
        smallest = min(smallest, np.abs(x).min())
        x = raw(critic.activation(x))
    return smallest


# The norm of the gradient


@few
@given(seeds, st.integers(1, 6), st.integers(1, 5))
def test_the_slope_of_a_linear_critic_is_the_length_of_its_weights(seed, n, d):
    a, x = RNG(seed).standard_normal(d), RNG(seed + 1).standard_normal((n, d))
    norms = gan.gradient_norms(linear(a), x)
    assert norms.shape == (n,)
    np.testing.assert_allclose(raw(norms), np.linalg.norm(a), rtol=1e-14)


def test_each_point_has_its_own_slope_and_all_axes_of_an_image_count():
    x = RNG(1).standard_normal((4, 2, 3, 3))
    norms = gan.gradient_norms(lambda x: np.sum(x * x, axis=(1, 2, 3)) / 2, x)
    assert type(norms) is np.ndarray  # nothing to differentiate in: plain numbers
    np.testing.assert_allclose(norms, np.sqrt(np.sum(x * x, axis=(1, 2, 3))), rtol=1e-14)


def test_the_layers_of_an_image_critic_are_differentiated_too():
    rng = RNG(2)
    conv = nn.Conv2d(2, 3, 3, stride=2, padding=1, rng=rng)
    readout = nn.Linear(12, 1, rng=rng)

    def critic(x):
        return readout(np.reshape(np.tanh(conv(x)), (len(x), -1)))

    x, h = rng.standard_normal((2, 2, 4, 4)), 1e-6
    slopes = np.empty_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        slopes[i] = (raw(critic(x + step)) - raw(critic(x - step)))[i[0], 0] / (2 * h)
    want = np.linalg.norm(slopes.reshape(2, -1), axis=1)
    np.testing.assert_allclose(raw(gan.gradient_norms(critic, x)), want, rtol=1e-8)


@pytest.mark.parametrize("critic", [nn.Linear(3, 2, rng=RNG(0)), lambda x: np.sum(x)], ids=["two", "one in all"])
def test_a_critic_gives_one_number_a_point(critic):
    with pytest.raises(ValueError, match=r"one number a point, but 4 points gave shape \((4, 2)?\)"):
        gan.gradient_norms(critic, np.ones((4, 3)))


# Closed forms (claim C60)


@pytest.mark.parametrize("weight", [10.0, 0.1])
@pytest.mark.parametrize(
    ("slope", "two_sided", "one_sided"), [(0.0, 1, 0), (0.5, 0.25, 0), (1.0, 0, 0), (2.0, 1, 1), (3.0, 4, 4)]
)
def test_closed_forms_of_linear_critics(weight, slope, two_sided, one_sided):
    critic = linear(slope * np.array([0.6, 0.0, -0.8]))
    real, fake = RNG(1).standard_normal((2, 5, 3))
    for kind in (gan.GradientPenalty, gan.DRAGAN):
        for flag, want in ((False, two_sided), (True, one_sided)):
            got = kind(weight, one_sided=flag).penalty(critic, real, fake, RNG(2))
            assert float(got) == pytest.approx(weight * want, rel=1e-13, abs=1e-13), (kind, flag)
    zero_centred = gan.ZeroCentredPenalty(weight).penalty(critic, real, fake, RNG(2))
    assert float(zero_centred) == pytest.approx(weight / 2 * slope**2, rel=1e-13, abs=1e-15)


@few
@given(st.floats(0.1, 5), st.floats(0, 5), st.floats(0, 3), st.booleans())
def test_the_penalty_is_the_weighted_squared_excess_over_the_target(weight, slope, target, one_sided):
    penalty = gan.GradientPenalty(weight, target=target, one_sided=one_sided)
    excess = max(slope - target, 0.0) if one_sided else slope - target
    got = penalty.penalty(linear([slope]), np.zeros((3, 1)), np.ones((3, 1)), RNG(0))
    assert float(got) == pytest.approx(weight * excess**2, rel=1e-12, abs=1e-12)


def test_the_mean_is_of_the_squares():
    """f = |x|^2 / 2 has slope |x|: E (|x| - 1)^2 is not (E |x| - 1)^2."""
    x = np.array([[0.5], [2.0], [-3.0]])
    got = AtData(2.0).penalty(lambda x: np.sum(x * x, axis=1) / 2, x, x, RNG(0))
    assert float(got) == pytest.approx(2 * (0.25 + 1 + 4) / 3, rel=1e-14)
    got = AtData(2.0, one_sided=True).penalty(lambda x: np.sum(x * x, axis=1) / 2, x, x, RNG(0))
    assert float(got) == pytest.approx(2 * (0 + 1 + 4) / 3, rel=1e-14)


# Where it is taken


@few
@given(seeds, st.sampled_from([(1,), (3,), (2, 2, 3)]), st.integers(2, 6), st.sampled_from([np.float32, np.float64]))
def test_interpolates_lie_on_the_segments_with_one_weight_for_each_pair(seed, shape, n, dtype):
    real, fake = RNG(seed).standard_normal((2, n, *shape)).astype(dtype)
    points = gan.interpolates(real, fake, RNG(seed + 1))
    assert points.dtype == dtype and points.shape == real.shape
    p, x, y = (a.reshape(n, -1).astype(float) for a in (points, real, fake))
    share = np.sum((p - y) * (x - y), axis=1) / np.sum((x - y) ** 2, axis=1)
    exact = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(p, y + share[:, None] * (x - y), atol=exact)
    np.testing.assert_allclose(share, RNG(seed + 1).random(n), atol=exact * 100 / np.abs(x - y).max(axis=1).min())
    assert len(np.unique(share)) == n


def test_the_weights_are_uniform_and_count_the_data():
    share = gan.interpolates(np.ones((4000, 1)), np.zeros((4000, 1)), RNG(3))[:, 0]
    assert kstest(share, "uniform").pvalue > 1e-3
    share = gan.interpolates(np.full((9, 1), 7.0), np.full((9, 1), 7.0), RNG(3))
    np.testing.assert_allclose(share, 7)


def test_dragan_looks_around_the_data_alone():
    real, dragan = RNG(1).normal(2, 3, (50, 2)), gan.DRAGAN(spread=0.25)
    noise = RNG(5).standard_normal((50, 2))
    std = np.sqrt(np.mean((real - real.mean()) ** 2))  # of all numbers together
    for fake in (np.zeros((50, 2)), np.full((50, 2), np.nan)):
        np.testing.assert_allclose(dragan.points(real, fake, RNG(5)), real + 0.25 * std * noise, rtol=1e-14)
    critic = mlp((2, 4, 1), np.tanh, 0)
    want = 10 * np.mean((raw(gan.gradient_norms(critic, real + 0.25 * std * noise)) - 1) ** 2)
    assert float(dragan.penalty(critic, real, real, RNG(5))) == pytest.approx(want, rel=1e-13)


def test_the_zero_centred_penalty_is_taken_at_the_data():
    real, fake = RNG(1).standard_normal((2, 6, 2))
    critic = mlp((2, 4, 1), np.tanh, 0)
    want = 0.35 * np.mean(raw(gan.gradient_norms(critic, real)) ** 2)
    assert float(gan.ZeroCentredPenalty(0.7).penalty(critic, real, fake, RNG(0))) == pytest.approx(want, rel=1e-13)


def test_what_cannot_be_joined_is_refused():
    with pytest.raises(ValueError, match=r"in pairs, but have shapes \(3, 2\) and \(4, 2\)"):
        gan.interpolates(np.zeros((3, 2)), np.zeros((4, 2)), RNG(0))
    for penalty in (gan.GradientPenalty(), gan.DRAGAN()):  # integers would round every weight down to 0
        with pytest.raises(TypeError, match=r"int64: use data\.astype"):
            penalty.points(np.zeros((3, 2), np.int64), np.zeros((3, 2)), RNG(0))


# The gradient in the weights


@pytest.mark.parametrize("kind", PENALTIES)
@few
@given(seeds, st.sampled_from(sorted(ACTIVATIONS)), st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_weight_gradients_against_finite_differences(kind, seed, activation, sizes):
    critic, penalty = mlp((*sizes, 3, 1), ACTIVATIONS[activation], seed), PENALTIES[kind]()
    real, fake = RNG(seed + 1).standard_normal((2, 4, sizes[0]))
    points = penalty.points(real, fake, RNG(0))
    if activation in ("relu", "leaky_relu"):
        assume(distance_to_kinks(critic, points) > 1e-3)
    norms = raw(gan.gradient_norms(critic, points))
    assume(np.all((norms == 0) | (norms > 1e-2)))  # the norm has a kink at 0
    got = weight_gradient(critic, penalty, real, fake)
    want = finite_differences(lambda: penalty.penalty(critic, real, fake, RNG(0)), critic.vector.data)
    close(got, want, 1e-6)


def torch_penalty(torch, critic, activation, kind, penalty, x):
    """The penalty at the points x and its weight gradient, from torch's create_graph."""
    functions = {
        "tanh": torch.tanh, "relu": torch.relu, "softplus": torch.nn.functional.softplus,
        "leaky_relu": lambda x: torch.nn.functional.leaky_relu(x, 0.2),
    }  # fmt: skip
    weights = [torch.tensor(p.data.copy(), requires_grad=True) for p in critic.parameters()]
    x = torch.tensor(x, requires_grad=True)
    y = x
    for i in range(0, len(weights), 2):
        y = y @ weights[i].T + weights[i + 1]
        if i < len(weights) - 2:
            y = functions[activation](y)
    (slopes,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    excess = slopes.norm(dim=1) - penalty.target
    if kind == "one-sided":
        excess = excess.clamp(min=0)
    value = penalty.weight * (excess**2).mean()
    gradients = torch.autograd.grad(value, weights, allow_unused=True)
    return value.item(), np.concatenate(
        [np.zeros(w.numel()) if g is None else g.numpy().ravel() for g, w in zip(gradients, weights, strict=True)]
    )


@pytest.mark.parametrize("activation", ACTIVATIONS)
@few
@given(seeds, st.sampled_from(sorted(PENALTIES)), st.lists(st.integers(1, 12), min_size=2, max_size=4))
def test_weight_gradients_against_torch(activation, seed, kind, sizes):
    torch = pytest.importorskip("torch")
    critic, penalty = mlp((*sizes, 1), ACTIVATIONS[activation], seed), PENALTIES[kind]()
    real, fake = RNG(seed + 1).standard_normal((2, 6, sizes[0]))
    x = penalty.points(real, fake, RNG(0))
    assume(raw(gan.gradient_norms(critic, x)).min() > 0)  # where torch's slope of the norm is 0 as well
    value, want = torch_penalty(torch, critic, activation, kind, penalty, x)
    assert float(penalty.penalty(critic, real, fake, RNG(0))) == pytest.approx(value, rel=1e-12, abs=1e-13)
    close(weight_gradient(critic, penalty, real, fake), want, 1e-10)


def test_the_second_order_term_by_hand_and_what_is_lost_without_it():
    """f = v . tanh(W x + b) has grad f = W^T s, s = v (1 - t^2).  W acts on the penalty twice: as the factor W^T, and
    through t in s, which takes the mixed second derivative.  (Claim C61.)"""
    rng = RNG(4)
    critic, x = mlp((3, 5, 1), np.tanh, 4), rng.standard_normal((7, 3))
    (W, b), v = (p.data for p in critic.layers[0].parameters()), critic.layers[1].weight.data[0]
    t = np.tanh(x @ W.T + b)
    s = v * (1 - t * t)
    slopes = s @ W
    norms = np.linalg.norm(slopes, axis=1)
    # d penalty / d slopes, then through s and through the factor W
    outer = (2 * 10 / 7 * (norms - 1) / norms)[:, None] * slopes
    d_s = outer @ W.T
    d_pre = d_s * v * (-2 * t) * (1 - t * t)
    factor, curved = s.T @ outer, d_pre.T @ x
    weight_gradient(critic, AtData(10.0), x, x)
    np.testing.assert_allclose(critic.layers[0].weight.grad, factor + curved, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(critic.layers[0].bias.grad, d_pre.sum(axis=0), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(critic.layers[1].weight.grad[0], np.sum(d_s * (1 - t * t), axis=0), rtol=1e-11)
    assert np.linalg.norm(critic.layers[0].weight.grad - factor) > 0.05 * np.linalg.norm(factor)
    assert not critic.layers[1].bias.grad.any()  # an offset has no slope


@pytest.mark.parametrize("activation", [np.tanh, relu], ids=["tanh", "relu"])
@pytest.mark.parametrize("kind", PENALTIES)
def test_a_flat_critic_has_a_finite_penalty_and_a_gradient_without_nan(kind, activation):
    """At slope 0 the norm has a kink, and 0 is taken for its slope: the weights rest."""
    critic, penalty = mlp((2, 4, 1), activation, 0), PENALTIES[kind]()
    real, fake = RNG(1).standard_normal((2, 5, 2))
    for flat in (critic.layers[1].weight, critic.layers[0].weight):
        kept = flat.data.copy()
        flat.data[...] = 0
        value = float(penalty.penalty(critic, real, fake, RNG(0)))
        assert value == pytest.approx(0 if kind == "one-sided" else penalty.weight * penalty.target**2, rel=1e-14)
        np.testing.assert_array_equal(weight_gradient(critic, penalty, real, fake), 0)
        flat.data[...] = kept
    critic.layers[0].weight.data[0] = 0  # one dead unit among live ones
    assert np.isfinite(weight_gradient(critic, penalty, real, fake)).all()


def test_a_critic_that_is_flat_at_some_points_moves_for_the_others():
    """relu(x): slope 0 at x = -1, and w at x = 1.  Only the second can move w: the slope is 2 weight (w - 1) / 2."""
    critic = nn.MLP((1, 1, 1), relu, rng=RNG(0))
    critic.vector.data[...] = [3.0, 0.0, 1.0, 0.0]
    x = np.array([[-1.0], [1.0]])
    assert float(AtData(5.0).penalty(critic, x, x, RNG(0))) == pytest.approx(5 * (1 + 4) / 2)
    np.testing.assert_allclose(weight_gradient(critic, AtData(5.0), x, x), [10, 0, 30, 0], rtol=1e-14)


@pytest.mark.parametrize("kind", PENALTIES)
def test_single_precision_stays_single(kind):
    critic = mlp((3, 8, 1), nn.softplus, 0, np.float32)
    real, fake = RNG(1).standard_normal((2, 5, 3)).astype(np.float32)
    penalty = PENALTIES[kind]()
    value = penalty.penalty(critic, real, fake, RNG(0))
    value.backward()
    assert penalty.points(real, fake, RNG(0)).dtype == value.dtype == critic.vector.grad.dtype == np.float32
    twin = mlp((3, 8, 1), nn.softplus, 0).astype(np.float64)
    twin.vector.data = critic.vector.data.astype(np.float64)
    want = penalty.penalty(twin, real.astype(float), fake.astype(float), RNG(0))
    assert float(value) == pytest.approx(float(want), rel=1e-5)


# The optimum under the penalty (claim C61)


@pytest.mark.parametrize("one_sided", [False, True])
@pytest.mark.parametrize(
    ("weight", "distance", "slope"), [(10, 1, 1.05), (10, 4, 1.20), (1, 1, 1.50), (0.1, 1, 6.00)]
)
def test_the_penalised_optimum_of_two_points_overestimates_w1(weight, distance, slope, one_sided):
    """Minimising through the engine: the critic's slope, and so gap / W1, is 1 + distance / (2 weight)."""
    direction = np.array([2.0, -1.0, 2.0]) / 3
    fake = np.full((4, 3), 0.7)
    real = fake + distance * direction
    critic, penalty = linear([0.9, 0.1, -0.2]), gan.GradientPenalty(weight, one_sided=one_sided)
    optimizer, rng = optim.SGD(critic, 1 / (2 * weight)), RNG(0)
    for _ in range(600):
        optimizer.zero_grad()
        loss = gan.wasserstein.discriminator(critic(real), critic(fake)) + penalty.penalty(critic, real, fake, rng)
        loss.backward()
        optimizer.step()
    assert 1 + distance / (2 * weight) == pytest.approx(slope)
    np.testing.assert_allclose(critic.weight.data[0], slope * direction, atol=1e-6)
    assert gan.critic_gap(critic, real, fake) == pytest.approx(slope * distance, abs=1e-6)


# Clipping, and what is refused


@few
@given(seeds, st.floats(1e-3, 2))
def test_clipping_bounds_weights_and_biases_and_leaves_smaller_ones(seed, c):
    critic = mlp((2, 5, 1), relu, seed)
    before = critic.vector.data.copy()
    gan.WeightClipping(c).after_step(critic)
    np.testing.assert_array_equal(critic.vector.data, np.minimum(np.maximum(before, -c), c))
    assert float(gan.WeightClipping(c).penalty(critic, before, before, RNG(0))) == 0


def test_clipping_follows_a_critic_that_is_converted():
    critic, clipping = mlp((2, 5, 1), relu, 0), gan.WeightClipping(0.01)
    clipping.after_step(critic)
    critic.astype(np.float32)
    critic.vector.data = 1.0
    clipping.after_step(critic)
    np.testing.assert_array_equal(critic.vector.data, np.float32(0.01))


@pytest.mark.parametrize("kind", PENALTIES)
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_a_critic_with_batch_normalisation_is_refused(kind, mode):
    part = nn.Sequential(nn.BatchNorm(4), np.tanh)
    critic = nn.Sequential(nn.Linear(2, 4, rng=RNG(0)), part, nn.Linear(4, 1, rng=RNG(0)))
    getattr(critic, mode)()
    x = np.ones((3, 2))
    with pytest.raises(ValueError, match="judges each point by itself, and BatchNorm does not: use LayerNorm"):
        PENALTIES[kind]().penalty(critic, x, x, RNG(0))
    critic.layers[1] = nn.LayerNorm(4)
    assert np.isfinite(float(PENALTIES[kind]().penalty(critic, x, x, RNG(0))))


def test_one_penalty_serves_several_critics_and_looks_at_each():
    penalty, x = gan.GradientPenalty(), np.ones((3, 2))
    penalty.penalty(linear([1.0, 0.0]), x, x, RNG(0))
    bad = nn.Sequential(nn.Linear(2, 4, rng=RNG(0)), nn.BatchNorm(4), nn.Linear(4, 1, rng=RNG(0)))
    with pytest.raises(ValueError, match="BatchNorm"):
        penalty.penalty(bad, x, x, RNG(0))


@pytest.mark.parametrize("bad", [0, -1.0, np.nan, np.inf])
def test_settings_that_make_no_sense_are_named(bad):
    for name, make in (
        ("weight", gan.GradientPenalty), ("weight", gan.DRAGAN), ("gamma", gan.ZeroCentredPenalty),
        ("c", gan.WeightClipping), ("spread", lambda s: gan.DRAGAN(spread=s)),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=rf"^{name} is .*, expected a number above 0"):
            make(bad)
        with pytest.raises(TypeError, match=rf"^{name} is '10', a str, expected a number above 0"):
            make("10")
    with pytest.raises(ValueError, match="target is nan, expected a finite slope"):
        gan.GradientPenalty(target=float("nan"))

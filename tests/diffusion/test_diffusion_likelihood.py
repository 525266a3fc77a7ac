"""Likelihood through the probability-flow ODE against exact densities; divergences against Jacobians."""

import math

import numpy as np
import pytest
from diffusion_laws import GAUSSIAN, MIXTURE, TILTED
from hypothesis import given
from hypothesis import strategies as st

from minigen import diffusion as df
from minigen import jacobian, nn
from minigen.distributions import GaussianMixture

LONG = df.VariancePreserving(beta_max=40.0)  # a_T = 4e-5: here p_T is N(0, I) to 1e-4
A = np.random.default_rng(7).standard_normal((3, 3))


def field(x):
    return np.tanh(x @ A.T) * np.sum(x * x, axis=1, keepdims=True)


@given(st.integers(0, 1000))
def test_the_divergence_is_the_trace_of_the_jacobian(seed):
    x = np.random.default_rng(seed).standard_normal((4, 3))
    value, div = df.divergence(field, x)
    np.testing.assert_allclose(value, field(x), rtol=1e-14)
    np.testing.assert_allclose(div, [np.trace(jacobian(lambda x: field(x[None])[0])(row)) for row in x], rtol=1e-10)


def test_hutchinson_s_estimate_is_unbiased():
    """2e4 probes of signs on one point: the mean of v^T J v within 5 standard errors of the trace."""
    x, n = np.array([[0.3, -0.8, 0.5]]), 20_000
    signs = np.sign(np.random.default_rng(0).random((n, 3)) - 0.5)
    _, estimates = df.divergence(field, np.repeat(x, n, axis=0), signs)
    trace = df.divergence(field, x)[1].item()
    assert abs(estimates.mean() - trace) < 5 * estimates.std() / math.sqrt(n)
    J = jacobian(lambda x: field(x[None])[0])(x[0])
    np.testing.assert_allclose(estimates[:10], [v @ J @ v for v in signs[:10]], rtol=1e-10)


@pytest.mark.parametrize("law", [GAUSSIAN, MIXTURE, TILTED], ids=repr)
def test_the_oracle_s_likelihood_is_the_density(law):
    """Within 0.02 nats at 30 draws, 300 Heun steps: at t = 0, and at the end of a grid that stops before."""
    oracle, x = df.MixtureOracle(law, LONG), law.sample(30, np.random.default_rng(0))
    times = LONG.grid(300, smallest=0.002)
    np.testing.assert_allclose(df.flow_log_density(oracle.score, LONG, x, times), law.log_density(x), atol=0.02)
    at_end = df.flow_log_density(oracle.score, LONG, x, times[:200])
    np.testing.assert_allclose(at_end, oracle.log_density(x, times[199]), atol=0.02)


CENTRED = GaussianMixture([[-1.5, 0.5], [1.5, -0.5]], [[[0.3, 0.2], [0.2, 0.4]]] * 2)  # nothing of it is left in a_T m


@pytest.mark.parametrize(
    "law, process",
    [
        *((law, df.cosine()) for law in (GAUSSIAN, MIXTURE, TILTED)),
        *((CENTRED, process) for process in (df.cosine(), df.linear(), df.VariancePreserving(), LONG)),
    ],
    ids=repr,
)
def test_the_likelihood_is_the_density_under_each_process(law, process):
    """With the default times, 200 at most: within 0.02 nats, though sigma / a of the cosine leaps from 630 to 20,000
    in one step; with a thousand times or all whole ones within 0.001."""
    oracle, x = df.MixtureOracle(law, process), law.sample(30, np.random.default_rng(0))
    exact = oracle.log_density(x, process.first)
    np.testing.assert_allclose(df.flow_log_density(oracle.score, process, x), exact, atol=0.02)
    fine = (process.times() if isinstance(process, df.Chain) else process.grid(1000))[:-1]
    np.testing.assert_allclose(df.flow_log_density(oracle.score, process, x, fine), exact, atol=0.001)


def test_likelihood_converges_with_order_2():
    """Gaussian data, where the law that the flow makes of N(0, 1) is known: N(m - m_T w / w_T, w^2 / w_T^2)."""
    process = df.VariancePreserving()
    oracle = df.MixtureOracle(GAUSSIAN, process)
    p = oracle.marginal(1.0)
    width = math.sqrt(0.25 / p.covariance.item())
    x = np.linspace(0, 3, 7)[:, None]
    want = -0.5 * ((x[:, 0] - 1.5 + p.mean.item() * width) / width) ** 2 - math.log(width * math.sqrt(2 * math.pi))
    errors = [
        np.max(np.abs(df.flow_log_density(oracle.score, process, x, process.grid(n, smallest=1e-3)) - want))
        for n in (100, 200, 400)
    ]
    np.testing.assert_allclose(np.log2(np.array(errors[:-1]) / errors[1:]), 2, atol=0.15)
    assert errors[-1] < 2e-3


def test_what_it_costs_that_the_last_law_is_not_quite_the_prior():
    """log N(x_T; 0, 1) - log p_T(x_T), at each point -a_T m x_T to first order, and on average -a_T^2 m^2 / 2.

    Gaussian data, whose flow keeps (x_t - m_t) / std_t; centred, nothing is left of it."""
    process = df.VariancePreserving()
    a, times = float(process.amplitude(1.0)), process.grid(1000, smallest=1e-3)
    assert a == pytest.approx(0.0066, abs=5e-5)
    z, width = np.linspace(-2.5, 2.5, 11), 0.5
    for m in (1.5, 0.0):
        law = GaussianMixture([[m]], width**2)
        x = (m + width * z)[:, None]
        score = df.MixtureOracle(law, process).score
        error = df.flow_log_density(score, process, x, times) - law.log_density(x)
        last = a * m + math.sqrt(1 + a**2 * (width**2 - 1)) * z  # where the flow takes x
        np.testing.assert_allclose(error, -a * m * last, atol=5e-4)  # of 0.025; Heun's own error is 2e-4
    n = 4000
    law = GaussianMixture([[3.0, 4.0]], 0.25)
    last = df.MixtureOracle(law, process).marginal(1.0)
    x = last.sample(n, np.random.default_rng(0))
    error = -0.5 * np.sum(x**2, axis=1) - math.log(2 * math.pi) - last.log_density(x)
    assert abs(error.mean() + a**2 * 25 / 2) < 5 * error.std() / math.sqrt(n)


def test_densities_integrate_to_one():
    """The flow of any network makes a density of N(0, I): its integral is 1.  (It is as wide as 1 / a_T = 152.)"""
    net = df.TimeMLP(1, (16,), rng=np.random.default_rng(0), dtype=np.float64)
    rng = np.random.default_rng(1)
    net.output.weight.data[...] = 0.2 * rng.standard_normal(net.output.weight.shape)
    model = df.Denoiser(net, df.VariancePreserving())
    x = np.linspace(-900, 900, 4001)[:, None]
    log_p = df.flow_log_density(model.score, model.process, x, model.process.grid(120)[:-1])
    assert np.sum(np.exp(log_p)) * (x[1, 0] - x[0, 0]) == pytest.approx(1, abs=0.01)


def test_hutchinson_s_likelihood_has_the_right_mean():
    """In 1-D a sign squared is 1, so it is exact; in 2-D the mean over 200 copies is within 5 standard errors."""
    x = MIXTURE.sample(5, np.random.default_rng(0))
    oracle, times = df.MixtureOracle(MIXTURE, LONG), LONG.grid(60)[:-1]
    exact = df.flow_log_density(oracle.score, LONG, x, times)
    guess = df.flow_log_density(oracle.score, LONG, x, times, rng=np.random.default_rng(0))
    np.testing.assert_allclose(guess, exact, rtol=1e-10)
    oracle, x = df.MixtureOracle(TILTED, LONG), np.array([[0.4, -0.7]])
    exact = df.flow_log_density(oracle.score, LONG, x, times).item()
    copies = df.flow_log_density(oracle.score, LONG, np.repeat(x, 200, 0), times, rng=np.random.default_rng(0))
    assert copies.std() > 0.01
    assert abs(copies.mean() - exact) < 5 * copies.std() / math.sqrt(200)


def test_points_in_double_precision_with_a_network_in_single():
    net = df.TimeMLP(2, (8,), rng=np.random.default_rng(0))
    net.output.weight.data[...] = np.random.default_rng(1).standard_normal(net.output.weight.shape)
    model, x = df.Denoiser(net, df.VariancePreserving()), np.random.default_rng(2).standard_normal((5, 2))
    double = df.flow_log_density(model.score, model.process, x, model.process.grid(20)[:-1])
    single = df.flow_log_density(model.score, model.process, x.astype(np.float32), model.process.grid(20)[:-1])
    assert double.dtype == np.float64 and single.dtype == np.float32
    np.testing.assert_allclose(double, single, rtol=1e-4)


def test_what_is_no_array_of_floats_is_named():
    model = df.Denoiser(df.TimeMLP(2, (8,), rng=np.random.default_rng(0)), df.VariancePreserving())
    with pytest.raises(TypeError, match="x is a list, expected an array of points"):
        df.flow_log_density(model.score, model.process, [[0.0, 1.0]])
    with pytest.raises(TypeError, match="x holds int64 numbers, expected floating point ones"):
        df.flow_log_density(model.score, model.process, np.array([[0, 1]]))
    with pytest.raises(ValueError, match="at t = 0 there is no noise"):
        df.flow_log_density(model.score, model.process, np.zeros((1, 2)), model.process.grid(5))


def test_weights_are_left_without_gradients():
    """The trace is taken in x alone: the network's parameters get none, and the result is an array."""
    net = df.TimeMLP(2, (8,), rng=np.random.default_rng(0), activation=nn.tanh, dtype=np.float64)
    model = df.Denoiser(net, df.VariancePreserving())
    result = df.flow_log_density(model.score, model.process, np.zeros((3, 2)), model.process.grid(4)[:-1])
    assert isinstance(result, np.ndarray) and result.shape == (3,)
    assert all(p.grad is None for p in net.parameters())
    # An untrained network guesses no noise: the flow stays where it is in x / a, so p_0 is N(0, a_T^{-2}) at t = 0.
    end, start = (model.process.amplitude(t) for t in model.process.grid(4)[[0, 3]])
    np.testing.assert_allclose(result, 2 * math.log(end / start) - math.log(2 * math.pi), rtol=1e-9)

"""The forward process: closed-form marginals (C84), the letters of three papers, grids of times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import diffusion as df
from minigen.diffusion.forward import in_order, per_point

PROCESSES = [df.constant(0.95, 100), df.linear(), df.cosine(200), df.VariancePreserving()]


def times(process):
    return np.arange(process.last + 1) if isinstance(process, df.Chain) else np.linspace(0, 1, 201)


@pytest.mark.parametrize("process", PROCESSES, ids=repr)
def test_all_quantities_are_one(process):
    """a^2 + sigma^2 = 1, r = sigma / a, SNR = 1 / r^2; a falls from 1 to almost 0; time_of undoes the noise ratio."""
    t = times(process)
    a, sigma = process.amplitude(t), process.noise_level(t)
    np.testing.assert_allclose(a**2 + sigma**2, 1, rtol=1e-14)
    np.testing.assert_allclose(process.noise_ratio(t), sigma / a, rtol=1e-12)
    np.testing.assert_allclose(process.signal_to_noise(t[1:]), (a[1:] / sigma[1:]) ** 2, rtol=1e-12)
    assert process.signal_to_noise(0) == np.inf
    assert a[0] == 1 and sigma[0] == 0 and np.all(np.diff(a) < 0) and a[-1] < 0.01
    np.testing.assert_allclose(process.time_of(process.noise_ratio(t)), t, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("process", PROCESSES, ids=repr)
def test_steps_compose(process):
    """alpha from r to t is alpha from r to s times alpha from s to t, and variances add up to sigma_t^2."""
    t = times(process)
    r, s, u = t[3], t[40], t[90]
    through = process.step_amplitude(r, s) * process.step_amplitude(s, u)
    np.testing.assert_allclose(process.step_amplitude(r, u), through, rtol=1e-13)
    alpha = process.step_amplitude(s, u)
    np.testing.assert_allclose(
        alpha**2 * process.noise_level(s) ** 2 + 1 - alpha**2, process.noise_level(u) ** 2, rtol=1e-12
    )


def test_the_course_s_chain():
    """C84: 50 steps of m <- alpha m, v <- alpha^2 v + 1 - alpha^2 from (x_0, 0) give alpha^t x_0 and 1 - alpha^{2t}."""
    alpha, chain = 0.95, df.constant(0.95, 50)
    m, v = 1.0, 0.0
    for t in range(1, 51):
        m, v = alpha * m, alpha**2 * v + 1 - alpha**2
        assert chain.step_amplitude(t - 1, t) == pytest.approx(alpha, rel=1e-13)
        assert chain.amplitude(t) == pytest.approx(m, rel=1e-13)
        assert chain.noise_level(t) ** 2 == pytest.approx(v, rel=1e-13)


def test_the_law_tends_to_the_reference():
    """C84: N(3, 0.25), alpha = 0.98: W_2(p_T, N(0, 1)) / alpha^T tends to 3, KL falls from 3.10 to 4.3e-7."""
    chain = df.constant(0.98, 400)
    kls = []
    for t in (10, 50, 100, 200, 400):
        a = chain.amplitude(t)
        m, v = 3 * a, 0.25 * a**2 + chain.noise_level(t) ** 2
        kls.append(0.5 * (m**2 + v - 1 - np.log(v)))
        w2 = np.hypot(m, np.sqrt(v) - 1)
    np.testing.assert_allclose(kls, [3.10, 0.60, 0.079, 1.4e-3, 4.3e-7], rtol=0.03)
    assert w2 / a == pytest.approx(3, abs=1e-6)


def test_linear_is_that_of_ho_et_al():
    """beta_1 = 1e-4, beta_1000 = 0.02, their alpha-bar is our amplitude squared: 4.04e-5 at T."""
    chain = df.linear()
    betas = np.linspace(1e-4, 0.02, 1000)
    np.testing.assert_allclose(chain.amplitude(np.arange(1, 1001)) ** 2, np.cumprod(1 - betas), rtol=1e-11)
    assert chain.amplitude(1000) ** 2 == pytest.approx(4.036e-5, rel=1e-3)


def test_cosine_is_that_of_nichol_and_dhariwal():
    """alpha-bar_t = f(t) / f(0) up to where beta is cut at 0.999; there it is 1 / 1000 of the one before."""
    chain, t = df.cosine(1000), np.arange(1000)
    f = np.cos((t / 1000 + 0.008) / 1.008 * np.pi / 2) ** 2
    np.testing.assert_allclose(chain.amplitude(t) ** 2, f / f[0], rtol=1e-9)
    assert chain.alphas[-1] ** 2 == pytest.approx(1e-3, rel=1e-12)


def test_continuous_time_is_the_limit_of_the_linear_chain():
    """T steps of variance beta(t) / T: log a_T and log a(1) = -(beta_min + beta_max) / 4 differ by O(1 / T)."""
    process = df.VariancePreserving()
    errors = []
    for steps in (1000, 2000, 4000):
        chain = df.linear(steps, 0.1 / steps, 20 / steps)
        errors.append(abs(chain.log_amplitude(steps // 2) - process.log_amplitude(0.5)))
    assert process.log_amplitude(1) == pytest.approx(-20.1 / 4, rel=1e-14)
    np.testing.assert_allclose(np.array(errors[:-1]) / errors[1:], 2, rtol=0.05)
    h = 1e-6
    slope = (process.log_amplitude(0.3 + h) - process.log_amplitude(0.3 - h)) / (2 * h)
    assert slope == pytest.approx(-process.beta(0.3) / 2, rel=1e-8)


@pytest.mark.parametrize("process", [df.constant(0.95, 20), df.VariancePreserving()], ids=repr)
def test_a_simulated_path_has_the_marginals(process):
    """C84 by simulation: mean and variance at each time within 5 standard errors, 2e5 chains, x_0 = 1.3."""
    n, rng = 200_000, np.random.default_rng(0)
    grid = np.linspace(0, process.last, 5)
    for t, x in process.path(np.full((n, 1), 1.3), grid, rng):
        a, sigma = process.amplitude(t), process.noise_level(t)
        assert abs(x.mean() - 1.3 * a) <= 5 * sigma / np.sqrt(n) + 1e-12
        assert abs(x.var() - sigma**2) <= 5 * sigma**2 * np.sqrt(2 / n) + 1e-12


@pytest.mark.parametrize("process", PROCESSES, ids=repr)
def test_mix_is_the_path_in_one_step(process):
    rng = np.random.default_rng(1)
    x0, noise = rng.standard_normal((2, 6, 3, 2))
    t = times(process)[[0, 1, 5, 50, 99, -1]]
    a, sigma = process.amplitude(t)[:, None, None], process.noise_level(t)[:, None, None]
    np.testing.assert_allclose(process.mix(x0, t, noise), a * x0 + sigma * noise, rtol=1e-14)
    for i, time in enumerate(t):
        np.testing.assert_allclose(process.mix(x0, time, noise)[i], process.mix(x0, t, noise)[i], rtol=1e-14)
    single = process.mix(x0.astype(np.float32), t, noise.astype(np.float32))
    assert single.dtype == process.mix(x0.astype(np.float32), t[3], noise.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("process", PROCESSES, ids=repr)
def test_times_for_training_are_uniform_and_noisy(process):
    t = process.draw_times(20_000, np.random.default_rng(0))
    assert t.min() >= process.first and t.max() <= process.last
    assert abs(t.mean() - (process.first + process.last) / 2) < 5 * process.last / np.sqrt(12 * 20_000)
    if isinstance(process, df.Chain):
        assert t.min() == 1 and (t == process.last).any()


@pytest.mark.parametrize("process", PROCESSES, ids=repr)
def test_times_by_noise_have_uniform_log_ratios(process):
    """Mean and variance of 20,000 log ratios: the middle and 1/12 of the squared range, up to a chain's rounding."""
    t = process.draw_by_noise(20_000, np.random.default_rng(0))
    assert t.min() >= process.first and t.max() <= process.last
    low, high = np.log(process.noise_ratio([process.first, process.last]))
    u = (np.log(process.noise_ratio(t)) - low) / (high - low)
    rounding = 0 if process is PROCESSES[-1] else 0.03
    assert abs(u.mean() - 0.5) < 5 / np.sqrt(12 * 20_000) + rounding
    assert u.var() == pytest.approx(1 / 12, abs=0.002 + rounding)


@pytest.mark.parametrize("process", PROCESSES, ids=repr)
def test_the_grid_is_even_in_the_seventh_root_of_the_noise_ratio(process):
    grid = process.grid(40, smallest=0.05)
    assert grid[0] == process.last and grid[-1] == 0 and np.all(np.diff(grid) < 0)
    if not isinstance(process, df.Chain):
        assert len(grid) == 41
        np.testing.assert_allclose(np.diff(process.noise_ratio(grid[:-1]) ** (1 / 7), 2), 0, atol=1e-9)
        assert process.noise_ratio(grid[-2]) == pytest.approx(0.05, rel=1e-9)


def test_a_chain_s_times_are_whole():
    chain = df.linear()
    assert chain.times().tolist() == list(range(1000, -1, -1))
    assert chain.times(4).tolist() == [1000, 750, 500, 250, 0]
    assert chain.times(5000).tolist() == chain.times().tolist()
    assert chain.amplitude(3.0) == chain.amplitude(3)
    for bad in (0.5, -1, 1001, np.array([1, 2.5])):
        with pytest.raises(ValueError, match=r"times of this chain are 0, 1, \.\.\., 1000, got"):
            chain.amplitude(bad)
    with pytest.raises(ValueError, match="from 0 to 1"):
        df.VariancePreserving().amplitude(2)


@given(st.floats(1e-6, 100), st.floats(0.01, 1), st.floats(1, 30))
def test_the_time_of_any_ratio(ratio, beta_min, beta_max):
    process = df.VariancePreserving(beta_min, beta_max)
    ratio = min(ratio, float(process.noise_ratio(1)))
    t = float(process.time_of(ratio))
    assert 0 <= t <= 1
    assert float(process.noise_ratio(t)) == pytest.approx(ratio, rel=1e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: df.constant(1.0, 5), "alpha is 1.0"),
        (lambda: df.constant(0.9, 0), "steps is 0"),
        (lambda: df.linear(10, 0.0), "beta_first is 0.0"),
        (lambda: df.Chain([0.9, 1.1]), "strictly between 0 and 1"),
        (lambda: df.VariancePreserving(3, 2), "beta_min is 3"),
        (lambda: df.VariancePreserving(first=0.0), "first is 0.0"),
        (lambda: df.VariancePreserving().grid(10, smallest=1e9), "smallest is"),
        (lambda: df.VariancePreserving().grid(0), "steps is 0"),
        (lambda: in_order([0.0, 1.0]), "decreasing"),
        (lambda: in_order([1.0]), "at least two"),
        (lambda: per_point(np.ones(3), np.zeros((4, 2))), "3 times for points"),
        (lambda: df.linear().amplitude(np.nan), "times of this chain are 0, 1, ..., 1000, got nan"),
        (lambda: df.linear().amplitude([1, np.inf]), "times of this chain are"),
        (lambda: df.linear().amplitude(2**70), "times of this chain are"),
        (lambda: df.cosine(10, offset=-1), "offset is -1"),
        (lambda: df.constant(0.5, 600).grid(10), "nothing is left of the data at t = 600"),
        (lambda: df.constant(0.5, 600).draw_by_noise(3, np.random.default_rng(0)), "nothing is left of the data"),
        (lambda: list(df.linear().path(np.zeros((1, 1)), [], np.random.default_rng(0))), "there are no times"),
        (lambda: list(df.linear().path(np.zeros((1, 1)), [3, 2], np.random.default_rng(0))), "times of a forward path"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_chain_of_one_step():
    process = df.constant(0.6, 1)
    assert process.grid(5).tolist() == process.times().tolist() == [1, 0]
    assert process.draw_by_noise(3, np.random.default_rng(0)).tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="smallest is"):
        process.grid(5, smallest=float(process.noise_ratio(1)))


def test_where_nothing_is_left_of_the_data_the_ratio_is_infinite():
    process = df.constant(0.5, 2000)
    assert process.noise_ratio(2000) == np.inf and process.signal_to_noise(2000) == 0
    assert process.noise_level(2000) == 1 and process.amplitude(2000) == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_a_path_keeps_the_precision_of_its_points(dtype):
    x0, rng = np.ones((4000, 1), dtype), np.random.default_rng(0)
    process = df.constant(0.9, 3)
    path = list(process.path(x0, [0, 1, 3], rng))
    assert all(x.dtype == dtype for _, x in path)
    assert float(np.std(path[-1][1], dtype=float)) == pytest.approx(float(process.noise_level(3)), rel=0.05)
    with pytest.raises(TypeError, match=r"x0 holds int64 numbers, expected floating point ones"):
        next(process.path(np.ones((2, 1), np.int64), [0, 1], rng))


def test_points_in_a_list_are_refused_by_name():
    rng = np.random.default_rng(0)
    with pytest.raises(TypeError, match="x0 is a list, expected an array"):
        df.linear().mix([1.0, 2.0], 5, np.zeros(2))
    with pytest.raises(TypeError, match="noise is a tuple, expected an array"):
        df.linear().mix(np.zeros(2), 5, (1.0, 2.0))
    with pytest.raises(TypeError, match="x0 is a list, expected an array"):
        next(df.linear().path([[1.0, 2.0]], [0, 5], rng))

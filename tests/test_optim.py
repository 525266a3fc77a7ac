"""Optimisers against their formulas, written out, and against torch; clipping, averages, errors, state."""

import copy

import numpy as np
import pytest

from minigen import nn, optim

THETA = np.array([1.0, -2.0, 0.5, 3.0])
GRADIENTS = [np.array([0.3, -1.0, 2.0, 0.0]), np.array([-0.2, 0.5, 2.5, 1e-3]), np.array([1.0, 1.0, -4.0, 7.0])]


def run(make, dtype=float):
    """theta after each of three steps along the fixed gradients, split over two parameters."""
    a, b = nn.Parameter(THETA[:1].astype(dtype)), nn.Parameter(THETA[1:].astype(dtype))
    optimizer = make([a, b])
    path = []
    for g in GRADIENTS:
        optimizer.zero_grad()
        (np.sum(a * g[:1].astype(dtype)) + np.sum(b * g[1:].astype(dtype))).backward()
        optimizer.step()
        path.append(np.concatenate([a.data, b.data]))
    return path


def closed_sgd():
    g1, g2, g3 = GRADIENTS
    return [THETA - 0.1 * g1, THETA - 0.1 * (g1 + g2), THETA - 0.1 * (g1 + g2 + g3)]


def closed_momentum():
    g1, g2, g3 = GRADIENTS
    v1, v2, v3 = g1, 0.9 * g1 + g2, 0.81 * g1 + 0.9 * g2 + g3
    return [THETA - 0.1 * v1, THETA - 0.1 * (v1 + v2), THETA - 0.1 * (v1 + v2 + v3)]


def closed_nesterov():
    g1, g2, g3 = GRADIENTS
    v1, v2, v3 = g1, 0.9 * g1 + g2, 0.81 * g1 + 0.9 * g2 + g3
    d1, d2, d3 = g1 + 0.9 * v1, g2 + 0.9 * v2, g3 + 0.9 * v3
    return [THETA - 0.1 * d1, THETA - 0.1 * (d1 + d2), THETA - 0.1 * (d1 + d2 + d3)]


def closed_rmsprop():
    g1, g2, g3 = GRADIENTS
    v1 = 0.1 * g1**2
    v2 = 0.09 * g1**2 + 0.1 * g2**2
    v3 = 0.081 * g1**2 + 0.09 * g2**2 + 0.1 * g3**2
    d1, d2, d3 = (g / (np.sqrt(v) + 1e-8) for g, v in ((g1, v1), (g2, v2), (g3, v3)))
    return [THETA - 0.01 * d1, THETA - 0.01 * (d1 + d2), THETA - 0.01 * (d1 + d2 + d3)]


def closed_adam():
    """With b1 = 0.5 and b2 = 0.75: the weights of g1, g2, g3 in the corrected moments are these fractions."""
    g1, g2, g3 = GRADIENTS
    m1, v1 = g1, g1**2
    m2, v2 = (g1 + 2 * g2) / 3, (3 * g1**2 + 4 * g2**2) / 7
    m3, v3 = (g1 + 2 * g2 + 4 * g3) / 7, (9 * g1**2 + 12 * g2**2 + 16 * g3**2) / 37
    d1, d2, d3 = (m / (np.sqrt(v) + 1e-3) for m, v in ((m1, v1), (m2, v2), (m3, v3)))
    return [THETA - 0.1 * d1, THETA - 0.1 * (d1 + d2), THETA - 0.1 * (d1 + d2 + d3)]


CASES = {
    "sgd": (lambda p: optim.SGD(p, lr=0.1), closed_sgd),
    "momentum": (lambda p: optim.SGD(p, lr=0.1, momentum=0.9), closed_momentum),
    "nesterov": (lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True), closed_nesterov),
    "rmsprop": (lambda p: optim.RMSProp(p, lr=0.01, alpha=0.9), closed_rmsprop),
    "adam": (lambda p: optim.Adam(p, lr=0.1, betas=(0.5, 0.75), eps=1e-3), closed_adam),
}


@pytest.mark.parametrize("name", CASES)
def test_three_steps_equal_the_closed_form(name):
    make, closed = CASES[name]
    for got, want in zip(run(make), closed(), strict=True):
        np.testing.assert_allclose(got, want, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_float32_stays_float32(name):
    path = run(CASES[name][0], np.float32)
    assert path[-1].dtype == np.float32
    np.testing.assert_allclose(path[-1], CASES[name][1]()[-1], rtol=1e-5)
    optimizer = CASES[name][0]([nn.Parameter(np.zeros(2, np.float32))])
    assert all(getattr(optimizer, b).dtype == np.float32 for b in optimizer.buffers)


TORCH = {
    "sgd": lambda o, p: o.SGD(p, lr=0.01),
    "momentum": lambda o, p: o.SGD(p, lr=0.01, momentum=0.8),
    "nesterov": lambda o, p: o.SGD(p, lr=0.01, momentum=0.8, nesterov=True),
    "rmsprop": lambda o, p: getattr(o, "RMSProp" if o is optim else "RMSprop")(p),
    "adam": lambda o, p: o.Adam(p),
    "adam with other betas": lambda o, p: o.Adam(p, lr=0.02, betas=(0.5, 0.9), eps=1e-4),
}


@pytest.mark.parametrize("name", TORCH)
def test_fifty_steps_equal_torch(name):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(5)
    x, y = rng.standard_normal((40, 3)), rng.standard_normal((40, 2))
    start = [rng.standard_normal((3, 2)), rng.standard_normal(2)]
    ours = [nn.Parameter(s.copy()) for s in start]
    theirs = [torch.tensor(s, requires_grad=True) for s in start]
    optimizer, peer = TORCH[name](optim, ours), TORCH[name](torch.optim, theirs)
    for _ in range(50):
        optimizer.zero_grad()
        nn.mse_loss(np.tanh(x @ ours[0] + ours[1]), y).backward()
        optimizer.step()
        peer.zero_grad()
        torch.nn.functional.mse_loss(torch.tanh(torch.tensor(x) @ theirs[0] + theirs[1]), torch.tensor(y)).backward()
        peer.step()
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_lr_may_be_changed_between_steps():
    p = nn.Parameter(np.zeros(1))
    optimizer = optim.SGD([p], lr=1.0)
    for lr, want in ((1.0, -1.0), (0.5, -1.5)):
        optimizer.lr = lr
        optimizer.zero_grad()
        np.sum(p).backward()
        optimizer.step()
        assert p.data[0] == want


def test_step_leaves_the_gradient_and_a_quadratic_is_minimised():
    for make in (lambda p: optim.SGD(p, lr=0.2), lambda p: optim.Adam(p, lr=0.05), lambda p: optim.RMSProp(p, lr=0.01)):
        p = nn.Parameter(np.array([3.0, -2.0]))
        optimizer = make([p])
        for _ in range(1000):
            optimizer.zero_grad()
            np.sum(np.square(p - 1.0)).backward()
            before = p.grad.copy()
            optimizer.step()
            np.testing.assert_array_equal(p.grad, before)
        np.testing.assert_allclose(p.data, 1.0, atol=0.02)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", CASES)
def test_a_gradient_that_is_not_finite_changes_nothing(name, bad):
    a, b = nn.Parameter(np.ones(2)), nn.Parameter(np.ones((2, 2)))
    optimizer = CASES[name][0]([a, b])
    b.grad = np.array([[1.0, 2.0], [bad, 4.0]])
    state = optimizer.state_dict()
    with pytest.raises(
        FloatingPointError, match=r"1 of 2 parameters is not finite \(first: number 1, shape \(2, 2\)\)"
    ):
        optimizer.step()
    assert (a.data == 1).all() and (b.data == 1).all()
    after = optimizer.state_dict()
    assert all(np.array_equal(state[k], after[k]) for k in state)


def test_large_finite_gradients_are_not_taken_for_infinite():
    p = nn.Parameter(np.ones(2, np.float32))
    optimizer = optim.SGD([p], lr=1e-30)
    p.grad = np.array([1e30, -1e30], np.float32)  # its square overflows
    optimizer.step()
    np.testing.assert_allclose(p.data, [0, 2], atol=1e-6)


def test_parameters_that_no_gradient_reached_count_as_zero():
    a, b = nn.Parameter(np.ones(2)), nn.Parameter(np.ones(2))
    optimizer = optim.SGD([a, b], lr=0.5)
    np.sum(a).backward()
    optimizer.step()
    assert a.data.tolist() == [0.5, 0.5] and b.data.tolist() == [1, 1]


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda p: optim.SGD(p, lr=0.0), r"lr must be in \(0, inf\), got 0.0"),
        (lambda p: optim.SGD(p, lr=-1), r"lr must be in"),
        (lambda p: optim.SGD(p, lr=float("nan")), r"lr must be in .*got nan"),
        (lambda p: optim.SGD(p, lr=0.1, momentum=1.0), r"momentum must be in \[0, 1\), got 1.0"),
        (lambda p: optim.SGD(p, lr=0.1, nesterov=True), r"nesterov=True needs a momentum"),
        (lambda p: optim.RMSProp(p, alpha=1.5), r"alpha must be in"),
        (lambda p: optim.RMSProp(p, eps=-1e-8), r"eps must be in"),
        (lambda p: optim.Adam(p, betas=(0.9, 1.0)), r"beta2 must be in"),
        (lambda p: optim.Adam(p, betas=(-0.1, 0.9)), r"beta1 must be in"),
        (lambda p: optim.EMA(p, decay=1.0), r"decay must be in"),
        (lambda p: optim.clip_grad_value(p, 0), r"bound must be in \(0"),
        (lambda p: optim.clip_grad_norm(p, -1), r"max_norm must be in"),
        (lambda p: optim.clip_weights(p, 0.0), r"c must be in"),
    ],
)
def test_settings_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make([nn.Parameter(np.zeros(2))])


def test_clipping():
    p = nn.Parameter(np.array([3.0, -0.005, 0.02]))
    p.grad = np.array([3.0, 4.0, 0.0])
    assert optim.clip_grad_norm([p], 10.0) == 5 and p.grad.tolist() == [3, 4, 0]
    assert optim.clip_grad_norm([p], 1.0) == 5
    np.testing.assert_allclose(p.grad, [0.6, 0.8, 0], rtol=1e-15)
    optim.clip_grad_value([p], 0.7)
    np.testing.assert_allclose(p.grad, [0.6, 0.7, 0], rtol=1e-15)
    optim.clip_weights([p], 0.01)
    assert p.data.tolist() == [0.01, -0.005, 0.01]
    p.grad = None
    assert optim.clip_grad_norm([p], 1.0) == 0
    p.grad = np.array([1e200, 0.0, 0.0])
    assert optim.clip_grad_norm([p], 1.0) == 1e200 and p.grad[0] == pytest.approx(1)
    p.grad = np.array([1.0, np.nan, 0.0])
    with pytest.raises(FloatingPointError, match="not finite"):
        optim.clip_grad_norm([p], 1.0)


def test_clip_weights_takes_a_model():
    model = nn.MLP((2, 16, 1), rng=np.random.default_rng(0))
    optimizer = optim.RMSProp(model, lr=5e-5)
    optim.clip_weights(model, 0.01)
    assert np.abs(optimizer.vector.data).max() == 0.01


def test_ema_is_the_weighted_sum_of_the_past():
    p = nn.Parameter(np.array([1.0, 2.0]))
    ema = optim.EMA([p], decay=0.75)
    p.data[:] = [2.0, 0.0]
    ema.update()
    p.data[:] = [0.0, 4.0]
    ema.update()
    np.testing.assert_allclose(ema.average, [0.5625 * 1 + 0.1875 * 2, 0.5625 * 2 + 0.25 * 4], rtol=1e-15)
    with pytest.raises(KeyError), ema.applied():
        np.testing.assert_array_equal(p.data, ema.average)
        raise KeyError
    assert p.data.tolist() == [0, 4]


def test_ema_leaves_buffers_alone():
    model = nn.Sequential(nn.Linear(2, 3, rng=np.random.default_rng(0)), nn.BatchNorm(3))
    ema = optim.EMA(model, decay=0.5)
    assert len(ema.average) == 9 + 6
    model(np.random.default_rng(1).standard_normal((8, 2)))
    statistics = model[1].running_mean.copy()
    with ema.applied():
        np.testing.assert_array_equal(model[1].running_mean, statistics)


@pytest.mark.parametrize("name", CASES)
def test_state_goes_on_where_it_was_saved(name):
    def step(optimizer, p, k):
        optimizer.zero_grad()
        np.sum(np.cos(p + k)).backward()
        optimizer.step()

    p = nn.Parameter(THETA.copy())
    optimizer = CASES[name][0]([p])
    for k in range(3):
        step(optimizer, p, k)
    state = copy.deepcopy(optimizer.state_dict())
    q = nn.Parameter(p.data.copy())
    for k in range(3, 6):
        step(optimizer, p, k)
    other = CASES[name][0]([q])
    other.lr = 77.0
    other.load_state_dict(state)
    for k in range(3, 6):
        step(other, q, k)
    np.testing.assert_array_equal(p.data, q.data)


def test_states_of_something_else_are_refused_and_change_nothing():
    adam = optim.Adam([nn.Parameter(np.zeros(3))])
    good = adam.state_dict()
    bad = {
        "a state of SGD": optim.SGD([nn.Parameter(np.zeros(3))], lr=1).state_dict(),
        "of something else": {},
        "another model": optim.Adam([nn.Parameter(np.zeros(4))], lr=7.0).state_dict(),
        "float32": optim.Adam([nn.Parameter(np.zeros(3, np.float32))], lr=7.0).state_dict(),
        "a state of Adam has": {k: v for k, v in good.items() if k != "t"},
        "lr should be a finite number": good | {"lr": "high"},
        "eps should be a finite number, but is nan": good | {"eps": float("nan")},
    }
    for message, state in bad.items():
        with pytest.raises(ValueError, match=message):
            adam.load_state_dict(state)
        assert adam.lr == 1e-3 and adam.t == 0

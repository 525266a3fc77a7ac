"""What engines get wrong in numbers and in memory: each hazard is a test."""

import contextlib
import gc
import weakref

import numpy as np
import pytest

import minigen as mg

rng = np.random.default_rng(0)


def leaf(*shape, dtype=np.float64):
    return mg.Tensor(rng.standard_normal(shape).astype(dtype), requires_grad=True)


# Shapes and numbers


def test_where_has_the_shapes_of_its_choices():
    a, b = leaf(1, 3), leaf(2, 1)
    mask = np.array([[True, False, True], [False, False, True]])
    np.sum(np.where(mask, a, b)).backward()
    np.testing.assert_array_equal(a.grad, mask.sum(0, keepdims=True))
    np.testing.assert_array_equal(b.grad, (~mask).sum(1, keepdims=True))


def test_where_leaks_nan_unless_guarded():
    """0 * nan = nan: the slope of the branch not taken must be finite.  Guard its argument, not its result."""
    x = np.array([0.0, 4.0])
    with np.errstate(all="ignore"):
        leaking = mg.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0)))(x)
    assert np.isnan(leaking[0])
    guarded = mg.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0)))(x)
    np.testing.assert_array_equal(guarded, [0.0, 0.25])


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_float32_stays_float32(dtype):
    """Python numbers do not promote; a float64 constant promotes the value, as in NumPy, but never the gradient."""
    x = leaf(2, 3, dtype=dtype)
    for f in (lambda x: 2.0 * x + 1, lambda x: x**2 / 3, lambda x: 2**x, lambda x: np.maximum(x, 0.5) ** 3.0,
              lambda x: np.where(x > 0, x, 0.0), lambda x: np.clip(x, -1, 1), mg.softplus, mg.sigmoid, mg.relu,
              lambda x: np.mean(x, axis=0), np.std, np.var, lambda x: np.linalg.norm(x, axis=1), np.prod):  # fmt: skip
        with np.errstate(all="ignore"):
            y = f(x)
            y.backward(np.ones_like(y.data))
        assert y.dtype == dtype and x.grad.dtype == dtype
    for constant in (np.float64(2), np.ones(3), mg.Tensor(np.ones(3))):
        y = np.sum(x * constant)
        assert y.dtype == np.float64
        y.backward()
        assert x.grad.dtype == dtype
        assert mg.grad(lambda x, c=constant: np.sum(x * c))(x.data).dtype == dtype
    second = mg.grad(lambda x: np.sum(mg.grad(lambda x: np.sum(x**3 * np.ones(3)))(x)))(x.data)
    assert second.dtype == dtype


def test_stable_at_ten_thousand():
    """log-sum-exp, softplus, sigmoid, log_sigmoid, softmax and log_softmax, with all first and second derivatives."""
    x = np.array([-1e4, -50.0, 0.0, 50.0, 1e4])
    np.testing.assert_allclose(mg.softplus(x), [0, np.exp(-50.0), np.log(2), 50 + np.exp(-50.0), 1e4], rtol=1e-14)
    np.testing.assert_allclose(mg.log_sigmoid(x), [-1e4, -50.0, -np.log(2), -np.exp(-50.0), 0], rtol=1e-14)
    np.testing.assert_allclose(mg.sigmoid(x), [0, np.exp(-50.0), 0.5, 1, 1], rtol=1e-14)
    assert mg.logsumexp(x) == mg.logsumexp(mg.Tensor(x)).data == 1e4 and mg.logsumexp(-np.abs(x)) == 0
    np.testing.assert_array_equal(mg.softmax(x), [0, 0, 0, 0, 1])
    np.testing.assert_array_equal(mg.log_softmax(x), x - 1e4)
    for f in (mg.softplus, mg.sigmoid, mg.log_sigmoid, mg.softmax, mg.log_softmax, mg.logsumexp, np.tanh):
        for at in (x, -x, 1e4 * np.ones(3), -1e4 * np.ones(3)):
            assert np.all(np.isfinite(mg.jacobian(f)(at)))
            assert np.all(np.isfinite(mg.hessian(lambda x, f=f: np.sum(f(x) * x))(at)))
    np.testing.assert_allclose(mg.jacobian(mg.softplus)(x).diagonal(), mg.sigmoid(x), rtol=1e-15)


def test_infinite_logits():
    x = np.array([0.0, -np.inf])
    np.testing.assert_array_equal(mg.grad(mg.logsumexp)(x), [1.0, 0.0])
    assert mg.logsumexp(np.array([-np.inf, -np.inf])) == -np.inf


@pytest.mark.parametrize("layer", ["layer norm", "batch norm", "rms norm", "weight norm"])
def test_second_derivatives_through_normalisation(layer):
    def layer_norm(x, s, t):
        centred = x - np.mean(x, axis=-1, keepdims=True)
        return s * centred / np.sqrt(np.var(x, axis=-1, keepdims=True) + 1e-5) + t

    def batch_norm(x, s, t):
        return s * (x - np.mean(x, axis=0)) / np.sqrt(np.var(x, axis=0) + 1e-5) + t

    def rms_norm(x, s, t):
        return s * x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + 1e-5) + t

    def weight_norm(x, s, t):
        return x / np.linalg.norm(x, axis=1, keepdims=True) @ s + np.sum(t)

    f = {"layer norm": layer_norm, "batch norm": batch_norm, "rms norm": rms_norm, "weight norm": weight_norm}[layer]
    mg.check_grad(f, *(rng.standard_normal(s) for s in [(4, 3), (3,), (3,)]), order=3)


def test_second_derivatives_through_a_convolution():
    rows = np.arange(3)[:, None] + np.arange(2)

    def conv(x, w):  # x (batch, 4, 4), w (2, 2): windows by indexing, then one contraction
        return np.tanh(np.einsum("bijkl,kl->bij", x[:, rows[:, None, :, None], rows[None, :, None, :]], w))

    mg.check_grad(conv, rng.standard_normal((2, 4, 4)), rng.standard_normal((2, 2)), order=2)


# Order of the sweep


def test_the_sweep_waits_for_the_whole_cotangent():
    """a = 1; b = a + a; c = b + b: dc/da = 4, also where a short and a long path meet."""
    a = mg.Tensor(1.0, requires_grad=True)
    b = a + a
    (b + b).backward()
    assert a.grad == 4
    assert mg.grad(lambda x: x * np.exp(np.sin(x)) + x)(0.5) == pytest.approx(
        np.exp(np.sin(0.5)) * (1 + 0.5 * np.cos(0.5)) + 1, rel=1e-15
    )


def test_two_hundred_thousand_operations():
    x = mg.Tensor(np.ones(2), requires_grad=True)
    y = x
    for _ in range(200_000):
        y = y + 1e-5
    loss = np.sum(y * x)
    loss.backward()
    np.testing.assert_allclose(x.grad, 1 + 1 + 2.0, rtol=1e-9)
    del y, loss  # nor does forgetting it recurse

    def long(x):
        for _ in range(20_000):
            x = x * 1.0
        return x * x

    assert mg.grad(mg.grad(long))(3.0) == 2


# Gradients in memory


def test_gradients_of_a_sum_are_two_arrays():
    a, b = leaf(3), leaf(3)
    seed = np.ones(3)
    (a + b).backward(seed)
    assert a.grad is not b.grad and not np.shares_memory(a.grad, b.grad) and not np.shares_memory(a.grad, seed)
    a.grad += 1
    np.testing.assert_array_equal(b.grad, [1, 1, 1])
    c = leaf(3)
    c.backward(seed)
    assert not np.shares_memory(c.grad, seed)


def test_second_backward_adds_exactly():
    x = leaf(4)
    y = np.sum(np.sin(x) * x)
    y.backward()
    first = x.grad.copy()
    y.backward()
    np.testing.assert_array_equal(x.grad, 2 * first)
    kept = x.grad
    x.zero_grad()
    assert x.grad is None
    y.backward()
    np.testing.assert_array_equal(x.grad, first)
    np.testing.assert_array_equal(kept, 2 * first)


def test_a_result_keeps_no_gradient_but_its_leaves_do():
    x = leaf(3)
    y = x * x
    np.sum(y).backward()
    assert y.grad is None and x.grad is not None and x.is_leaf and not y.is_leaf


def test_an_unused_or_frozen_leaf_gets_none():
    used, unused, frozen = leaf(3), leaf(3), mg.Tensor(np.ones(3))
    np.sum(used * frozen).backward()
    assert used.grad is not None and unused.grad is None and frozen.grad is None


@contextlib.contextmanager
def no_collector():
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def test_memory_goes_when_the_loss_goes():
    """By reference counts alone: no cycles, no tape that outlives the last reference."""
    w = leaf(50, 50)
    with no_collector():
        middle = np.tanh(w @ w)
        loss = np.sum(middle)
        gone = [weakref.ref(middle), weakref.ref(loss)]
        loss.backward()
        del middle, loss
        assert [r() for r in gone] == [None, None]


@pytest.mark.parametrize("derivative", [
    lambda f, x: mg.grad(f)(x), lambda f, x: mg.hessian(f)(x), lambda f, x: mg.jvp(f, x, x),
    lambda f, x: mg.hvp(f, x, x),
    lambda f, x: mg.grad(mg.grad(lambda s: f(s * x)))(1.0), lambda f, x: mg.vjp(f, x)[1](),
])  # fmt: skip
def test_no_reference_cycles(derivative):
    made = []

    def f(x):
        y = np.sum(np.exp(np.sin(x)) * x)
        made.append(weakref.ref(y))
        return y

    with no_collector():
        derivative(f, np.ones(3))
        assert made and all(r() is None for r in made)
        assert gc.collect() == 0


def test_forward_passes_without_gradients_keep_nothing():
    with no_collector():
        x = mg.Tensor(np.ones(3))
        y = np.exp(x)
        assert y.args == () and not y.requires_grad
        with mg.no_grad():
            z = np.exp(leaf(3))
        assert z.args == () and z.is_leaf
        ref = weakref.ref(x)
        del x
        assert ref() is None


@pytest.mark.parametrize("traced", [False, True])
def test_numbers_bound_to_a_leaf_after_the_forward_pass(traced):
    """Other numbers never mix with those of the forward pass; the same ones in another array are no matter."""
    p, x = mg.Tensor(np.array([2.0, 3.0]), requires_grad=True), np.array([1.0, 1.0])
    seed = mg.Tensor(1.0, requires_grad=traced)
    _, pullback = mg.vjp(lambda x: np.sum(p * x * x), x)
    p.data = p.data.copy()
    np.testing.assert_array_equal(mg.autodiff.raw(pullback(seed, traced=traced)), [4, 6])
    p.data = np.array([7.0, 7.0])
    if traced:
        with pytest.raises(RuntimeError, match="was changed after"):
            pullback(seed, traced=True)
    else:
        np.testing.assert_array_equal(pullback(seed, traced=False), [4, 6])

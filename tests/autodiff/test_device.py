"""Every rule runs on device arrays alone: nothing on the way, at either order, makes or meets an ndarray."""

import cupy_api
import numpy as np
import pytest
import strict_array
from cases_shapes import CASES
from strict_array import StrictArray, to_device, to_host

import minigen as mg
from minigen.autodiff.duck import name_of

FORMS = [
    pytest.param(form, id=f"{name_of(function)}-{k}")
    for function, forms in CASES.items()
    for k, form in enumerate(forms)
]


def derivatives(form, arrays, constants, u, vs):
    """Value, gradients, and the gradients of <v, gradient>: everything of first and second order."""

    def f(*xs):
        return form.call(*xs, *constants)

    def first(u, *xs):
        gs = mg.vjp(f, *xs)[1](u)
        return gs if isinstance(gs, tuple) else (gs,)

    y, _ = mg.vjp(f, *arrays)
    second = mg.grad(
        lambda u, *xs: sum(np.sum(g * v) for g, v in zip(first(u, *xs), vs, strict=True)),
        argnums=tuple(range(1 + len(arrays))),
    )
    return [y, *first(u, *arrays), *second(u, *arrays)]


@pytest.mark.parametrize("form", FORMS)
def test_rules_stay_on_the_device(form):
    rng = np.random.default_rng(2)
    shapes = form.fixed_shapes()[1 % len(form.fixed_shapes())]
    arrays = form.draw(rng, shapes)
    u = rng.standard_normal(np.shape(form(*arrays)))
    vs = [rng.standard_normal(x.shape) for x in arrays]
    on_host = derivatives(form, arrays, form.constants, u, vs)
    there = [[to_device(x) for x in xs] for xs in (arrays, form.constants, vs)]
    on_device = derivatives(form, there[0], there[1], to_device(u), there[2])
    for host, device in zip(on_host, on_device, strict=True):
        assert type(device) is StrictArray
        np.testing.assert_array_equal(to_host(device), host)


def test_backward_stays_on_the_device():
    x, w = to_device(np.ones((2, 3))), mg.Tensor(to_device(np.ones((4, 3))), requires_grad=True)
    b = mg.Tensor(to_device(np.zeros(4)), requires_grad=True)
    for _ in range(2):
        np.mean(mg.softplus(mg.autodiff.affine(mg.Tensor(x), w, b))).backward()
    assert type(w.grad) is type(b.grad) is StrictArray and b.grad.shape == (4,)


def test_the_stand_in_is_strict():
    x = to_device(np.ones(3))
    for mixed in (lambda: x + np.ones(3), lambda: np.ones(3) * x, lambda: np.concatenate([x, np.ones(3)]),
                  lambda: x[np.array([0])], lambda: np.add.at(x, np.array([0]), 1.0)):  # fmt: skip
        with pytest.raises(TypeError, match="does not mix"):
            mixed()
    with pytest.raises(TypeError, match="not allowed"):
        np.asarray(x)
    assert type(np.sum(x)) is type(x[0]) is type(2 * x) is StrictArray
    for unknown in (lambda: np.reshape(x, shape=(3, 1)), lambda: np.clip(x, min=0), lambda: np.sum(x, where=True),
                    lambda: np.add.at(x, (x.astype(int),), 1.0), lambda: np.add.at(x, [0], 1.0),
                    lambda: np.add(x, [1, 2, 3]), lambda: np.add(x, x, where=True), lambda: np.add.reduce(x),
                    lambda: np.add(x, x, out=np.ones(3)), lambda: np.matrix_transpose(x[None]),
                    lambda: np.fft.fft(x)):  # fmt: skip
        with pytest.raises(TypeError):
            unknown()


def test_the_stand_in_shares_memory_as_a_device_array_does():
    x = to_device(np.arange(6.0))
    view = x[2:].reshape(2, 2)
    assert view.base is x and x.base is None and view.T.base is x and x.copy().base is (2 * x).base is None
    assert view.data.ptr == x.data.ptr + 16 and view.flags.c_contiguous and not view.T.flags.c_contiguous
    kept = view
    view += 10
    view[0, 0] = -1.0
    assert kept is view and to_host(x).tolist() == [0, 1, -1, 13, 14, 15]


def test_the_stand_in_counts_how_often_it_is_waited_for():
    x, before = to_device(np.arange(3.0)), strict_array.waits
    np.sum(np.tanh(x) * 2) / x.size
    assert strict_array.waits == before
    float(x[0]), bool(x[1] > 0), x[2].item(), x.get(), x[x > 1], f"{x[0]:g}"
    assert strict_array.waits == before + 6


def test_what_cupy_has_is_what_the_table_says():
    """The table is of the oldest CuPy that is supported; a newer one has all of it.  No device is needed for this."""
    cupy = pytest.importorskip("cupy")
    now = list(cupy_api.lines(cupy))
    functions, ufuncs = cupy_api.read()
    assert ufuncs <= {line.removeprefix("ufunc ") for line in now if line.startswith("ufunc ")}
    newer = cupy_api.parsed(now)[0]
    for name, signature in functions.items():
        assert set(signature.parameters) <= set(newer[name].parameters), name


def test_derivatives_of_functions_stay_on_the_device():
    x, v = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.0, -1.0])

    def f(x):
        return np.sum(np.tanh(x) * x) ** 2

    places = [x, to_device(x)], [v, to_device(v)]
    for d in (
        lambda x, v: mg.grad(f)(x),
        lambda x, v: mg.hessian(f)(x),
        lambda x, v: mg.jacobian(np.tanh)(x),
        lambda x, v: mg.hvp(f, x, v),
        lambda x, v: mg.jvp(np.sin, x, v)[1],
    ):
        on_host, on_device = (d(x, v) for x, v in zip(*places, strict=True))
        assert type(on_device) is StrictArray
        np.testing.assert_allclose(to_host(on_device), on_host, rtol=1e-14)

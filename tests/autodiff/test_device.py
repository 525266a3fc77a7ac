"""Every rule runs on device arrays alone: nothing on the way, at either order, makes or meets an ndarray."""

import numpy as np
import pytest
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

"""Every function with a gradient, on every form of its call: the value is NumPy's, the gradient is the slope's."""

import itertools

import numpy as np
import pytest
from cases_shapes import CASES
from domains import Form
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes
from mutants import engine_functions, engine_rules

import minigen as mg
from minigen.autodiff.duck import name_of
from minigen.autodiff.tensor import RULES, Each

FORMS = [
    pytest.param(function, form, id=f"{name_of(function)}-{k}")
    for function, forms in CASES.items()
    for k, form in enumerate(forms)
]
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=4, deadline=None, database=None)


def shapes_of(form: Form):
    if form.shapes is not None:
        return st.just(form.shapes)
    some = mutually_broadcastable_shapes(num_shapes=form.arity, max_dims=4, min_side=0, max_side=3)
    return some.map(lambda s: s.input_shapes).filter(lambda s: sum(int(np.prod(x)) for x in s) < 60)


def pulled(form, arrays, u):
    """The gradients of <u, form(arrays)>, always as a tuple."""
    gs = mg.vjp(form, *arrays)[1](u)
    return gs if isinstance(gs, tuple) else (gs,)


@pytest.mark.parametrize("function, form", FORMS)
@few
@given(data=st.data(), seed=seeds)
def test_gradients_agree_with_differences(function, form, data, seed):
    rng = np.random.default_rng(seed)
    arrays = form.draw(rng, data.draw(shapes_of(form)))
    mg.check_grad(form, *arrays, order=form.order, rng=rng)


@pytest.mark.parametrize("function, form", FORMS)
@few
@given(data=st.data(), seed=seeds, dtype=st.sampled_from([np.float64, np.float32]))
def test_manners(function, form, data, seed, dtype):
    """Value, shape and dtype are NumPy's; nothing is written into, nothing is shared; float32 stays float32."""
    rng = np.random.default_rng(seed)
    arrays = form.draw(rng, data.draw(shapes_of(form)), dtype)
    before = [x.copy() for x in arrays]
    expected = np.asarray(form(*arrays))
    leaves = [mg.Tensor(x, requires_grad=True) for x in arrays]
    y = form(*leaves)
    assert type(y) is mg.Tensor and y.shape == expected.shape and y.dtype == expected.dtype
    if function in RULES:
        np.testing.assert_array_equal(y.data, expected)
    else:
        eps = np.finfo(dtype).eps
        np.testing.assert_allclose(y.data, expected, rtol=64 * eps, atol=64 * eps)

    u = rng.standard_normal(y.shape).astype(y.dtype)
    kept = u.copy()
    y.backward(u)
    gradients = [leaf.grad for leaf in leaves]
    returned = pulled(form, arrays, u)
    for x, g, h in zip(arrays, gradients, returned, strict=True):
        assert type(g) is np.ndarray and g.shape == np.shape(h) == x.shape and g.dtype == h.dtype == x.dtype
        np.testing.assert_array_equal(g, h)
    separate = [*arrays, u, *gradients, *(h for h in returned if isinstance(h, np.ndarray))]
    assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(separate, 2))
    for x, old in zip([*arrays, u], [*before, kept], strict=True):
        np.testing.assert_array_equal(x, old)

    if dtype == np.float32:
        precise = pulled(form, [x.astype(float) for x in arrays], u.astype(float))
        for g, p in zip(gradients, precise, strict=True):
            np.testing.assert_allclose(g, p, rtol=1e-3, atol=1e-3 * (1 + np.max(np.abs(p), initial=0)))
        curvature = pulled(lambda u, *xs: np.concatenate([np.ravel(g) for g in pulled(form, xs, u)]), [u, *arrays],
                           np.ones(sum(x.size for x in arrays), dtype))  # fmt: skip
        for c, x in zip(curvature, [u, *arrays], strict=True):
            assert c.dtype == x.dtype and np.all(np.isfinite(c))


def test_every_function_on_tensors_has_a_case():
    missing = [name_of(f) for f in engine_functions() if not CASES.get(f)]
    assert not missing, f"add forms to CASES for {missing}"


def test_every_rule_of_every_argument_is_reached(monkeypatch):
    """Completeness from the other side: some form asks for the derivative in each argument."""
    asked = set()

    def spy(function, i, rule):
        def spied(*args, **params):
            asked.add((function, i))
            return rule(*args, **params)

        return spied

    wanted = set()
    for function, table in engine_rules().items():
        if isinstance(table, Each):
            wanted.add((function, None))
            monkeypatch.setitem(RULES, function, Each(spy(function, None, table.rule)))
        else:
            wanted.update((function, i) for i, rule in enumerate(table) if rule is not None)
            spies = tuple(rule and spy(function, i, rule) for i, rule in enumerate(table))
            monkeypatch.setitem(RULES, function, spies)
    rng = np.random.default_rng(0)
    for form in (form for forms in CASES.values() for form in forms):
        leaves = [mg.Tensor(x, requires_grad=True) for x in form.draw(rng, form.fixed_shapes()[0])]
        y = form(*leaves)
        y.backward(np.ones_like(y.data))
    assert {(name_of(f), i) for f, i in wanted} == {(name_of(f), i) for f, i in asked}


def test_a_rule_cannot_be_registered_without_derivatives():
    before = RULES[np.add]
    with pytest.raises(TypeError, match="needs a rule"):
        mg.defvjp(np.sinc)
    with pytest.raises(TypeError, match=r"np\.add takes 2 arrays, but got 1"):
        mg.defvjp(np.add, lambda g, y, a: g)
    assert RULES[np.add] is before and np.sinc not in RULES

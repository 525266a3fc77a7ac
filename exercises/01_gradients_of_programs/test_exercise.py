"""Exercise 01: gradients of programs.

Run `minigen check 01`, or pytest on this folder.  The right values come from the definition of a derivative, from
closed forms and from invariants, so reading on gives no answers away.
"""

import math

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minigen.grading import assert_close, hint, points, sub

numbers = st.integers(-24, 24).map(lambda k: k / 8)
sizes = st.integers(1, 4)
shapes = st.lists(st.integers(1, 3), min_size=1, max_size=2).map(tuple)


NEARBY = np.cos(np.pi * np.arange(9) / 8) / 16
WEIGHTS = np.linalg.inv(np.vander(NEARBY, increasing=True))[1]


def derivative(f):
    """f'(0) for a smooth f (arrays allowed): the slope of the polynomial through nine nearby values."""
    return sum(w * f(t) for w, t in zip(WEIGHTS, NEARBY, strict=True))


def by_definition(loss, x):
    """dL/dx, one entry of x after the other."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        unit = np.zeros(x.shape)
        unit[i] = 1
        gradient[i] = derivative(lambda t, unit=unit: loss(x + t * unit))
    return gradient


def near(got, want, what="your answer"):
    assert_close(got, want, rtol=1e-4, atol=1e-4, what=what)  # an answer in float32 is an answer


def pair(got, names):
    """Two arrays, or a message that says what came instead."""
    assert isinstance(got, (tuple, list)) and len(got) == 2, f"return the pair ({', '.join(names)})"
    return got


@st.composite
def same_shape(draw, count, shape=shapes):
    s = draw(shape)
    return tuple(draw(arrays(float, s, elements=numbers)) for _ in range(count))


# tanh


@points(1)
@hint("the slope of tanh at x is not tanh'(y): write it with y = tanh(x), and use y only once it is squared")
@given(arrays(float, shapes, elements=numbers))
def test_tanh_vjp_slope(x):
    """the slope at any x (g = 1)"""
    near(sub.tanh_vjp(np.ones_like(x), np.tanh(x), x), derivative(lambda t: np.tanh(x + t)))


@points(1)
@hint("chain rule: the cotangent g multiplies the slope, entry by entry")
@given(same_shape(2))
def test_tanh_vjp_cotangent(gx):
    """any cotangent g"""
    g, x = gx
    near(sub.tanh_vjp(g, np.tanh(x), x), by_definition(lambda z: np.sum(g * np.tanh(z)), x))


# matmul


@st.composite
def products(draw):
    n, k, m = draw(sizes), draw(sizes), draw(sizes)
    return tuple(draw(arrays(float, s, elements=numbers)) for s in ((n, m), (n, k), (k, m)))


@points(1)
@hint("dL/da has a's shape (n, k): which of g, g.T and b, b.T fit, and in which order?")
@given(products())
def test_matmul_vjp_in_a(gab):
    """the gradient in a"""
    g, a, b = gab
    got = pair(sub.matmul_vjp(g, a @ b, a, b), ("dL/da", "dL/db"))
    near(got[0], by_definition(lambda z: np.sum(g * (z @ b)), a), "dL/da")


@points(1)
@hint("dL/db has b's shape (k, m): which of g, g.T and a, a.T fit, and in which order?")
@given(products())
def test_matmul_vjp_in_b(gab):
    """the gradient in b"""
    g, a, b = gab
    got = pair(sub.matmul_vjp(g, a @ b, a, b), ("dL/da", "dL/db"))
    near(got[1], by_definition(lambda z: np.sum(g * (a @ z)), b), "dL/db")


# softmax


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@points(1)
@hint("every y_i depends on every x_j: y * (1 - y) is only the diagonal of the Jacobian. What does the sum in the "
      "denominator add?")  # fmt: skip
@example((np.array([1.0, 0.0]), np.array([0.0, 0.0])))
@given(same_shape(2, st.tuples(st.integers(1, 5))))
def test_softmax_vjp_vector(gx):
    """one vector"""
    g, x = gx
    near(sub.softmax_vjp(g, softmax(x), x), by_definition(lambda z: np.sum(g * softmax(z)), x))


@points(1)
@hint("each row is a softmax of its own: sum over the last axis only, and keep it (keepdims=True) to subtract it again")
@given(same_shape(2, st.lists(st.integers(2, 3), min_size=2, max_size=3).map(tuple)))
def test_softmax_vjp_rows(gx):
    """a batch of rows"""
    g, x = gx
    near(sub.softmax_vjp(g, softmax(x), x), by_definition(lambda z: np.sum(g * softmax(z)), x))


@points(1)
@hint("exp(x) overflows for large x, and y is at hand: write the rule with g and y alone")
@given(same_shape(2, st.tuples(st.integers(2, 4))), st.sampled_from([1e3, 1e4]))
def test_softmax_vjp_large(gx, shift):
    """entries as large as 1e4"""
    g, x = gx
    want = by_definition(lambda z: np.sum(g * softmax(z)), x)  # softmax does not change when all x grow alike
    near(sub.softmax_vjp(g, softmax(x + shift), x + shift), want)


# sum_to


def adjoint_of_broadcasting(g, shape):
    """x -> sum(g * stretched x) is linear: its coefficients are the gradient."""
    coefficients = np.zeros(shape)
    for i in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[i] = 1
        coefficients[i] = np.sum(g * np.broadcast_to(unit, g.shape))
    return coefficients


@st.composite
def stretched(draw, leading, ones):
    shape = tuple(draw(st.lists(st.integers(2, 3), min_size=0, max_size=2)))
    full = (*draw(st.lists(sizes, min_size=leading, max_size=2 * leading)), *shape)
    if ones:
        places = draw(st.lists(st.booleans(), min_size=len(shape), max_size=len(shape)))
        shape = tuple(1 if one else n for one, n in zip(places, shape, strict=True))
    return draw(arrays(float, full, elements=numbers)), shape


@points(1)
@hint("axes that broadcasting added in front are summed and disappear")
@example((np.ones((2, 3)), (3,)))
@example((np.ones((2, 3)), ()))
@given(stretched(leading=1, ones=False))
def test_sum_to_added_axes(case):
    """axes added in front"""
    near(sub.sum_to(*case), adjoint_of_broadcasting(*case))


@points(1)
@hint("did you sum over the axes that had length 1, and keep them with length 1 (keepdims=True)?")
@example((np.ones((2, 3)), (2, 1)))
@example((np.ones((2, 3)), (1, 1)))
@example((np.ones((2, 3)), (2, 3)))
@given(stretched(leading=0, ones=True))
def test_sum_to_stretched_axes(case):
    """axes of length 1 stretched"""
    near(sub.sum_to(*case), adjoint_of_broadcasting(*case))


@points(1)
@hint("both at once: first count the axes added in front, then look for the stretched ones behind them")
@example((np.ones((2, 3, 3)), (3, 1)))
@given(stretched(leading=1, ones=True))
def test_sum_to_both(case):
    """both at once"""
    near(sub.sum_to(*case), adjoint_of_broadcasting(*case))


# order


@st.composite
def graphs(draw):
    """Nodes named by letters; each uses some of those before it in a hidden order."""
    names = draw(st.permutations("abcdefg"[: draw(st.integers(1, 7))]))
    graph = {}
    for i, name in enumerate(names):
        graph[name] = draw(st.lists(st.sampled_from(names[:i]), max_size=3)) if i else []
    return {name: graph[name] for name in sorted(graph)}


DIAMOND = {"d": ["b", "c"], "b": ["a"], "c": ["a"], "a": []}


def listed(graph):
    order = sub.topological_order(graph)
    assert isinstance(order, (list, tuple)), f"return a list of nodes, not {type(order).__name__}"
    return list(order)


@points(1)
@hint("a node that is reached along two paths is listed once: remember which nodes were visited")
@example(DIAMOND)
@given(graphs())
def test_topological_order_once(graph):
    """each node once"""
    order = listed(graph)
    assert sorted(map(str, order)) == sorted(graph), f"of the nodes {sorted(graph)} your list has {order}"


@points(1)
@hint("list a node after its arguments are listed, not when you first meet it: in d = b * c, c = f(b), distance from "
      "d is no order either")  # fmt: skip
@example({"b": ["a"], "a": []})
@example({"a": [], "b": ["a"], "c": ["b"], "d": ["b", "c"], "e": ["d", "a"]})
@given(graphs())
def test_topological_order_arguments_first(graph):
    """arguments before what uses them"""
    order = listed(graph)
    for node, arguments in graph.items():
        for a in arguments:
            assert order.index(a) < order.index(node), f"{node} uses {a}, but comes before it in {order}"


@points(1)
@hint("Python stops a recursion at depth 1000: keep a list of waiting nodes yourself instead of calling yourself")
@settings(max_examples=3)
@given(st.integers(2000, 5000), st.randoms(use_true_random=False))
def test_topological_order_deep(length, shuffled):
    """a chain of thousands of nodes, whose names are in no order"""
    names = [f"n{i}" for i in range(length)]
    shuffled.shuffle(names)
    chain = {names[i]: names[i - 1 : i] for i in reversed(range(length))}
    order = listed(chain)
    assert order == names, "a chain has only one order"


# the sweep


def forward(tape):
    """Derivatives of the last entry by pushing a change of each entry forward: one pass for each of them."""
    values = []
    for op, *args in tape:
        values.append(
            args[0] if op == "input" else
            values[args[0]] + values[args[1]] if op == "add" else
            values[args[0]] * values[args[1]] if op == "mul" else
            math.sin(values[args[0]])
        )  # fmt: skip
    result = []
    for k in range(len(tape)):
        change = [0.0] * len(tape)
        change[k] = 1.0
        for n in range(k + 1, len(tape)):
            op, *args = tape[n]
            if op == "add":
                change[n] = change[args[0]] + change[args[1]]
            elif op == "mul":
                change[n] = change[args[0]] * values[args[1]] + values[args[0]] * change[args[1]]
            elif op == "sin":
                change[n] = math.cos(values[args[0]]) * change[args[0]]
        result.append(change[-1])
    return result


def swept(tape):
    return np.asarray(sub.reverse_sweep(tape), dtype=float)


@points(1)
@hint("each cotangent is the next one times the slope at the recorded value of the argument: cos(argument) for sin, "
      "the other factor for mul")  # fmt: skip
@example(0.5, 1.5, ["mul"])
@given(numbers, numbers, st.lists(st.sampled_from(["add", "mul", "sin"]), min_size=1, max_size=5))
def test_reverse_sweep_chain(x, other, ops):
    """a chain, each call used once"""
    tape = [("input", x)]
    last = 0
    for op in ops:
        if op == "sin":
            tape.append(("sin", last))
        else:
            tape += [("input", other), (op, last, len(tape))]
        last = len(tape) - 1
    near(swept(tape), forward(tape))


@points(1)
@hint("an entry that is used twice gets a cotangent from each use: add (+=), do not overwrite")
@example([("input", 1.0), ("add", 0, 0), ("add", 1, 1)])
@example([("input", 3.0), ("mul", 0, 0)])
@example([("input", 3.0), ("sin", 0), ("mul", 1, 0)])
@given(st.tuples(numbers, st.sampled_from(["add", "mul"])).map(lambda t: [("input", t[0]), (t[1], 0, 0)]))
def test_reverse_sweep_reuse(tape):
    """an entry used twice"""
    near(swept(tape), forward(tape))


@st.composite
def tapes(draw):
    tape = [("input", draw(numbers)), ("input", draw(numbers))]
    for _ in range(draw(st.integers(1, 6))):
        op = draw(st.sampled_from(["input", "add", "mul", "sin", "sin"]))
        places = st.integers(0, len(tape) - 1)
        if op == "input":
            tape.append((op, draw(numbers)))
        else:
            tape.append((op, *(draw(places) for _ in range(1 if op == "sin" else 2))))
    return tape


@points(1)
@hint("newest entry first: the cotangent of an entry must be complete before it is passed on; an entry that the last "
      "one does not use gets 0")  # fmt: skip
@example([("input", 2.0), ("sin", 0), ("mul", 1, 0), ("add", 2, 1), ("mul", 3, 2)])
@example([("input", 2.0), ("input", 1.0), ("sin", 0), ("sin", 1)])
@given(tapes())
def test_reverse_sweep_any(tape):
    """any tape"""
    near(swept(tape), forward(tape))


# measuring


@points(1)
@hint("central: one step forward, one step back, and the points are 2h apart")
@given(arrays(float, (1,), elements=numbers), st.sampled_from([0.5, 0.25]))
def test_finite_differences_cubic(x, h):
    """x ** 3 of one number, where central differences are off by exactly h ** 2"""
    assert_close(sub.finite_differences(lambda z: np.sum(z**3), x, h), 3 * x**2 + h**2, rtol=1e-9, atol=1e-9)


@points(1)
@hint("change one entry at a time, and put it back before you change the next one")
@given(arrays(float, st.tuples(sizes, sizes), elements=numbers))
def test_finite_differences_mixed(x):
    """a matrix whose entries multiply each other"""
    want = np.sum(x) - x  # the gradient of the sum of all products of two different entries
    got = sub.finite_differences(lambda z: (np.sum(z) ** 2 - np.sum(z**2)) / 2, x, 0.125)
    assert_close(got, want, rtol=1e-9, atol=1e-9)


@points(1)
@hint("an array of integers cannot hold x + h: it is cut off to whole numbers. Start from a copy in floating point")
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=4), st.sampled_from([0.5, 0.25]))
def test_finite_differences_integers(entries, h):
    """integer x"""
    x = np.array(entries)
    got = sub.finite_differences(lambda z: np.sum(z * z), x, h)
    assert_close(got, 2.0 * x, rtol=1e-9, atol=1e-9)


@points(1)
@hint("f(x + ih) = f(x) + ih f'(x) + ...: take the imaginary part and divide by h")
@given(arrays(float, shapes, elements=numbers))
def test_complex_step_polynomial(x):
    """a polynomial, to 4 digits"""
    near(sub.complex_step(lambda z: 2 * z**3 - z, x), 6 * x**2 - 1)


@points(1)
@hint("nothing is subtracted, so h need not be large: the error is of order h ** 2, and h = 1e-30 costs no digits")
@given(arrays(float, shapes, elements=numbers))
def test_complex_step_digits(x):
    """twelve digits"""
    assert_close(sub.complex_step(np.exp, x), np.exp(x), rtol=1e-12)
    assert_close(sub.complex_step(lambda z: z**5, x), 5 * x**4, rtol=1e-12, atol=1e-40)


# a rule of a rule


@points(1)
@hint("r is linear in g: dL/dg is v times the slope of tanh at x")
@given(same_shape(3))
def test_tanh_double_vjp_in_g(vgx):
    """the gradient in g"""
    v, g, x = vgx
    got = pair(sub.tanh_double_vjp(v, g, x), ("dL/dg", "dL/dx"))
    slope = derivative(lambda t: np.tanh(x + t))
    near(got[0], by_definition(lambda z: np.sum(v * z * slope), g), "dL/dg")


@points(1)
@hint("the slope changes with x too: what is the second derivative of tanh, with its factor 2 and its sign, and "
      "which of v and g multiply it?")  # fmt: skip
@given(same_shape(3, st.tuples(sizes)))
def test_tanh_double_vjp_in_x(vgx):
    """the gradient in x"""
    v, g, x = vgx
    got = pair(sub.tanh_double_vjp(v, g, x), ("dL/dg", "dL/dx"))
    want = by_definition(lambda z: derivative(lambda t: np.sum(v * g * np.tanh(z + t))), x)
    near(got[1], want, "dL/dx")

"""Wrong answers that people give: (function, answer, the test that must fail first, a part of its hint)."""

import math

import numpy as np


def tanh_forgets_the_cotangent(g, y, x):
    return 1 - y**2


def tanh_of_the_output(g, y, x):
    return g * (1 - np.tanh(y) ** 2)


def tanh_forgets_to_square(g, y, x):
    return g * (1 - y)


def matmul_without_transposes(g, y, a, b):
    return g @ b, a @ g


def matmul_with_the_order_swapped(g, y, a, b):
    return b.T @ g, g @ a.T


def matmul_only_b_is_wrong(g, y, a, b):
    return g @ b.T, g.T @ a


def matmul_returns_one_array(g, y, a, b):
    return g @ b.T


def softmax_diagonal_only(g, y, x):
    return g * y * (1 - y)


def softmax_over_all_entries(g, y, x):
    return y * (g - np.sum(g * y))


def softmax_over_the_first_axis(g, y, x):
    return y * (g - np.sum(g * y, axis=0, keepdims=True))


def softmax_exponentiates_again(g, y, x):
    e = np.exp(x)
    s = e / e.sum(-1, keepdims=True)
    return s * (g - np.sum(g * s, axis=-1, keepdims=True))


def sum_to_keeps_the_added_axes(g, shape):
    lead = g.ndim - len(shape)
    axes = (*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1))
    return g.sum(axis=axes, keepdims=True)


def sum_to_drops_length_one(g, shape):
    lead = g.ndim - len(shape)
    return g.sum(axis=(*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1)))


def sum_to_takes_the_mean(g, shape):
    lead = g.ndim - len(shape)
    axes = (*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1))
    return g.mean(axis=axes).reshape(shape)


def sum_to_only_added_axes(g, shape):
    while g.ndim > len(shape):
        g = g.sum(0)
    return g


def sum_to_counts_axes_from_the_front(g, shape):
    stretched = tuple(i for i, n in enumerate(shape) if n == 1)
    g = g.sum(axis=stretched, keepdims=True)
    return g.sum(axis=tuple(range(g.ndim - len(shape))))


def order_without_memory(graph):
    order = []

    def visit(node):
        for a in graph[node]:
            visit(a)
        order.append(node)

    used = {a for args in graph.values() for a in args}
    for node in graph:
        if node not in used:
            visit(node)
    return order


def order_as_met(graph):
    order = []

    def visit(node):
        if node not in order:
            order.append(node)
            for a in graph[node]:
                visit(a)

    for node in graph:
        visit(node)
    return order


def order_output_first(graph):
    return order_by_recursion(graph)[::-1]


def order_by_distance(graph):
    """Breadth first from the outputs, then reversed."""
    used = {a for args in graph.values() for a in args}
    order = [n for n in graph if n not in used]
    for node in order:
        order += [a for a in dict.fromkeys(graph[node]) if a not in order]
    return order[::-1]


def order_of_the_dict(graph):
    return list(graph)


def order_by_recursion(graph):
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for a in graph[node]:
                visit(a)
            order.append(node)

    for node in graph:
        visit(node)
    return order


def _values(tape):
    values = []
    for op, *args in tape:
        if op == "input":
            values.append(args[0])
        elif op == "sin":
            values.append(math.sin(values[args[0]]))
        else:
            a, b = values[args[0]], values[args[1]]
            values.append(a + b if op == "add" else a * b)
    return values


def _sweep(tape, places, add=True, slopes=None, start=0.0):
    values = _values(tape)
    g = [start] * len(tape)
    g[-1] = 1.0
    for k in places:
        op, *args = tape[k]
        if op == "input":
            continue
        default = {
            "add": lambda i, j, k: (1.0, 1.0),
            "mul": lambda i, j, k: (values[j], values[i]),
            "sin": lambda i, j, k: (math.cos(values[i]),),
        }
        local = {**default, **(slopes(values) if slopes else {})}[op](args[0], args[-1], k)
        for i, slope in zip(args, local, strict=True):
            g[i] = (g[i] if add else 0.0) + g[k] * slope
    return g


def sweep_overwrites(tape):
    return _sweep(tape, reversed(range(len(tape))), add=False)


def sweep_oldest_first(tape):
    return _sweep(tape, range(len(tape)))


def sweep_multiplies_by_its_own_factor(tape):
    return _sweep(tape, reversed(range(len(tape))), slopes=lambda v: {"mul": lambda i, j, k: (v[i], v[j])})


def sweep_takes_the_cosine_of_the_result(tape):
    return _sweep(tape, reversed(range(len(tape))), slopes=lambda v: {"sin": lambda i, j, k: (math.cos(v[k]),)})


def sweep_walks_every_path_twice(tape):
    """Depth first: passes on what has arrived so far, again at each arrival."""
    values, g = _values(tape), [0.0] * len(tape)

    def visit(k, cotangent):
        g[k] += cotangent
        op, *args = tape[k]
        if op == "add":
            for i in args:
                visit(i, g[k])
        elif op == "mul":
            visit(args[0], g[k] * values[args[1]])
            visit(args[1], g[k] * values[args[0]])
        elif op == "sin":
            visit(args[0], g[k] * math.cos(values[args[0]]))

    visit(len(tape) - 1, 1.0)
    return g


def sweep_starts_at_one_everywhere(tape):
    return _sweep(tape, reversed(range(len(tape))), start=1.0)


def differences_forward_only(f, x, h):
    x = x.astype(float)
    return np.array([(f(x + h * e.reshape(x.shape)) - f(x)) / h for e in np.eye(x.size)]).reshape(x.shape)


def differences_divided_by_h(f, x, h):
    x = x.astype(float)
    steps = (h * np.eye(x.size)).reshape(x.size, *x.shape)
    return np.array([(f(x + e) - f(x - e)) / h for e in steps]).reshape(x.shape)


def differences_all_entries_at_once(f, x, h):
    return np.ones(x.shape) * (f(x + h) - f(x - h)) / (2 * h) / x.size


def differences_never_put_back(f, x, h):
    x, out = x.astype(float), np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        x[i] += h
        up = f(x)
        x[i] -= 2 * h
        out[i] = (up - f(x)) / (2 * h)
    return out


def differences_in_integers(f, x, h):
    out = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h if x.dtype.kind == "f" else int(h)
        down[i] -= h if x.dtype.kind == "f" else int(h)
        out[i] = (f(up) - f(down)) / (2 * h)
    return out


def complex_step_takes_the_real_part(f, x):
    return f(x + 1e-30j).real / 1e-30


def complex_step_forgets_to_divide(f, x):
    return f(x + 1e-30j).imag


def complex_step_with_a_large_step(f, x):
    return f(x + 1e-4j).imag / 1e-4


def central_differences_instead(f, x):
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5


def double_without_g(v, g, x):
    y = np.tanh(x)
    return v * (1 - y * y), -2 * v * y * (1 - y * y)


def double_with_the_wrong_sign(v, g, x):
    y = np.tanh(x)
    return v * (1 - y * y), 2 * v * g * y * (1 - y * y)


def double_stops_at_y(v, g, x):
    y = np.tanh(x)
    return v * (1 - y * y), -2 * v * g * y


def double_with_g_in_both(v, g, x):
    y = np.tanh(x)
    return v * g * (1 - y * y), -2 * v * g * y * (1 - y * y)


WRONG = [
    ("tanh_vjp", tanh_of_the_output, "test_tanh_vjp_slope", "not tanh'(y)"),
    ("tanh_vjp", tanh_forgets_to_square, "test_tanh_vjp_slope", "squared"),
    ("tanh_vjp", tanh_forgets_the_cotangent, "test_tanh_vjp_cotangent", "chain rule"),
    ("matmul_vjp", matmul_without_transposes, "test_matmul_vjp_in_a", "b.T"),
    ("matmul_vjp", matmul_with_the_order_swapped, "test_matmul_vjp_in_a", "which order"),
    ("matmul_vjp", matmul_returns_one_array, "test_matmul_vjp_in_a", "a's shape"),
    ("matmul_vjp", matmul_only_b_is_wrong, "test_matmul_vjp_in_b", "b's shape"),
    ("softmax_vjp", softmax_diagonal_only, "test_softmax_vjp_vector", "diagonal of the Jacobian"),
    ("softmax_vjp", softmax_over_all_entries, "test_softmax_vjp_rows", "a softmax of its own"),
    ("softmax_vjp", softmax_over_the_first_axis, "test_softmax_vjp_rows", "last axis only"),
    ("softmax_vjp", softmax_exponentiates_again, "test_softmax_vjp_large", "overflows"),
    ("sum_to", sum_to_keeps_the_added_axes, "test_sum_to_added_axes", "disappear"),
    ("sum_to", sum_to_takes_the_mean, "test_sum_to_added_axes", "summed"),
    ("sum_to", sum_to_drops_length_one, "test_sum_to_stretched_axes", "keepdims=True"),
    ("sum_to", sum_to_only_added_axes, "test_sum_to_stretched_axes", "sum over the axes that had length 1"),
    ("sum_to", sum_to_counts_axes_from_the_front, "test_sum_to_both", "count the axes added in front"),
    ("topological_order", order_without_memory, "test_topological_order_once", "remember which nodes"),
    ("topological_order", order_as_met, "test_topological_order_arguments_first", "not when you first meet it"),
    ("topological_order", order_output_first, "test_topological_order_arguments_first", "after its arguments"),
    ("topological_order", order_by_distance, "test_topological_order_arguments_first", "distance"),
    ("topological_order", order_of_the_dict, "test_topological_order_arguments_first", "after its arguments"),
    ("topological_order", order_by_recursion, "test_topological_order_deep", "recursion"),
    ("reverse_sweep", sweep_multiplies_by_its_own_factor, "test_reverse_sweep_chain", "the other factor"),
    ("reverse_sweep", sweep_takes_the_cosine_of_the_result, "test_reverse_sweep_chain", "cos(argument)"),
    ("reverse_sweep", sweep_overwrites, "test_reverse_sweep_reuse", "do not overwrite"),
    ("reverse_sweep", sweep_walks_every_path_twice, "test_reverse_sweep_reuse", "from each use"),
    ("reverse_sweep", sweep_oldest_first, "test_reverse_sweep_chain", "the next one"),
    ("reverse_sweep", sweep_starts_at_one_everywhere, "test_reverse_sweep_chain", "the next one"),
    ("finite_differences", differences_forward_only, "test_finite_differences_cubic", "one step back"),
    ("finite_differences", differences_divided_by_h, "test_finite_differences_cubic", "2h apart"),
    ("finite_differences", differences_all_entries_at_once, "test_finite_differences_mixed", "one entry at a time"),
    ("finite_differences", differences_never_put_back, "test_finite_differences_mixed", "put it back"),
    ("finite_differences", differences_in_integers, "test_finite_differences_integers", "integers"),
    ("complex_step", complex_step_takes_the_real_part, "test_complex_step_polynomial", "imaginary part"),
    ("complex_step", complex_step_forgets_to_divide, "test_complex_step_polynomial", "divide by h"),
    ("complex_step", complex_step_with_a_large_step, "test_complex_step_digits", "h ** 2"),
    ("complex_step", central_differences_instead, "test_complex_step_digits", "nothing is subtracted"),
    ("tanh_double_vjp", double_with_g_in_both, "test_tanh_double_vjp_in_g", "linear in g"),
    ("tanh_double_vjp", double_without_g, "test_tanh_double_vjp_in_x", "which of v and g"),
    ("tanh_double_vjp", double_with_the_wrong_sign, "test_tanh_double_vjp_in_x", "sign"),
    ("tanh_double_vjp", double_stops_at_y, "test_tanh_double_vjp_in_x", "second derivative"),
]

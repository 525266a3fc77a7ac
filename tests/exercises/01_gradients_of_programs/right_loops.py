"""Loops over entries, recursion only where it is shallow, lists where lists do."""

import math

import numpy as np


def tanh_vjp(g, y, x):
    out = np.zeros(np.shape(x))
    for i in np.ndindex(*np.shape(x)):
        out[i] = g[i] / math.cosh(x[i]) ** 2
    return out


def matmul_vjp(g, y, a, b):
    (n, k), m = a.shape, b.shape[1]
    ga, gb = np.zeros((n, k)), np.zeros((k, m))
    for i in range(n):
        for j in range(k):
            for l in range(m):
                ga[i, j] += g[i, l] * b[j, l]
                gb[j, l] += g[i, l] * a[i, j]
    return [ga, gb]


def softmax_vjp(g, y, x):
    rows_g, rows_y = g.reshape(-1, g.shape[-1]), y.reshape(-1, g.shape[-1])
    out = []
    for gr, yr in zip(rows_g, rows_y, strict=True):
        jacobian = np.diag(yr) - np.outer(yr, yr)
        out.append(jacobian @ gr)
    return np.reshape(out, g.shape)


def sum_to(g, shape):
    while g.ndim > len(shape):
        g = sum(g[i] for i in range(len(g)))
        g = np.asarray(g)
    for axis, n in enumerate(shape):
        if n == 1 and g.shape[axis] > 1:
            g = g.sum(axis, keepdims=True)
    return g


def topological_order(graph):
    """Kahn's algorithm: take what waits for nothing."""
    waits = {node: len(set(args)) for node, args in graph.items()}
    users = {node: [] for node in graph}
    for node, args in graph.items():
        for a in set(args):
            users[a].append(node)
    ready = [node for node, n in waits.items() if n == 0]
    order = []
    while ready:
        node = ready.pop(0)
        order.append(node)
        for user in users[node]:
            waits[user] -= 1
            if waits[user] == 0:
                ready.append(user)
    return tuple(order)


def reverse_sweep(tape):
    """Sums over the uses of each entry, from the last entry backwards."""
    values = []
    for entry in tape:
        op = entry[0]
        arguments = [values[i] for i in entry[1:]] if op != "input" else [entry[1]]
        if op == "add":
            values.append(sum(arguments))
        elif op == "mul":
            values.append(math.prod(arguments))
        elif op == "sin":
            values.append(math.sin(arguments[0]))
        else:
            values.append(arguments[0])
    derivative = {len(tape) - 1: 1.0}
    for n in range(len(tape) - 2, -1, -1):
        total = 0.0
        for user in range(n + 1, len(tape)):
            op, *args = tape[user]
            if op == "input":
                continue
            for place, i in enumerate(args):
                if i != n:
                    continue
                slope = {"add": 1.0, "mul": values[args[1 - place]] if op == "mul" else 0.0}.get(
                    op, math.cos(values[n])
                )
                total += derivative[user] * slope
        derivative[n] = total
    return [derivative[n] for n in range(len(tape))]


def finite_differences(f, x, h):
    x = x.astype(float)
    out = np.empty(x.size)
    flat = x.reshape(-1)
    for i in range(x.size):
        kept = flat[i]
        flat[i] = kept + h
        up = f(x)
        flat[i] = kept - h
        down = f(x)
        flat[i] = kept
        out[i] = (up - down) / h / 2
    return out.reshape(x.shape)


def complex_step(f, x):
    out = np.zeros(np.shape(x))
    for i in np.ndindex(*np.shape(x)):
        out[i] = np.imag(f(complex(x[i], 1e-20))) / 1e-20
    return out


def tanh_double_vjp(v, g, x):
    sech2 = np.cosh(x) ** -2
    return v * sech2, v * g * (-2 * np.sinh(x) / np.cosh(x) ** 3)

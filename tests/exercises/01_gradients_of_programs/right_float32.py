"""Single precision inside, where single precision can do it."""

import numpy as np


def single(*arrays):
    return [np.asarray(a, dtype=np.float32) for a in arrays]


def tanh_vjp(g, y, x):
    g, y = single(g, y)
    return g * (1 - y) * (1 + y)


def matmul_vjp(g, y, a, b):
    g, a, b = single(g, a, b)
    return np.dot(g, b.transpose()), np.dot(g.transpose(), a).transpose()


def softmax_vjp(g, y, x):
    g, y = single(g, y)
    return g * y - y * np.sum(g * y, -1)[..., None]


def sum_to(g, shape):
    (g,) = single(g)
    padded = (1,) * (g.ndim - len(shape)) + tuple(shape)
    axes = tuple(i for i in range(g.ndim) if padded[i] != g.shape[i])
    return g.sum(axes, keepdims=True).reshape(shape)


def topological_order(graph):
    depth = {}
    waiting = list(graph)
    while waiting:
        node = waiting[-1]
        unknown = [a for a in graph[node] if a not in depth]
        if unknown:
            waiting += unknown
        else:
            waiting.pop()
            depth[node] = 1 + max((depth[a] for a in graph[node]), default=0)
    return sorted(graph, key=depth.__getitem__)


def reverse_sweep(tape):
    values, pullbacks = [], []
    for op, *args in tape:
        if op == "input":
            value, slopes = args[0], ()
        elif op == "add":
            value, slopes = values[args[0]] + values[args[1]], (1.0, 1.0)
        elif op == "mul":
            value, slopes = values[args[0]] * values[args[1]], (values[args[1]], values[args[0]])
        else:
            value, slopes = np.sin(values[args[0]]), (np.cos(values[args[0]]),)
        values.append(value)
        pullbacks.append(list(zip(args, slopes, strict=False)))
    g = np.zeros(len(tape))
    g[-1] = 1.0
    for k in range(len(tape))[::-1]:
        for i, slope in pullbacks[k]:
            g[i] += slope * g[k]
    return g


def finite_differences(f, x, h):
    x = np.asarray(x, dtype=np.float64)

    def partial(i):
        e = np.zeros(x.size)
        e[i] = h
        e = e.reshape(x.shape)
        return f(x + e) / (2 * h) - f(x - e) / (2 * h)

    return np.array([partial(i) for i in range(x.size)]).reshape(x.shape)


def complex_step(f, x):
    z = np.empty(np.shape(x), dtype=complex)
    z.real, z.imag = x, 1e-40
    return np.asarray(f(z)).imag / 1e-40


def tanh_double_vjp(v, g, x):
    v, g, x = single(v, g, x)
    y = np.tanh(x)
    return v - v * y * y, 2 * v * g * y * (y * y - 1)

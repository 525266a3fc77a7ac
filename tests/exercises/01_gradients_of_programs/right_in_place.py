"""In place, on the arguments themselves."""

import numpy as np


def tanh_vjp(g, y, x):
    y = np.multiply(y, y, out=y)
    y -= 1
    g *= y
    return np.negative(g, out=g)


def matmul_vjp(g, y, a, b):
    ga, gb = np.empty_like(a), np.empty_like(b)
    np.matmul(g, b.T, out=ga)
    np.matmul(a.T, g, out=gb)
    return ga, gb


def softmax_vjp(g, y, x):
    g *= y
    total = g.sum(-1, keepdims=True)
    y *= total
    g -= y
    return g


def sum_to(g, shape):
    out = np.zeros(shape)
    view = np.broadcast_to(out, g.shape)
    places = np.broadcast_to(np.arange(out.size).reshape(shape), view.shape)
    np.add.at(out.reshape(-1), places, g)
    return out


def topological_order(graph):
    order = []
    listed = set()
    while graph:
        ready = [n for n in reversed(graph) if listed.issuperset(graph[n])]
        if len(ready) == 1 and len(graph) > 100:  # a chain: follow it by its users, not by looking at everything
            users = {args[0]: n for n, args in graph.items() if args}
            while ready:
                node = ready.pop()
                graph.pop(node)
                order.append(node)
                listed.add(node)
                ready = [users[node]] if node in users else []
            continue
        for n in ready:
            graph.pop(n)
        order.extend(ready)
        listed.update(ready)
    return order


def reverse_sweep(tape):
    values = [0.0] * len(tape)
    for k, (op, *args) in enumerate(tape):
        if op == "input":
            values[k] = args[0]
        elif op == "sin":
            values[k] = np.sin(values[args[0]])
        else:
            a, b = (values[i] for i in args)
            values[k] = a + b if op == "add" else a * b
    g = np.zeros(len(tape))
    g[-1] = 1
    while tape:
        op, *args = tape.pop()
        k = len(tape)
        if op == "sin":
            g[args[0]] += g[k] * np.cos(values[args[0]])
        elif op != "input":
            i, j = args
            g[i] += g[k] * (values[j] if op == "mul" else 1)
            g[j] += g[k] * (values[i] if op == "mul" else 1)
    return g.tolist()


def finite_differences(f, x, h):
    x = np.array(x, dtype=float)
    out = np.zeros_like(x)
    for i in np.ndindex(*x.shape):
        x[i] += h
        out[i] = f(x)
        x[i] -= 2 * h
        out[i] -= f(x)
        x[i] += h
    out /= 2 * h
    return out


def complex_step(f, x):
    z = x.astype(complex)
    z += 1j * 2.0**-100
    out = np.array(np.imag(f(z)))
    out *= 2.0**100
    return out


def tanh_double_vjp(v, g, x):
    y = np.tanh(x)
    g *= y
    g *= -2
    v *= 1 - y * y
    g *= v
    return v, g

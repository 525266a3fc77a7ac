"""A right answer."""

import math

import numpy as np


def tanh_vjp(g, y, x):
    return g * (1 - y * y)


def matmul_vjp(g, y, a, b):
    return g @ b.T, a.T @ g


def softmax_vjp(g, y, x):
    return y * (g - np.sum(g * y, axis=-1, keepdims=True))


def sum_to(g, shape):
    lead = g.ndim - len(shape)
    stretched = tuple(i for i, n in enumerate(shape) if n == 1)
    return g.sum(axis=tuple(range(lead))).sum(axis=stretched, keepdims=True)


def topological_order(graph):
    order, done = [], set()
    for root in graph:
        waiting = [(root, False)]
        while waiting:
            node, arguments_listed = waiting.pop()
            if node in done:
                continue
            if arguments_listed:
                done.add(node)
                order.append(node)
            else:
                waiting.append((node, True))
                waiting += [(a, False) for a in graph[node]]
    return order


def reverse_sweep(tape):
    values = []
    for op, *args in tape:
        if op == "input":
            values.append(args[0])
        elif op == "add":
            values.append(values[args[0]] + values[args[1]])
        elif op == "mul":
            values.append(values[args[0]] * values[args[1]])
        else:
            values.append(math.sin(values[args[0]]))
    cotangents = [0.0] * len(tape)
    cotangents[-1] = 1.0
    for n in reversed(range(len(tape))):
        g, (op, *args) = cotangents[n], tape[n]
        if op == "add":
            cotangents[args[0]] += g
            cotangents[args[1]] += g
        elif op == "mul":
            cotangents[args[0]] += g * values[args[1]]
            cotangents[args[1]] += g * values[args[0]]
        elif op == "sin":
            cotangents[args[0]] += g * math.cos(values[args[0]])
    return cotangents


def finite_differences(f, x, h):
    gradient = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        step = np.zeros(x.shape)
        step[i] = h
        gradient[i] = (f(x + step) - f(x - step)) / (2 * h)
    return gradient


def complex_step(f, x):
    h = 1e-30
    return f(x + 1j * h).imag / h


def tanh_double_vjp(v, g, x):
    y = np.tanh(x)
    slope = 1 - y * y
    return v * slope, -2 * v * g * y * slope

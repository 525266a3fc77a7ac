"""Loops and Python floats; the fit by looking around with smaller and smaller steps."""

import math

import numpy as np


def kl(p, q):
    total = 0.0
    for a, b in zip(p, q, strict=True):
        if a > 0 and b == 0:
            return math.inf
        if a > 0:
            total += a * (math.log(a) - math.log(b))
    return total


def js(p, q):
    total = 0.0
    for a, b in zip(p, q, strict=True):
        m = (a + b) / 2
        for c in (a, b):
            if c > 0:
                total += c * math.log(c / m) / 2
    return total


def tv(p, q):
    return sum(max(float(a - b), 0.0) for a, b in zip(p, q, strict=True))


def w1_on_a_line(x, p, q):
    """Carry heaps from the left, parcel by parcel."""
    have = sorted([v, m] for v, m in zip(x, p, strict=True) if m > 0)
    need = sorted([v, m] for v, m in zip(x, q, strict=True) if m > 0)
    cost = 0.0
    while have and need:
        moved = min(have[0][1], need[0][1])
        cost += moved * abs(have[0][0] - need[0][0])
        for heap in (have, need):
            heap[0][1] -= moved
            if heap[0][1] < 1e-12:
                heap.pop(0)
    return cost


def divergence_on_grid(name, log_p, log_q, dx):
    total = 0.0
    for a, b in zip(log_p.tolist(), log_q.tolist(), strict=True):
        if name == "reverse":
            a, b = b, a
        if name == "js":
            top = max(a, b)
            m = top + math.log((math.exp(a - top) + math.exp(b - top)) / 2)
            total += (math.exp(a) * (a - m) + math.exp(b) * (b - m)) / 2
        else:
            total += math.exp(a) * (a - b)
    return total * dx


def fit_gaussian(name, x, log_p, mean, sd):
    def value(m, s):
        log_q = -(((x - m) / s) ** 2) / 2 - math.log(s * math.sqrt(2 * math.pi))
        p, q = np.exp(log_p), np.exp(log_q)
        if name == "forward":
            return float(p @ (log_p - log_q))
        if name == "reverse":
            return float(q @ (log_q - log_p))
        log_m = np.logaddexp(log_p, log_q)
        return float(p @ (log_p - log_m) + q @ (log_q - log_m))

    step, best = 0.1, value(mean, sd)
    while step > 1e-4:
        around = [(mean + step, sd), (mean - step, sd), (mean, sd * (1 + step)), (mean, sd / (1 + step))]
        values = [value(*place) for place in around]
        if min(values) < best:
            best = min(values)
            mean, sd = around[values.index(best)]
        else:
            step /= 2
    return [mean, sd]


def kde_log_likelihood(train, test, variance):
    n, d = train.shape
    total = 0.0
    for x in test:
        exponents = [-sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) / (2 * variance) for y in train]
        top = max(exponents)
        total += top + math.log(sum(math.exp(e - top) for e in exponents) / n)
    return total / len(test) - d * math.log(math.sqrt(2 * math.pi * variance))

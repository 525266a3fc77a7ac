"""Single precision inside, where single precision can do it; changes its arguments."""

import numpy as np


def north_west_corner(a, b):
    P = np.zeros((len(a), len(b)), np.float32)
    i = j = 0
    while True:
        P[i, j] = min(a[i], b[j])
        a[i], b[j] = a[i] - P[i, j], b[j] - P[i, j]
        if i + 1 < len(a) and a[i] <= 0:
            i += 1
        elif j + 1 < len(b):
            j += 1
        elif i + 1 < len(a):
            i += 1
        else:
            return P


def potentials(C, basis):
    C = C.astype(np.float32)
    n, m = C.shape
    u, v = [0.0] + [None] * (n - 1), [None] * m
    waiting = [tuple(pair) for pair in basis]
    while waiting:
        i, j = waiting.pop(0)
        if u[i] is None and v[j] is None:
            waiting.append((i, j))
        elif u[i] is None:
            u[i] = C[i, j] - v[j]
        else:
            v[j] = C[i, j] - u[i]
    return np.array(u, np.float32), np.array(v, np.float32)


def is_optimal(P, u, v, a, b, C):
    C -= u[:, None]
    C -= v[None]
    a -= P.sum(axis=1)
    b -= P.sum(axis=0)
    worst = max(np.abs(a).max(), np.abs(b).max(), -P.min(), -C.min(), np.abs(P * C).max())
    return bool(worst <= 1e-9)


def c_transform(C, v):
    C = C.astype(np.float32)
    C -= v.astype(np.float32)
    return C.min(-1)


def wp_on_a_line(x, y, p):
    x, y = x.astype(np.float32), y.astype(np.float32)
    x.sort()
    y.sort()
    x -= y
    return np.float32(np.mean(np.abs(x) ** np.float32(p))) ** np.float32(1 / p)


def w1_with_weights(x, y, a, b):
    """Move grains: the north-west corner on sorted places."""
    i, j = np.argsort(x), np.argsort(y)
    x, a, y, b = x[i], a[i], y[j], b[j]
    A, B = np.concatenate([[0], np.cumsum(a)]), np.concatenate([[0], np.cumsum(b)])
    P = np.diff(np.diff(np.minimum(A[:, None], B), axis=0), axis=1).astype(np.float32)
    return np.sum(P * np.abs(x[:, None] - y))


def exchange_until_stuck(C, plan):
    plan = np.array(plan)
    n = len(plan)
    i = 0
    while i < n:
        new = C[i, plan] + C[np.arange(n), plan[i]]
        old = C[i, plan[i]] + C[np.arange(n), plan]
        k = int(np.argmin(np.where(np.arange(n) == i, 0, new - old)))
        if k != i and new[k] < old[k]:
            plan[[i, k]] = plan[[k, i]]
            i = 0
        else:
            i += 1
    return plan

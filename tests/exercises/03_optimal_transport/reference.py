"""A right answer."""

import numpy as np


def north_west_corner(a, b):
    a, b = np.array(a), np.array(b)
    P = np.zeros((a.size, b.size))
    i = j = 0
    while i < a.size and j < b.size:
        shipped = min(a[i], b[j])
        P[i, j] = shipped
        a[i] -= shipped
        b[j] -= shipped
        if a[i] == 0:
            i += 1
        else:
            j += 1
    return P


def potentials(C, basis):
    u, v = np.full(len(C), np.nan), np.full(len(C[0]), np.nan)
    u[0] = 0
    while np.isnan(u).any() or np.isnan(v).any():
        for i, j in basis:
            if np.isnan(v[j]):
                v[j] = C[i, j] - u[i]
            elif np.isnan(u[i]):
                u[i] = C[i, j] - v[j]
    return u, v


def is_optimal(P, u, v, a, b, C):
    slack = C - u[:, None] - v
    plan = P.min() >= -1e-9 and np.allclose(P.sum(1), a, 0, 1e-9) and np.allclose(P.sum(0), b, 0, 1e-9)
    return bool(plan and slack.min() >= -1e-9 and np.all(slack[P > 1e-9] <= 1e-9))


def c_transform(C, v):
    return np.min(C - v, axis=1)


def wp_on_a_line(x, y, p):
    return np.mean(np.abs(np.sort(x) - np.sort(y)) ** p) ** (1 / p)


def w1_with_weights(x, y, a, b):
    places = np.concatenate([x, y])
    order = np.argsort(places)
    surplus = np.cumsum(np.concatenate([a, -b])[order])
    return np.sum(np.abs(surplus[:-1]) * np.diff(places[order]))


def exchange_until_stuck(C, plan):
    plan, n = list(plan), len(plan)
    changed = True
    while changed:
        changed = False
        for i in range(n):
            for k in range(i):
                if C[i, plan[k]] + C[k, plan[i]] < C[i, plan[i]] + C[k, plan[k]]:
                    plan[i], plan[k] = plan[k], plan[i]
                    changed = True
    return plan

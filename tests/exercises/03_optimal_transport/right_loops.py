"""Loops over entries, recursion along the tree, distribution functions by counting."""

import math
from itertools import pairwise


def north_west_corner(a, b):
    a, b = [float(t) for t in a], [float(t) for t in b]
    P = [[0.0 for _ in b] for _ in a]
    for i in range(len(a)):
        for j in range(len(b)):
            take = a[i] if a[i] < b[j] else b[j]
            P[i][j] += take
            a[i] -= take
            b[j] -= take
    return P


def potentials(C, basis):
    u, v = {0: 0.0}, {}

    def walk_from_bakery(i):
        for k, j in basis:
            if k == i and j not in v:
                v[j] = C[i][j] - u[i]
                walk_from_cafe(j)

    def walk_from_cafe(j):
        for i, l in basis:
            if l == j and i not in u:
                u[i] = C[i][j] - v[j]
                walk_from_bakery(i)

    walk_from_bakery(0)
    return [u[i] for i in range(len(C))], [v[j] for j in range(len(C[0]))]


def is_optimal(P, u, v, a, b, C):
    n, m = len(u), len(v)
    if any(abs(sum(P[i][j] for j in range(m)) - a[i]) > 1e-9 for i in range(n)):
        return False
    if any(abs(sum(P[i][j] for i in range(n)) - b[j]) > 1e-9 for j in range(m)):
        return False
    for i in range(n):
        for j in range(m):
            slack = C[i][j] - u[i] - v[j]
            if P[i][j] < -1e-9 or slack < -1e-9 or (P[i][j] > 1e-9 and slack > 1e-9):
                return False
    return True


def c_transform(C, v):
    u = []
    for row in C:
        best = math.inf
        for cost, price in zip(row, v, strict=True):
            best = min(best, cost - price)
        u.append(best)
    return u


def wp_on_a_line(x, y, p):
    total = 0.0
    for s, t in zip(sorted(x), sorted(y), strict=True):
        total += abs(s - t) ** p / len(x)
    return total ** (1 / p)


def w1_with_weights(x, y, a, b):
    places = sorted({*map(float, x), *map(float, y)})
    total = 0.0
    for left, right in pairwise(places):
        F = sum(w for place, w in zip(x, a, strict=True) if place <= left)
        G = sum(w for place, w in zip(y, b, strict=True) if place <= left)
        total += abs(F - G) * (right - left)
    return total


def exchange_until_stuck(C, plan):
    n = len(plan)
    while True:
        best, pair = 0.0, None
        for i in range(n):
            for k in range(i + 1, n):
                change = C[i][plan[k]] + C[k][plan[i]] - C[i][plan[i]] - C[k][plan[k]]
                if change < best:
                    best, pair = change, (i, k)
        if pair is None:
            return plan
        i, k = pair
        plan[i], plan[k] = plan[k], plan[i]

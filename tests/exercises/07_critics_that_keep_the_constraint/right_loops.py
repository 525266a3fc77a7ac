"""Loops over points and entries."""

import math

import numpy as np


def interpolates(real, fake, rng):
    points = np.empty(real.shape)
    for i in range(len(real)):
        a = rng.uniform()
        points[i] = a * real[i] + (1 - a) * fake[i]
    return points


def _norm(numbers):
    return math.sqrt(sum(float(t) ** 2 for t in np.ravel(numbers)))


def gradient_norms(gradients):
    return [_norm(g) for g in gradients]


def gradient_penalty(norms, lam, one_sided):
    total = 0.0
    for norm in norms:
        if norm > 1 or not one_sided:
            total += (norm - 1) ** 2
    return lam * total / len(norms)


def penalty_slopes(gradients, lam, one_sided):
    slopes = np.zeros(gradients.shape)
    for i, g in enumerate(gradients):
        norm = _norm(g)
        if norm == 0 or (one_sided and norm < 1):
            continue
        slopes[i] = 2 * lam * (1 - 1 / norm) * g / len(gradients)
    return slopes


def penalised_slope(distance, lam):
    """By halving: the derivative distance - 2 lam (k - 1) falls."""
    low, high = 0.0, 1e6
    for _ in range(200):
        k = (low + high) / 2
        if distance - 2 * lam * (k - 1) > 0:
            low = k
        else:
            high = k
    return low


def _times(W, x):
    return [sum(W[i][j] * x[j] for j in range(len(x))) for i in range(len(W))]


def _unit(x):
    length = _norm(x)
    return [t / length for t in x]


def _sigma(W, u, v):
    return sum(s * t for s, t in zip(u, _times(W, v), strict=True))


def power_iteration(W, u, steps):
    v = None
    while steps > 0:
        v = _unit(_times(W.T, u))
        u = _unit(_times(W, v))
        steps -= 1
    return _sigma(W, u, v), u, v


def track_sigma(matrices, training, u, v):
    sigmas, us = [], []
    for t in range(len(matrices)):
        if training[t]:
            v = _unit(_times(matrices[t].T, u))
            u = _unit(_times(matrices[t], v))
        sigmas.append(_sigma(matrices[t], u, v))
        us.append(list(u))
    return sigmas, us


def spectral_layer(x, W, b, u, v):
    sigma = _sigma(W, u, v)
    return [[s / sigma + shift for s, shift in zip(_times(W, row), b, strict=True)] for row in x]


def spectral_gradient(G, W, u, v):
    """Entry by entry: d(W[k, l] / sigma) / dW[i, j] = [k = i and l = j] / sigma - W[k, l] u[i] v[j] / sigma^2."""
    sigma = _sigma(W, u, v)
    out = np.zeros(W.shape)
    for i, j in np.ndindex(*W.shape):
        out[i, j] = G[i, j] / sigma
        for k, l in np.ndindex(*W.shape):
            out[i, j] -= G[k, l] * W[k, l] * u[i] * v[j] / sigma**2
    return out


def penalty_gradient(W, b, a, x, lam):
    out = np.zeros(W.shape)
    for point in x:
        t = [math.tanh(s + shift) for s, shift in zip(_times(W, point), b, strict=True)]
        rise = [weight * (1 - s * s) for weight, s in zip(a, t, strict=True)]
        slope = _times(W.T, rise)
        norm = _norm(slope)
        g = [2 * lam * (norm - 1) / norm * s / len(x) for s in slope]
        along = _times(W, g)
        for k, j in np.ndindex(*W.shape):
            out[k, j] += g[j] * rise[k] - 2 * along[k] * rise[k] * t[k] * point[j]
    return out

"""A right answer to every task."""

import numpy as np


def interpolates(real, fake, rng):
    weight = rng.random((len(real), *[1] * (real.ndim - 1)))
    return fake + weight * (real - fake)


def gradient_norms(gradients):
    return np.linalg.norm(gradients.reshape(len(gradients), -1), axis=1)


def gradient_penalty(norms, lam, one_sided):
    excess = np.maximum(norms - 1, 0) if one_sided else norms - 1
    return lam * np.mean(excess**2)


def penalty_slopes(gradients, lam, one_sided):
    norms = gradient_norms(gradients)
    excess = np.maximum(norms - 1, 0) if one_sided else norms - 1
    share = np.divide(2 * lam / len(norms) * excess, norms, out=np.zeros_like(norms), where=norms > 0)
    return share.reshape(-1, *[1] * (gradients.ndim - 1)) * gradients


def penalised_slope(distance, lam):
    return 1 + distance / (2 * lam)


def _round(W, u):
    v = W.T @ u
    v = v / np.linalg.norm(v)
    u = W @ v
    return u / np.linalg.norm(u), v


def power_iteration(W, u, steps):
    for _ in range(steps):
        u, v = _round(W, u)
    return u @ W @ v, u, v


def track_sigma(matrices, training, u, v):
    sigmas, us = [], []
    for W, learns in zip(matrices, training, strict=True):
        if learns:
            u, v = _round(W, u)
        sigmas.append(u @ W @ v)
        us.append(u)
    return np.array(sigmas), np.array(us)


def spectral_layer(x, W, b, u, v):
    return x @ W.T / (u @ W @ v) + b


def spectral_gradient(G, W, u, v):
    sigma = u @ W @ v
    return (G - np.sum(G * W) / sigma * np.outer(u, v)) / sigma


def penalty_gradient(W, b, a, x, lam):
    t = np.tanh(x @ W.T + b)
    rise = a * (1 - t**2)
    g = penalty_slopes(rise @ W, lam, one_sided=False)
    return rise.T @ g + (-2 * t * rise * (g @ W.T)).T @ x

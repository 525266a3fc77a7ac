"""Other roads: spectra, products of matrices, masks, complex steps."""

import numpy as np


def interpolates(real, fake, rng):
    a = rng.uniform(0, 1, size=len(real))
    return np.moveaxis(np.moveaxis(real, 0, -1) * (1 - a) + np.moveaxis(fake, 0, -1) * a, -1, 0)


def gradient_norms(gradients):
    while gradients.ndim > 1:
        gradients = np.linalg.norm(gradients, axis=-1)
    return np.abs(gradients)


def gradient_penalty(norms, lam, one_sided):
    counted = norms > 1 if one_sided else np.full(norms.shape, True)
    return lam * np.sum(np.square(norms - 1), where=counted) / norms.size


def penalty_slopes(gradients, lam, one_sided):
    norms = gradient_norms(gradients)
    slopes = np.zeros_like(gradients)
    for i in np.flatnonzero(norms > one_sided):
        slopes[i] = 2 * lam * (norms[i] - 1) / len(norms) * gradients[i] / norms[i]
    return slopes


def penalised_slope(distance, lam):
    return np.roots([-2 * lam, distance + 2 * lam])[0]


def power_iteration(W, u, steps):
    a, s, b = np.linalg.svd(W, full_matrices=False)
    share = s * (a.T @ u)
    v = share / np.linalg.norm(share)
    for _ in range(steps - 1):
        v = s**2 * v
        v /= np.linalg.norm(v)
    u = s * v / np.linalg.norm(s * v)
    return np.sum(u * s * v), a @ u, b.T @ v


def track_sigma(matrices, training, u, v):
    W = np.stack(matrices)
    us, vs = np.empty((len(W), W.shape[1])), np.empty((len(W), W.shape[2]))
    for t in range(len(W)):
        if training[t]:
            _, u, v = power_iteration(W[t], u, 1)
        us[t], vs[t] = u, v
    return np.einsum("ti,tij,tj->t", us, W, vs), us


def spectral_layer(x, W, b, u, v):
    return (W / np.vdot(u, W @ v) @ x.T + b[:, None]).T


def spectral_gradient(G, W, u, v):
    def loss(w):
        return np.sum(G * w) / (u @ w @ v)

    out = np.empty(W.shape)
    for i in np.ndindex(*W.shape):
        moved = W.astype(complex)
        moved[i] += 1e-40j
        out[i] = loss(moved).imag / 1e-40
    return out


def penalty_gradient(W, b, a, x, lam):
    out = np.empty(W.shape)
    for i in np.ndindex(*W.shape):
        moved = W.astype(complex)
        moved[i] += 1e-40j
        slopes = (a * (1 - np.tanh(x @ moved.T + b) ** 2)) @ moved
        norms = np.sqrt(np.sum(slopes * slopes, axis=1))
        out[i] = lam * np.mean((norms - 1) ** 2).imag / 1e-40
    return out

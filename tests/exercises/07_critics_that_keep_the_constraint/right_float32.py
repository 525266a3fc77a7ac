"""Everything in single precision, with einsum, and into what was given where that is allowed."""

import numpy as np

f32 = np.float32


def _single(*given):
    return [np.asarray(a, f32) for a in given]


def interpolates(real, fake, rng):
    real, fake = _single(real, fake)
    weight = rng.random(len(real), dtype=f32)
    real -= fake
    return np.einsum("i,i...->i...", weight, real) + fake


def gradient_norms(gradients):
    (gradients,) = _single(gradients)
    return np.sqrt(np.einsum("i...,i...->i...", gradients, gradients).sum(tuple(range(1, gradients.ndim))))


def gradient_penalty(norms, lam, one_sided):
    (norms,) = _single(norms)
    norms -= 1
    if one_sided:
        norms[norms < 0] = 0
    return f32(lam) * (norms @ norms) / len(norms)


def penalty_slopes(gradients, lam, one_sided):
    (gradients,) = _single(gradients)
    norms = gradient_norms(gradients)
    with np.errstate(all="ignore"):
        pull = 1 - 1 / norms
    pull[norms == 0] = 0
    if one_sided:
        pull[norms < 1] = 0
    return np.einsum("i,i...->i...", f32(2 * lam / len(norms)) * pull, gradients)


def penalised_slope(distance, lam):
    return (f32(distance) / f32(lam) + 2) / 2


def power_iteration(W, u, steps):
    W, u = _single(W, u)
    for _ in range(steps):
        v = np.einsum("ij,i->j", W, u)
        v /= np.sqrt(v @ v)
        u = np.einsum("ij,j->i", W, v)
        sigma = np.sqrt(u @ u)
        u /= sigma
    return sigma, u, v


def track_sigma(matrices, training, u, v):
    us = np.zeros((len(matrices), len(u)), f32)
    sigmas = np.zeros(len(matrices), f32)
    u, v = _single(u, v)
    for t, W in enumerate(_single(*matrices)):
        if training[t]:
            _, u[:], v[:] = power_iteration(W, u, 1)
        us[t] = u
        sigmas[t] = np.einsum("i,ij,j", u, W, v)
    return sigmas, us


def spectral_layer(x, W, b, u, v):
    x, W, b, u, v = _single(x, W, b, u, v)
    W /= np.einsum("i,ij,j", u, W, v)
    return np.einsum("ni,ji->nj", x, W) + b


def spectral_gradient(G, W, u, v):
    G, W, u, v = _single(G, W, u, v)
    sigma = np.einsum("i,ij,j", u, W, v)
    W /= sigma
    G -= np.einsum("ij,ij", G, W) * np.einsum("i,j->ij", u, v)
    G /= sigma
    return G


def penalty_gradient(W, b, a, x, lam):
    W, b, a, x = _single(W, b, a, x)
    rise = a / np.cosh(x @ W.T + b) ** 2
    g = penalty_slopes(np.einsum("nk,kj->nj", rise, W), lam, False)
    bend = -2 * np.tanh(x @ W.T + b) * rise
    return np.einsum("nj,nk->kj", g, rise) + np.einsum("ni,ki,nk,nj->kj", g, W, bend, x)

"""Loops over entries, in Python's own numbers."""

import math

import numpy as np


def wgan_losses(real, fake):
    data = samples = 0.0
    for value in real:
        data += float(value) / len(real)
    for value in fake:
        samples += float(value) / len(fake)
    return -(data - samples), -samples


def generator_gradient(slope, z, theta, s):
    in_theta = in_s = 0.0
    for noise in z:
        rise = float(slope(np.array([theta + s * noise]))[0])
        in_theta -= rise / len(z)
        in_s -= rise * noise / len(z)
    return in_theta, in_s


def rmsprop_step(theta, gradient, mean_square, lr, decay, eps):
    new_theta, new_square = np.zeros(theta.shape), np.zeros(theta.shape)
    for i in np.ndindex(*theta.shape):
        new_square[i] = decay * mean_square[i] + (1 - decay) * gradient[i] * gradient[i]
        root = math.sqrt(new_square[i])
        new_theta[i] = theta[i] - (lr * gradient[i] / (root + eps) if root + eps > 0 else 0.0)
    return new_theta, new_square


def _clipped(number, c):
    return -c if number < -c else c if number > c else number


def clip_weights(weights, c):
    out = []
    for w in weights:
        new = np.empty(w.shape)
        for i in np.ndindex(*w.shape):
            new[i] = _clipped(w[i], c)
        out.append(new)
    return out


def critic_step(weights, gradients, lr, c):
    out = []
    for w, g in zip(weights, gradients, strict=True):
        new = np.empty(w.shape)
        for i in np.ndindex(*w.shape):
            new[i] = _clipped(w[i] + lr * g[i], c)
        out.append(new)
    return out


def turns(generator_steps, n_critic):
    out = []
    for _ in range(generator_steps):
        for _ in range(n_critic):
            out.append("critic")
        out.append("generator")
    return out


def clipping_bound(sizes, c):
    bound = 1.0
    for l in range(len(sizes) - 1):
        squares = 0.0
        for _ in range(sizes[l] * sizes[l + 1]):
            squares += c * c
        bound *= math.sqrt(squares)
    return bound


def lipschitz_bound(weights):
    bound = 1.0
    for w in weights:
        bound *= np.linalg.svd(w, compute_uv=False)[0]
    return bound


def secant_constant(x, y, f, g):
    steepest = 0.0
    for a, u in zip(x, f, strict=True):
        for b, v in zip(y, g, strict=True):
            if list(a) != list(b):
                steepest = max(steepest, abs(u - v) / math.dist(a, b))
    return steepest


def normalised_gap(f, g, constant):
    if constant == 0:
        return 0
    return sum(f) / len(f) / constant - sum(g) / len(g) / constant

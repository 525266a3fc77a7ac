"""A right answer to every task."""

import numpy as np


def softplus(v):
    return np.logaddexp(0, v)


def sigmoid(v):
    return 0.5 * (1 + np.tanh(v / 2))


def optimal_discriminator(p_d, p_g):
    both = p_d + p_g
    return np.where(both > 0, p_d / np.where(both > 0, both, 1), 0.5)


def gan_losses(real, fake):
    caught = np.mean(softplus(fake))
    return np.mean(softplus(-real)) + caught, -caught, np.mean(softplus(-fake))


def gan_gradients(real, fake):
    n, m = len(real), len(fake)
    return -sigmoid(-real) / n, sigmoid(fake) / m, -sigmoid(fake) / m, -sigmoid(-fake) / m


def dirac_step(theta, phi, eta, alternating):
    new_phi = phi - eta * theta * sigmoid(phi * theta)
    seen = new_phi if alternating else phi
    return theta + eta * seen * sigmoid(seen * theta), new_phi


def ring(modes, radius, sigma):
    angles = 2 * np.pi * np.arange(modes) / modes
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1), sigma**2 * np.eye(2)


def mode_report(samples, centres, sigma):
    distance = np.linalg.norm(samples[:, None] - centres, axis=-1)
    captured = np.count_nonzero(distance.min(0) <= 3 * sigma)
    share = np.bincount(distance.argmin(1), minlength=len(centres)) / len(samples)
    return captured, np.mean(distance.min(1) <= 3 * sigma), 0.5 * np.sum(np.abs(share - 1 / len(centres)))


def conditional_input(z, labels, classes):
    return np.concatenate([z, np.eye(classes)[labels]], axis=1)


def conv_transpose(y, w, stride, padding):
    (h, v), (a, b) = y.shape, w.shape
    x = np.zeros(((h - 1) * stride + a, (v - 1) * stride + b))
    for s, t in np.ndindex(a, b):
        x[s : s + stride * h : stride, t : t + stride * v : stride] += w[s, t] * y
    return x[padding : x.shape[0] - padding, padding : x.shape[1] - padding]

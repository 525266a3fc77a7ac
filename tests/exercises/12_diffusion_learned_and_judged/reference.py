"""A right answer to every task."""

import numpy as np


def noise_to_score(noise, sigma):
    return -noise / sigma[:, None]


def score_to_data(score, x, a):
    a = a[:, None]
    return (x + (1 - a**2) * score) / a


def ema_step(average, model, is_buffer, decay):
    return [
        new if copied else decay * old + (1 - decay) * new
        for old, new, copied in zip(average, model, is_buffer, strict=True)
    ]


def time_embedding(t, features, period):
    half = features // 2
    angles = t[:, None] * period ** (-np.arange(half) / half)
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def drop_labels(labels, share, null, rng):
    return np.where(rng.random(len(labels)) < share, null, labels)


def guided_score(free, given, weight):
    return free + weight * (given - free)


def ddim_step(x, noise, a, b):
    x0 = (x - np.sqrt(1 - a**2) * noise) / a
    return b * x0 + np.sqrt(1 - b**2) * noise


def log_likelihood(x, weights, means, covariances):
    away = x[:, None] - means
    squares = np.sum(away * np.linalg.solve(covariances, away[..., None])[..., 0], axis=2)
    log_det = np.linalg.slogdet(2 * np.pi * covariances)[1]
    logs = np.log(weights) - (squares + log_det) / 2
    top = np.max(logs, axis=1)
    return top + np.log(np.sum(np.exp(logs - top[:, None]), axis=1))

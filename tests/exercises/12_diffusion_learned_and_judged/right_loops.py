"""Loops over entries, in Python's own numbers."""

import math

import numpy as np


def noise_to_score(noise, sigma):
    return [[-float(v) / float(level) for v in row] for row, level in zip(noise, sigma, strict=True)]


def score_to_data(score, x, a):
    out = np.empty(x.shape)
    for i, j in np.ndindex(*x.shape):
        out[i, j] = x[i, j] / a[i] + (1 / a[i] - a[i]) * score[i, j]
    return out


def ema_step(average, model, is_buffer, decay):
    out = []
    for old, new, copied in zip(average, model, is_buffer, strict=True):
        mixed = np.empty(new.shape)
        for i in np.ndindex(*new.shape):
            mixed[i] = new[i] if copied else old[i] - (1 - decay) * (old[i] - new[i])
        out.append(mixed)
    return out


def time_embedding(t, features, period):
    out = []
    for moment in t:
        frequencies = [period ** (-2 * i / features) for i in range(features // 2)]
        out.append([math.sin(w * moment) for w in frequencies] + [math.cos(w * moment) for w in frequencies])
    return out


def drop_labels(labels, share, null, rng):
    out = []
    for label in labels.tolist():
        out.append(null if rng.uniform() < share else label)
    return out


def guided_score(free, given, weight):
    return [
        [(1 - weight) * u + weight * v for u, v in zip(us, vs, strict=True)] for us, vs in zip(free, given, strict=True)
    ]


def ddim_step(x, noise, a, b):
    out = np.empty(x.shape)
    for i, j in np.ndindex(*x.shape):
        x0 = (x[i, j] - math.sqrt(1 - a * a) * noise[i, j]) / a
        out[i, j] = b * x0 + math.sqrt(1 - b * b) * noise[i, j]
    return out


def _log_gaussian(point, mean, covariance):
    """By Cholesky's L with L L^T = C: forward substitution and the product of L's diagonal."""
    d = len(point)
    root = [[0.0] * d for _ in range(d)]
    z, log = [], 0.0
    for i in range(d):
        for j in range(i + 1):
            rest = covariance[i, j] - sum(root[i][k] * root[j][k] for k in range(j))
            root[i][j] = math.sqrt(rest) if i == j else rest / root[j][j]
        z.append((point[i] - mean[i] - sum(root[i][k] * z[k] for k in range(i))) / root[i][i])
        log -= z[i] ** 2 / 2 + math.log(root[i][i]) + math.log(2 * math.pi) / 2
    return log


def log_likelihood(x, weights, means, covariances):
    out = []
    for point in x:
        logs = [math.log(w) + _log_gaussian(point, *mode) for w, *mode in zip(weights, means, covariances, strict=True)]
        out.append(max(logs) + math.log(math.fsum(math.exp(log - max(logs)) for log in logs)))
    return out

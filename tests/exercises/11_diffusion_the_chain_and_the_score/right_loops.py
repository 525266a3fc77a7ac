"""Loops over points, modes and coordinates, in Python's own numbers."""

import math

import numpy as np


def forward_marginal(alpha, t):
    a, sigma = [], []
    for steps in t:
        amplitude = 1.0
        for _ in range(steps):
            amplitude *= alpha
        a.append(amplitude)
        sigma.append(math.sqrt(1 - amplitude * amplitude))
    return a, sigma


def noised(x0, noise, alphas, t):
    out = np.empty(x0.shape)
    for i in range(len(x0)):
        a = math.prod(float(alpha) for alpha in alphas[: t[i]])
        for j in range(x0.shape[1]):
            out[i, j] = a * x0[i, j] + math.sqrt(1 - a * a) * noise[i, j]
    return out


def _eliminated(matrix, vector):
    """(matrix^-1 vector, log det matrix) by Gauss, for a positive definite matrix."""
    rows = [[*map(float, row), float(entry)] for row, entry in zip(matrix, vector, strict=True)]
    log_det = 0.0
    for i, row in enumerate(rows):
        log_det += math.log(row[i])
        for other in rows[i + 1 :]:
            factor = other[i] / row[i]
            for j in range(len(row)):
                other[j] -= factor * row[j]
    for i in reversed(range(len(rows))):
        for j in range(i + 1, len(rows)):
            rows[i][-1] -= rows[i][j] * rows[j][-1]
        rows[i][-1] /= rows[i][i]
    return [row[-1] for row in rows], log_det


def mixture_score(x, weights, means, covariances, a):
    out = []
    for point in x:
        logs, pulls = [], []
        for weight, mean, covariance in zip(weights, means, covariances, strict=True):
            spread = [[a * a * c + (i == j) * (1 - a * a) for j, c in enumerate(r)] for i, r in enumerate(covariance)]
            towards = [a * m - p for m, p in zip(mean, point, strict=True)]
            pull, log_det = _eliminated(spread, towards)
            logs.append(math.log(weight) - (log_det + sum(u * v for u, v in zip(towards, pull, strict=True))) / 2)
            pulls.append(pull)
        shares = [math.exp(log - max(logs)) for log in logs]
        out.append([sum(s * p[j] for s, p in zip(shares, pulls, strict=True)) / sum(shares) for j in range(len(point))])
    return out


def taylor_mean(x, score, alpha):
    return [[(2 - alpha) * u + (1 - alpha) * (1 + alpha) * v for u, v in zip(p, s, strict=True)]
            for p, s in zip(x, score, strict=True)]  # fmt: skip


def exact_mean(x, score, alpha):
    return [[u / alpha + (1 / alpha - alpha) * v for u, v in zip(p, s, strict=True)]
            for p, s in zip(x, score, strict=True)]  # fmt: skip


def taylor_variance(alpha):
    v = 0.0
    for _ in range(5000):
        v = (1 - alpha + alpha**2) ** 2 * v + 1 - alpha**2
    return v


def reverse_chain(x, score, alpha, noise):
    out = []
    for i in range(len(x)):
        point = x[i : i + 1]
        for t in reversed(range(1, len(noise) + 1)):
            point = np.array(exact_mean(point, score(point, t), alpha))
            point += 0 if t == 1 else math.sqrt(1 - alpha**2) * noise[t - 1, i]
        out.append(point[0])
    return np.array(out)


def dsm_loss(score, noise, sigma):
    total = 0.0
    for s, xi, level in zip(score, noise, sigma, strict=True):
        for u, v in zip(s, xi, strict=True):
            total += 0.5 * (u - -v / level) ** 2
    return total / len(score)

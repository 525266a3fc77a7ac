"""A right answer to every task."""

import numpy as np


def forward_marginal(alpha, t):
    a = alpha**t
    return a, np.sqrt(1 - a**2)


def noised(x0, noise, alphas, t):
    a = np.append(1.0, np.cumprod(alphas))[t][:, None]
    return a * x0 + np.sqrt(1 - a**2) * noise


def mixture_score(x, weights, means, covariances, a):
    spread = a**2 * covariances + (1 - a**2) * np.eye(x.shape[1])
    away = x[:, None] - a * means
    pull = -np.linalg.solve(spread, away[..., None])[..., 0]
    logs = np.log(weights) - np.linalg.slogdet(spread)[1] / 2 + np.sum(away * pull, axis=2) / 2
    shares = np.exp(logs - np.max(logs, axis=1, keepdims=True))
    shares /= np.sum(shares, axis=1, keepdims=True)
    return np.sum(shares[..., None] * pull, axis=1)


def taylor_mean(x, score, alpha):
    return (2 - alpha) * x + (1 - alpha**2) * score


def exact_mean(x, score, alpha):
    return (x + (1 - alpha**2) * score) / alpha


def taylor_variance(alpha):
    return (1 + alpha) / (alpha * (2 - alpha + alpha**2))


def reverse_chain(x, score, alpha, noise):
    for t in range(len(noise), 0, -1):
        x = (x + (1 - alpha**2) * score(x, t)) / alpha
        if t > 1:
            x = x + np.sqrt(1 - alpha**2) * noise[t - 1]
    return x


def dsm_loss(score, noise, sigma):
    return np.sum((score + noise / sigma[:, None]) ** 2) / (2 * len(sigma))

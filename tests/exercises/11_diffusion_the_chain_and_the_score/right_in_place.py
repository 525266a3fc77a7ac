"""Into what was given, wherever that is possible."""

import numpy as np


def forward_marginal(alpha, t):
    a = np.ones(t.shape)
    while np.any(t > 0):
        a[t > 0] *= alpha
        t -= 1
    return [a, (1 - a) ** 0.5 * (1 + a) ** 0.5]


def noised(x0, noise, alphas, t):
    variance = np.zeros(len(x0))
    for s, alpha in enumerate(alphas):
        x0[t > s] *= alpha
        variance[t > s] *= alpha**2
        variance[t > s] += 1 - alpha**2
    noise *= np.sqrt(variance)[:, None]
    x0 += noise
    return x0


def mixture_score(x, weights, means, covariances, a):
    covariances *= a**2
    covariances += (1 - a**2) * np.eye(x.shape[1])
    means *= a
    total, out = np.full(len(x), -np.inf), np.zeros(x.shape)
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        root = np.linalg.cholesky(covariance)
        z = np.linalg.solve(root, (x - mean).T)
        log = np.log(weight) - np.log(np.diag(root)).sum() - np.square(z).sum(0) / 2
        new = np.logaddexp(total, log)
        out *= np.exp(total - new)[:, None]
        out -= np.exp(log - new)[:, None] * np.linalg.solve(root.T, z).T
        total = new
    return out


def taylor_mean(x, score, alpha):
    score *= 1 - alpha**2
    x *= 2 - alpha
    x += score
    return x


def exact_mean(x, score, alpha):
    score *= 1 - alpha**2
    score += x
    score /= alpha
    return score


def taylor_variance(alpha):
    return np.roots([(1 - alpha + alpha**2) ** 2 - 1, 1 - alpha**2])[0]


def reverse_chain(x, score, alpha, noise):
    noise[0] = 0
    noise *= np.sqrt(1 - alpha**2)
    t = len(noise)
    while t:
        x += score(x, t) * (1 - alpha**2)
        x /= alpha
        t -= 1
        x += noise[t]
    return x


def dsm_loss(score, noise, sigma):
    noise /= sigma.reshape(-1, 1)
    score += noise
    np.square(score, out=score)
    score /= 2
    return score.sum(axis=-1).mean()

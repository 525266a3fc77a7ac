"""Into what was given, wherever that is possible."""

import numpy as np


def noise_to_score(noise, sigma):
    np.negative(noise, out=noise)
    noise /= sigma.reshape(-1, 1)
    return noise


def score_to_data(score, x, a):
    score *= (1 - a).reshape(-1, 1)
    score *= (1 + a).reshape(-1, 1)
    x += score
    x /= a.reshape(-1, 1)
    return x


def ema_step(average, model, is_buffer, decay):
    for k, copied in enumerate(is_buffer):
        if copied:
            average[k][...] = model[k]
        else:
            average[k] *= decay
            model[k] *= 1 - decay
            average[k] += model[k]
    return average


def time_embedding(t, features, period):
    out = np.empty((len(t), features))
    angle, slower = t, period ** (-2 / features)
    for i in range(features // 2):
        np.sin(angle, out=out[:, i])
        np.cos(angle, out=out[:, features // 2 + i])
        angle *= slower
    return out


def drop_labels(labels, share, null, rng):
    labels[rng.binomial(1, share, len(labels)) == 1] = null
    return labels


def guided_score(free, given, weight):
    given -= free
    given *= weight
    given += free
    return given


def ddim_step(x, noise, a, b):
    x *= b / a
    noise *= np.sqrt(1 - b**2) - b * np.sqrt(1 - a**2) / a
    x += noise
    return x


def log_likelihood(x, weights, means, covariances):
    total = np.full(len(x), -np.inf)
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        x -= mean
        squares = np.einsum("ni,ij,nj->n", x, np.linalg.inv(covariance), x)
        squares += np.log(np.linalg.det(2 * np.pi * covariance))
        squares /= -2
        squares += np.log(weight)
        np.logaddexp(total, squares, out=total)
        x += mean
    return total

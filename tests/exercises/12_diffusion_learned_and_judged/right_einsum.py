"""With einsum, complex numbers, eigenvalues and matrices."""

import numpy as np


def noise_to_score(noise, sigma):
    return np.einsum("nd,n->nd", noise, -1 / sigma)


def score_to_data(score, x, a):
    noise = -np.diag(np.sqrt(1 - a**2)) @ score
    return np.diag(1 / a) @ (x - np.diag(np.sqrt(1 - a**2)) @ noise)


def ema_step(average, model, is_buffer, decay):
    shares = [np.array([0.0, 1.0]) if copied else np.array([decay, 1 - decay]) for copied in is_buffer]
    pairs = [np.stack(pair).astype(float) for pair in zip(average, model, strict=True)]
    return tuple(np.einsum("k,k...->...", w, pair) for w, pair in zip(shares, pairs, strict=True))


def time_embedding(t, features, period):
    frequencies = np.geomspace(1, 1 / period, features // 2 + 1)[:-1]
    waves = np.exp(1j * np.einsum("n,i->ni", t, frequencies))
    return np.einsum("nic->nci", np.stack([waves.imag, waves.real], axis=-1)).reshape(len(t), features)


def drop_labels(labels, share, null, rng):
    dropped = rng.choice(2, size=labels.shape, p=[1 - share, share])
    return labels + dropped * (null - labels)


def guided_score(free, given, weight):
    return np.einsum("k,knd->nd", [1 - weight, weight], np.stack([free, given]))


def ddim_step(x, noise, a, b):
    ratio = np.sqrt(1 / a**2 - 1)
    if b == 0:
        return noise
    return b * (x / a + (np.sqrt(1 / b**2 - 1) - ratio) * noise)


def log_likelihood(x, weights, means, covariances):
    variances, axes = np.linalg.eigh(covariances)
    away = np.einsum("nkd,kde->nke", x[:, None] - means, axes)
    logs = -0.5 * (np.einsum("nke,nke,ke->nk", away, away, 1 / variances) + np.log(2 * np.pi * variances).sum(1))
    return np.logaddexp.reduce(logs + np.log(weights), axis=1)

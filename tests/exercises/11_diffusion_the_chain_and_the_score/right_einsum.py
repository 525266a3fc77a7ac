"""With logarithms, einsum, inverses and outer products."""

import numpy as np


def forward_marginal(alpha, t):
    log_a = t * np.log(alpha)
    return np.array([np.exp(log_a), np.sqrt(-np.expm1(2 * log_a))])


def noised(x0, noise, alphas, t):
    before = np.arange(len(alphas)) < t[:, None]
    log_a = np.einsum("ns,s->n", before, np.log(alphas))
    return np.einsum("n,nd->nd", np.exp(log_a), x0) + np.einsum("n,nd->nd", np.sqrt(-np.expm1(2 * log_a)), noise)


def mixture_score(x, weights, means, covariances, a):
    inverses = np.linalg.inv(np.eye(x.shape[1]) + a * a * (covariances - np.eye(x.shape[1])))
    towards = np.einsum("kd,n->nkd", a * means, np.ones(len(x))) - np.einsum("nd,k->nkd", x, np.ones(len(weights)))
    pull = np.einsum("kij,nkj->nki", inverses, towards)
    joint = -0.5 * np.einsum("nki,nki->nk", towards, pull) + np.log(weights * np.linalg.det(inverses) ** 0.5)
    total = np.logaddexp.reduce(joint, axis=1)
    return np.einsum("nk,nki->ni", np.exp(joint - total[:, None]), pull)


def taylor_mean(x, score, alpha):
    return np.einsum("c,cnd->nd", [2 - alpha, 1 - alpha**2], np.stack([x, score]))


def exact_mean(x, score, alpha):
    return np.einsum("c,cnd->nd", [1 / alpha, 1 / alpha - alpha], np.stack([x, score]))


def taylor_variance(alpha):
    gain = taylor_mean(1.0 * np.ones((1, 1)), -np.ones((1, 1)), alpha)[0, 0]
    return (1 - alpha**2) / (1 - gain**2)


def reverse_chain(x, score, alpha, noise):
    std = np.sqrt(1 - alpha**2) * (np.arange(len(noise)) > 0)
    for xi, t in zip(np.einsum("t,tnd->tnd", std, noise)[::-1], range(len(noise), 0, -1), strict=True):
        x = exact_mean(x, score(x, t), alpha) + xi
    return x


def dsm_loss(score, noise, sigma):
    scaled = np.einsum("n,nd->nd", sigma, score) + noise
    return np.einsum("nd,nd,n->", scaled, scaled, sigma**-2.0) / len(scaled) / 2

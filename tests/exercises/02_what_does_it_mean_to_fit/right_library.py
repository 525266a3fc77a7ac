"""With the library: its divergences, and descent on its gradients."""

import numpy as np

import minigen as mg
from minigen import divergences


def kl(p, q):
    return divergences.kl(p, q)


def js(p, q):
    return divergences.js(p, q)


def tv(p, q):
    return divergences.tv(p, q)


def w1_on_a_line(x, p, q):
    """The area between the distribution functions, evaluated at the middle of each gap."""
    places = np.unique(x)
    middles = (places[1:] + places[:-1]) / 2
    below = x[:, None] < middles
    return np.abs((p - q) @ below) @ np.diff(places)


def divergence_on_grid(name, log_p, log_q, dx):
    if name == "js":
        return divergences.js(log_p, log_q, dx=dx, log=True, tol=np.inf)
    first, second = (log_p, log_q) if name == "forward" else (log_q, log_p)
    return divergences.kl(first, second, dx=dx, log=True, tol=np.inf)


def fit_gaussian(name, x, log_p, mean, sd):
    def value(theta):
        log_q = -(((x - theta[0]) / np.exp(theta[1])) ** 2) / 2 - theta[1] - np.log(2 * np.pi) / 2
        return divergence_on_grid(name, log_p, log_q, x[1] - x[0])

    slope = mg.grad(value)
    theta = np.array([mean, np.log(sd)])
    for _ in range(150):
        g = slope(theta) * np.array([np.exp(2 * theta[1]), 0.5])
        theta = theta - np.clip(0.7 * g, -0.25, 0.25)
    return np.array([theta[0], np.exp(theta[1])])


def kde_log_likelihood(train, test, variance):
    n, d = train.shape
    squared = np.square(test).sum(1)[:, None] - 2 * test @ train.T + np.square(train).sum(1)
    joint = -squared / (2 * variance) - np.log(n) - d / 2 * np.log(2 * np.pi * variance)
    return mg.logsumexp(joint, axis=1).mean()

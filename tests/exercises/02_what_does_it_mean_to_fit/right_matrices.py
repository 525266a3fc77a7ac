"""Other roads: entropies, events, distribution functions at all places, moments, parabolas."""

import numpy as np


def x_log_x(p):
    return p * np.log(np.where(p > 0, p, 1))


def kl(p, q):
    if p[q == 0].sum() > 0:
        return np.inf
    return float(x_log_x(p).sum() - p @ np.log(np.where(q > 0, q, 1)))


def js(p, q):
    return float(np.sum(x_log_x(p) + x_log_x(q)) / 2 - np.sum(x_log_x((p + q) / 2)))


def tv(p, q):
    return 1 - np.minimum(p, q).sum()


def w1_on_a_line(x, p, q):
    t = np.sort(x)
    below = x <= t[:, None]
    return np.abs(below @ p - below @ q)[:-1] @ (t[1:] - t[:-1])


def divergence_on_grid(name, log_p, log_q, dx):
    a, b = (log_p, log_q) if name != "reverse" else (log_q, log_p)
    if name == "js":
        ratio = log_q - log_p
        p_term, q_term = np.logaddexp(0, ratio), np.logaddexp(0, -ratio)
        return dx * (np.log(2) * (np.exp(a) + np.exp(b)).sum() - np.exp(a) @ p_term - np.exp(b) @ q_term) / 2
    return dx * np.vdot(np.exp(a), a - b)


def fit_gaussian(name, x, log_p, mean, sd):
    dx = x[1] - x[0]
    if name == "forward":
        p = np.exp(log_p) * dx
        centre = p @ x
        return centre, np.sqrt(p @ (x - centre) ** 2)
    place, h = np.array([mean, np.log(sd)]), 1e-3

    def value(at):
        log_q = -0.5 * ((x - at[0]) * np.exp(-at[1])) ** 2 - at[1] - 0.5 * np.log(2 * np.pi)
        return divergence_on_grid(name, log_p, log_q, dx)

    for i in list(range(2)) * 200:  # to the lowest point of a parabola in each coordinate, in short steps
        step = h * np.eye(2)[i]
        left, here, right = value(place - step), value(place), value(place + step)
        bend = left - 2 * here + right
        move = h * (left - right) / 2 / bend if bend > 0 else 0.05 * np.sign(left - right)
        place[i] += np.clip(move, -0.05, 0.05)
    return place[0], np.exp(place[1])


def kde_log_likelihood(train, test, variance):
    n, d = train.shape
    squares = np.sum(test**2, axis=1)[:, None] - 2 * test @ train.T + np.sum(train**2, axis=1)
    logs = np.logaddexp.reduce(-squares / (2 * variance), axis=1) - np.log(n)
    return logs.mean() - d * np.log(2 * np.pi * variance) / 2

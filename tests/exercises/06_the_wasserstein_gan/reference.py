"""A right answer to every task."""

import numpy as np


def wgan_losses(real, fake):
    return np.mean(fake) - np.mean(real), -np.mean(fake)


def generator_gradient(slope, z, theta, s):
    rise = slope(theta + s * z)
    return -np.mean(rise), -np.mean(rise * z)


def rmsprop_step(theta, gradient, mean_square, lr, decay, eps):
    mean_square = decay * mean_square + (1 - decay) * gradient**2
    down = np.divide(gradient, np.sqrt(mean_square) + eps, out=np.zeros_like(gradient), where=gradient != 0)
    return theta - lr * down, mean_square


def clip_weights(weights, c):
    return [np.clip(w, -c, c) for w in weights]


def critic_step(weights, gradients, lr, c):
    return [np.clip(w + lr * g, -c, c) for w, g in zip(weights, gradients, strict=True)]


def turns(generator_steps, n_critic):
    return (n_critic * ["critic"] + ["generator"]) * generator_steps


def clipping_bound(sizes, c):
    inputs, outputs = np.array(sizes[:-1]), np.array(sizes[1:])
    return np.prod(c * np.sqrt(inputs * outputs))


def lipschitz_bound(weights):
    return np.prod([np.linalg.norm(w, 2) for w in weights])


def secant_constant(x, y, f, g):
    far = np.linalg.norm(x[:, None] - y, axis=-1)
    rise = np.abs(f[:, None] - g)
    return np.max(np.divide(rise, far, out=np.zeros_like(far), where=far > 0))


def normalised_gap(f, g, constant):
    return (np.mean(f) - np.mean(g)) / constant if constant > 0 else 0.0

"""Into what was given, wherever that is possible."""

import numpy as np


def wgan_losses(real, fake):
    fake *= -1
    return real.mean() * -1 - fake.mean(), fake.mean()


def generator_gradient(slope, z, theta, s):
    noise = z.copy()
    z *= s
    z += theta
    rise = slope(z)
    rise /= -len(z)
    return rise.sum(), rise @ noise


def rmsprop_step(theta, gradient, mean_square, lr, decay, eps):
    mean_square *= decay
    mean_square += (1 - decay) * np.square(gradient)
    root = np.sqrt(mean_square)
    root += eps
    gradient /= root
    gradient *= lr
    theta -= gradient
    return theta, mean_square


def clip_weights(weights, c):
    for w in weights:
        w[w > c] = c
        w[w < -c] = -c
    return weights


def critic_step(weights, gradients, lr, c):
    for w, g in zip(weights, gradients, strict=True):
        g *= lr
        w += g
        np.clip(w, -c, c, out=w)
    return tuple(weights)


def turns(generator_steps, n_critic):
    out = np.full((generator_steps, n_critic + 1), "critic", dtype=object)
    out[:, -1] = "generator"
    return out.ravel().tolist()


def clipping_bound(sizes, c):
    layers = len(sizes) - 1
    for k in range(layers):
        sizes[k] *= sizes[k + 1]
    return float(c**layers * np.prod(sizes[:layers]) ** 0.5)


def lipschitz_bound(weights):
    while len(weights) > 1:
        weights[0] *= np.linalg.norm(weights.pop(), ord=2)
    return np.linalg.norm(weights[0], ord=2)


def secant_constant(x, y, f, g):
    squares = (x**2).sum(1)[:, None] - 2 * x @ y.T + (y**2).sum(1)
    with np.errstate(all="ignore"):
        ratio = np.sqrt((f[:, None] - g) ** 2 / squares)
    ratio[squares == 0] = 0
    return ratio.max()


def normalised_gap(f, g, constant):
    gap = f.mean()
    gap -= g.mean()
    if gap:
        gap /= constant
    return gap

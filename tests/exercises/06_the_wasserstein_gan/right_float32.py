"""Everything in single precision, with einsum and the Gram matrix."""

import numpy as np

f32 = np.float32


def wgan_losses(real, fake):
    real, fake = real.astype(f32), fake.astype(f32)
    caught = np.einsum("i->", fake) / f32(fake.size)
    return caught - np.einsum("i->", real) / f32(real.size), -caught


def generator_gradient(slope, z, theta, s):
    z = z.astype(f32)
    rise = slope(f32(theta) + f32(s) * z).astype(f32)
    return tuple(-np.einsum("kn,n->k", np.stack([np.ones_like(z), z]), rise) / f32(len(z)))


def rmsprop_step(theta, gradient, mean_square, lr, decay, eps):
    theta, gradient, mean_square = (a.astype(f32) for a in (theta, gradient, mean_square))
    mean_square = mean_square + f32(1 - decay) * (gradient * gradient - mean_square)
    return theta - f32(lr) * gradient / (mean_square ** f32(0.5) + f32(eps)), mean_square


def clip_weights(weights, c):
    return [np.minimum(np.maximum(w.astype(f32), f32(-c)), f32(c)) for w in weights]


def critic_step(weights, gradients, lr, c):
    moved = [w.astype(f32) + f32(lr) * g.astype(f32) for w, g in zip(weights, gradients, strict=True)]
    return [np.sign(w) * np.minimum(np.abs(w), f32(c)) for w in moved]


def turns(generator_steps, n_critic):
    words = ("critic", "generator")
    return [words[k % (n_critic + 1) == n_critic] for k in range(generator_steps * (n_critic + 1))]


def clipping_bound(sizes, c):
    ends = f32(sizes[0] * sizes[-1])
    return f32(c) ** (len(sizes) - 1) * np.sqrt(ends) * np.prod(np.array(sizes[1:-1], f32))


def lipschitz_bound(weights):
    bound = f32(1)
    for w in weights:
        w = w.astype(f32)
        bound *= np.sqrt(np.linalg.eigvalsh(np.einsum("ij,ik->jk", w, w))[-1])
    return bound


def secant_constant(x, y, f, g):
    x, y, f, g = (a.astype(f32) for a in (x, y, f, g))
    far = np.sqrt(((x[:, None] - y) ** 2).sum(-1))
    apart = far > 0
    return (np.abs(f[:, None] - g)[apart] / far[apart]).max(initial=0)


def normalised_gap(f, g, constant):
    gap = f.astype(f32).mean() - g.astype(f32).mean()
    return gap / f32(constant) if constant else gap

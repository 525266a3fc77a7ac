"""Everything in single precision, and into what was given where that is allowed."""

import numpy as np

f32 = np.float32


def optimal_discriminator(p_d, p_g):
    p_d, p_g = p_d.astype(f32), p_g.astype(f32)
    d = np.full(p_d.shape, 0.5, f32)
    np.divide(p_d, p_d + p_g, out=d, where=p_d + p_g > 0)
    return d


def gan_losses(real, fake):
    real, fake = real.astype(f32), fake.astype(f32)
    zero = f32(0)
    caught = np.logaddexp(zero, fake).mean()
    return np.logaddexp(zero, -real).mean() + caught, -caught, np.logaddexp(zero, -fake).mean()


def gan_gradients(real, fake):
    real, fake = real.astype(f32), fake.astype(f32)
    d_real, d_fake = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    return -(1 - d_real) / len(real), d_fake / len(fake), -d_fake / len(fake), -(1 - d_fake) / len(fake)


def dirac_step(theta, phi, eta, alternating):
    theta, phi, eta = f32(theta), f32(phi), f32(eta)
    old = phi
    phi = phi - eta * theta / (1 + np.exp(-phi * theta))
    if not alternating:
        return theta + eta * old / (1 + np.exp(-old * theta)), phi
    theta = theta + eta * phi / (1 + np.exp(-phi * theta))
    return theta, phi


def ring(modes, radius, sigma):
    angles = np.linspace(0, 2 * np.pi, modes + 1, dtype=f32)[:-1]
    return f32(radius) * np.array([np.cos(angles), np.sin(angles)]).T, np.eye(2, dtype=f32) * f32(sigma) ** 2


def mode_report(samples, centres, sigma):
    samples, centres = samples.astype(f32), centres.astype(f32)
    distance = np.sqrt(((samples[:, None] - centres[None]) ** 2).sum(-1))
    good = distance < 3 * sigma
    shares = (distance.argmin(1)[:, None] == np.arange(len(centres))).mean(0)
    return int(good.any(0).sum()), float(good.any(1).mean()), float(1 - np.minimum(shares, 1 / len(centres)).sum())


def conditional_input(z, labels, classes):
    one_hot = np.zeros((len(labels), classes), f32)
    one_hot[np.arange(len(labels)), labels] = 1
    return np.c_[z.astype(f32), one_hot]


def conv_transpose(y, w, stride, padding):
    (h, v), (a, b) = y.shape, w.shape
    x = np.zeros(((h - 1) * stride + a, (v - 1) * stride + b), f32)
    for i, j in np.ndindex(h, v):
        x[stride * i : stride * i + a, stride * j : stride * j + b] += (y[i, j] * w).astype(f32)
    return x[padding:-padding, padding:-padding] if padding else x

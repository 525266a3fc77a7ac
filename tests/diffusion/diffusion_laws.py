"""The course's instances and the exact arithmetic of Gaussian chains, for the tests of this folder."""

import numpy as np

from minigen import diffusion as df
from minigen.distributions import GaussianMixture

GAUSSIAN = GaussianMixture([[1.5]], 0.25)  # instance I5
MIXTURE = GaussianMixture([[-1.0], [2.0]], [0.1, 0.3], [0.4, 0.6])  # instance I5
TILTED = GaussianMixture(
    [[1.0, 0.0], [-1.0, 1.0], [0.0, -2.0]],
    [[[0.3, 0.2], [0.2, 0.4]], [[0.05, 0.0], [0.0, 0.5]], [[0.2, -0.1], [-0.1, 0.1]]],
    [0.5, 0.2, 0.3],
)
_A = np.random.default_rng(3).standard_normal((2, 3, 3))
# In three dimensions: in two, a matrix of eigenvectors may be its own transpose, and hides who forgets to transpose.
SOLID = GaussianMixture([[1.0, 0.0, -1.0], [-1.0, 0.5, 0.0]], _A @ np.swapaxes(_A, 1, 2) / 3, [0.3, 0.7])


def affine_recursion(law, process, kernel, score=None, last_noise=False, start=(0.0, 1.0)):
    """Mean and variance at t = 0 of the sampler with this kernel, exactly, where the score is affine in x.

    The kernel's mean is then A x + B, so m <- A m + B and v <- A^2 v + std^2: no simulation, no error."""
    score = df.MixtureOracle(law, process).score if score is None else score
    m, v = start
    ends = np.array([[0.0], [1.0]])
    for t in range(process.last, 0, -1):
        mean, std = kernel(ends, score(ends, t), process, t, t - 1)
        B, A = mean[0, 0], mean[1, 0] - mean[0, 0]
        m, v = A * m + B, A**2 * v + (std**2 if t > 1 or last_noise else 0)
    return m, v


def mass(density, low=-12.0, high=12.0, points=48_001):
    """(x, weights) of the trapezoidal rule on a line; exact to rounding for these smooth densities."""
    x = np.linspace(low, high, points)
    return x[:, None], density(x[:, None]) * (x[1] - x[0])

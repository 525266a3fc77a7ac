"""Exercise 02: what does it mean to fit?  Plain NumPy arrays in, plain NumPy arrays and numbers out.

Fill in the functions in any order; `minigen check 02` says what is right so far.  All logarithms are natural.  Laws on
finitely many points are arrays p, q of shape (n,): masses, not negative, of sum 1.
"""

import numpy as np  # noqa: F401


def kl(p, q):
    """KL(p || q) = sum_i p_i log(p_i / q_i), a number.

    0 log 0 = 0.  np.inf if p has mass where q has none.
    """
    raise NotImplementedError


def js(p, q):
    """The Jensen-Shannon divergence, a number between 0 and log 2: both ends can be reached."""
    raise NotImplementedError


def tv(p, q):
    """The total variation max_A P(A) - Q(A), over all events A: a number between 0 and 1."""
    raise NotImplementedError


def w1_on_a_line(x, p, q):
    """The Wasserstein distance W_1 between two laws on the same points of a line, a number.

    x: positions, shape (n,), in any order.  p, q: their masses under both laws.
    """
    raise NotImplementedError


def divergence_on_grid(name, log_p, log_q, dx):
    """A divergence between two densities on a uniform grid, a number: the integral is sum(...) * dx.

    name: "forward" for KL(p || q), "reverse" for KL(q || p), or "js".  p is the data's density and q the model's.
    log_p, log_q: logarithms of the densities at the grid's points, finite, shape (n,); they may be as low as -10,000.
    dx: distance of neighbouring points.
    """
    raise NotImplementedError


def fit_gaussian(name, x, log_p, mean, sd):
    """The Gaussian N(m, s^2) that is closest to the data: the pair (m, s), to 3 digits.

    name: which divergence, as in divergence_on_grid.  x: a uniform grid, shape (n,).  log_p: the data's log density.
    mean, sd: where to start.  If there are several valleys, return the bottom of the one that the start lies in.
    """
    raise NotImplementedError


def kde_log_likelihood(train, test, variance):
    """The mean over the test points of log((1 / n) sum_i N(x; x_i, variance * I)), a number.

    train: shape (n, d), one bump on each.  test: shape (m, d).  It must be right for a variance as small as 1e-6.
    """
    raise NotImplementedError

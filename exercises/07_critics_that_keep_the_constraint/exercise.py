"""Exercise 07: critics that keep the constraint.  Plain NumPy arrays in, plain NumPy arrays and numbers out.

Fill in the functions in any order; `minigen check 07` says what is right so far.  Two ways to keep a critic from
getting steep: a penalty on the norms of its gradients at points between data and samples, and spectral normalisation,
which divides each weight matrix by its largest singular value.  Norms are Euclidean throughout.
"""

import numpy as np  # noqa: F401


def interpolates(real, fake, rng):
    """Random points on the lines between data and samples, one for each pair (real[i], fake[i]).

    real, fake: arrays of one shape (n, ...), with any number of axes, at least one.  Each pair has one weight of its
    own, drawn from U(0, 1) with rng (a np.random.Generator), for all its coordinates.  Return shape (n, ...).
    """
    raise NotImplementedError


def gradient_norms(gradients):
    """The norm of each point's gradient: shape (n,).

    gradients: (n, ...), gradients[i] is the critic's gradient at point i, with as many axes as a point has.
    """
    raise NotImplementedError


def gradient_penalty(norms, lam, one_sided):
    """The penalty for norms of gradients (n,), with the weight lam: a number.

    one_sided=False: lam times the mean of (norm - 1)^2.  one_sided=True: only norms above 1 are penalised, by lam times
    the mean of max(0, norm - 1)^2.
    """
    raise NotImplementedError


def penalty_slopes(gradients, lam, one_sided):
    """The derivative of gradient_penalty(gradient_norms(gradients), lam, one_sided) in each entry of gradients.

    gradients: (n, ...).  Return an array of this shape.  Where a point's gradient is 0 its norm has a corner: return 0.
    """
    raise NotImplementedError


def penalised_slope(distance, lam):
    """The slope k >= 0 that a critic f(x) = k x learns between one sample at 0 and one datum at distance > 0: a number.

    It maximises its gap minus the gradient penalty: k distance - lam (k - 1)^2.
    """
    raise NotImplementedError


def power_iteration(W, u, steps):
    """The triple (sigma, u, v) after `steps` rounds of power iteration on the matrix W, (m, n).

    A round makes v the unit vector (n,) along W^T u, and then u the unit vector (m,) along W v.  u: (m,), the start, of
    any length but 0.  steps >= 1.  sigma = u^T W v, with the last u and v.
    """
    raise NotImplementedError


def track_sigma(matrices, training, u, v):
    """The pair (sigmas, us) of a layer whose weight changes: one round of power iteration for each training step.

    matrices: list of T weights, all (m, n).  training: list of T truth values.  In step t, if training[t] is true, u
    and v make one round with matrices[t], from where they are; if it is false (evaluation), they stay as they are.
    After that sigmas[t] = u^T matrices[t] v and us[t] = u.  u, v: unit vectors, (m,) and (n,).  Return shapes (T,) and
    (T, m).
    """
    raise NotImplementedError


def spectral_layer(x, W, b, u, v):
    """A linear layer with the weight W / sigma in place of W: shape (N, m).

    x: inputs, (N, n).  W: (m, n).  b: bias, (m,), which is not normalised.  u, v: unit vectors, (m,) and (n,), from
    power iteration; sigma = u^T W v, whether they have converged or not.
    """
    raise NotImplementedError


def spectral_gradient(G, W, u, v):
    """The gradient in W, (m, n), of a loss that sees W only as W / sigma.

    G: (m, n), the gradient of the loss in W / sigma.  sigma = u^T W v depends on W too, with u and v held fixed.
    """
    raise NotImplementedError


def penalty_gradient(W, b, a, x, lam):
    """The gradient in W of the two-sided gradient penalty of the critic f(x) = sum_k a[k] tanh(W[k] . x + b[k]).

    W: (h, d).  b, a: (h,).  x: the points, (n, d).  The penalty is lam times the mean over the points of
    (|grad f(x)| - 1)^2, where grad f is the gradient in x, nowhere 0 here.  Return shape (h, d).
    """
    raise NotImplementedError

"""Exercise 11: diffusion, the chain and the score.  Plain NumPy arrays and numbers in, the same out.

Fill in the functions in any order; `minigen check 11` says what is right so far.  The chain turns data x_0 into noise:
x_{t+1} = alpha x_t + sqrt(1 - alpha^2) xi, with fresh xi ~ N(0, I) in each step.  alpha, between 0 and 1, is an
amplitude: it multiplies x.  The score is the gradient of the log density.  Compute in double precision, as NumPy does
by itself: answers should be right to seven digits.
"""

import numpy as np  # noqa: F401


def forward_marginal(alpha, t):
    """The pair (a, sigma) for which x_t given x_0 is N(a x_0, sigma^2 I): amplitude and noise level after t steps.

    alpha: the amplitude of each step, a number.  t: whole numbers >= 0, (n,).  Return two arrays (n,).
    """
    raise NotImplementedError


def noised(x0, noise, alphas, t):
    """x_t in one go: a_t x_0 + sigma_t noise, for a chain whose steps differ.

    x0, noise: (n, d).  alphas: (T,); alphas[s] is the amplitude of the step from time s to s + 1, so step s is
    x_{s+1} = alphas[s] x_s + sqrt(1 - alphas[s]^2) xi.  t: (n,), whole numbers from 0 to T, for each point its own.
    Return (n, d).
    """
    raise NotImplementedError


def mixture_score(x, weights, means, covariances, a):
    """The score of noised data at the points x, (n, d), where the data are a mixture of k Gaussians.

    x_0 ~ sum_k weights[k] N(means[k], covariances[k]), and x_t = a x_0 + sigma xi with sigma^2 = 1 - a^2 and a in
    [0, 1]: again a mixture.  weights: (k,), above 0.  means: (k, d).  covariances: (k, d, d).  a: a number.  The score
    of a mixture is the mean of the modes' scores, weighted with each mode's share in the density at x.  It must also be
    right at points so far away that all densities round to 0.
    """
    raise NotImplementedError


def taylor_mean(x, score, alpha):
    """The mean of the course's reverse step, of first order in 1 - alpha: (2 - alpha) x + (1 - alpha^2) score.

    x, score: the points at time t + 1 and the score there, (n, d).  Return (n, d).
    """
    raise NotImplementedError


def exact_mean(x, score, alpha):
    """The exact mean of x_t given x_{t+1} = x, for data of any law: shape (n, d).

    Tweedie's formula: given what came of it, the mean of what noise was added to is x plus the variance of that noise
    times the score.  Here noise was added to alpha x_t.  x, score: at time t + 1, (n, d).
    """
    raise NotImplementedError


def taylor_variance(alpha):
    """The variance at which steps with the Taylor mean settle, where 1 would be right: a number.

    Data N(0, 1) stay N(0, 1) under the chain, so the score is -x at all times.  A step is the Taylor mean plus
    sqrt(1 - alpha^2) xi, with fresh xi ~ N(0, 1).
    """
    raise NotImplementedError


def reverse_chain(x, score, alpha, noise):
    """From x at time T back to time 0 by steps with the exact mean: x_0, shape (n, d).

    x: (n, d).  score: a function of points (n, d) and one whole time t that gives the score of x_t at these points,
    (n, d).  noise: (T, n, d).  The step from t to t - 1 adds sqrt(1 - alpha^2) noise[t - 1] to the mean, except for the
    last, to time 0, which adds none.
    """
    raise NotImplementedError


def dsm_loss(score, noise, sigma):
    """The denoising score matching loss of a batch: half the mean over the points of |score - target|^2, a number.

    score: what the network answers at x_t = a x_0 + sigma noise, (n, d).  noise: (n, d).  sigma: the noise level of
    each point, (n,).  target: the score of x_t given x_0.  |v|^2 is the sum of the squares of v's coordinates.
    """
    raise NotImplementedError

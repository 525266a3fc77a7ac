"""Exercise 12: diffusion, learned and judged.  Plain NumPy arrays, lists and numbers in, the same out.

Fill in the functions in any order; `minigen check 12` says what is right so far.  A point x at noise level sigma is
x = a x_0 + sigma xi, with xi ~ N(0, I) and a^2 + sigma^2 = 1.  A network is trained to guess the noise xi; samplers
want the score, the gradient of the log density.  Compute in double precision, as NumPy does by itself: answers should
be right to seven digits.
"""

import numpy as np  # noqa: F401


def noise_to_score(noise, sigma):
    """The score that a guess of the noise stands for, (n, d).

    noise: the network's guess of xi, (n, d).  sigma: the noise level of each point, (n,), above 0.
    """
    raise NotImplementedError


def score_to_data(score, x, a):
    """The guess of x_0 that a score stands for, (n, d): Tweedie's formula.

    score, x: (n, d).  a: the amplitude of each point, (n,), strictly between 0 and 1.  Tweedie: the mean of a x_0 given
    x is x plus the variance of the noise times the score.
    """
    raise NotImplementedError


def ema_step(average, model, is_buffer, decay):
    """The running average of a model after one more step of training: a list of arrays.

    average: the average so far, a list of arrays.  model: the model's arrays after the step, of the same shapes.
    is_buffer: a list of truth values, one for each array.  A weight (is_buffer false) is averaged exponentially: decay,
    near 1, is the share of the average so far.  A buffer (true), such as the statistics of a normalisation or a count
    of steps, is taken from the model as it is.
    """
    raise NotImplementedError


def time_embedding(t, features, period):
    """What a network is told of the time: sines and cosines, (n, features).

    t: (n,).  features: an even number.  With h = features / 2, column i < h is sin(w_i t) and column h + i is
    cos(w_i t), with the frequencies w_i = period^(-i / h): w_0 = 1, and each is the same factor slower.
    """
    raise NotImplementedError


def drop_labels(labels, share, null, rng):
    """Labels for training with and without them: each is replaced by null with probability share, (n,).

    labels: whole numbers, (n,).  null: the whole number that stands for "no label".  The labels are dropped
    independently of each other, by draws from rng, a np.random.Generator.
    """
    raise NotImplementedError


def guided_score(free, given, weight):
    """Classifier-free guidance: the score without the label, moved towards the score with it and beyond, (n, d).

    free: the score without label, (n, d).  given: the score given the label, (n, d).  weight 0 is the free score,
    weight 1 the given one, and all other weights are on the same straight line.
    """
    raise NotImplementedError


def ddim_step(x, noise, a, b):
    """One step of the deterministic sampler from amplitude a to amplitude b, (n, d).

    x: the points at amplitude a, (n, d).  noise: the network's guess of the noise in them, (n, d).  a, b: numbers with
    0 < a < 1 and 0 <= b <= 1.  Guess x_0 from x and the noise, then mix the guess with the same noise at amplitude b.
    """
    raise NotImplementedError


def log_likelihood(x, weights, means, covariances):
    """The log density of a mixture of k Gaussians at each point, natural logarithm, (n,).

    x: (n, d).  The mixture is sum_k weights[k] N(means[k], covariances[k]); weights: (k,), above 0.  means: (k, d).
    covariances: (k, d, d).  It must also be right at points so far away that the density rounds to 0.
    """
    raise NotImplementedError

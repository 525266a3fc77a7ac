"""Exercise 06: the Wasserstein GAN.  Plain NumPy arrays and numbers in, plain NumPy arrays, lists and numbers out.

Fill in the functions in any order; `minigen check 06` says what is right so far.  A critic f gives every point a
number, without sigmoid and without logarithm.  It maximises its gap, the mean of f over the data minus the mean of f
over the samples; divided by a Lipschitz constant of f, the gap is at most the Wasserstein distance W1.
"""

import numpy as np  # noqa: F401


def wgan_losses(real, fake):
    """The pair (loss of the critic, loss of the generator), two numbers.  Both players minimise their losses.

    real: values f(x) of the critic on a batch of data, (n,).  fake: its values on a batch of samples, (m,); n and m may
    differ.  Loss of the critic: minus the gap.  Loss of the generator: what the gap leaves to it, minus the mean of f
    over the samples.
    """
    raise NotImplementedError


def generator_gradient(slope, z, theta, s):
    """The gradient of the generator's loss in theta and in s, for the generator G(z) = theta + s z: two numbers.

    slope: the derivative of the critic, a function that takes an array of points to the array of f' at these points.
    z: the batch of noise, (n,).  theta, s: numbers.
    """
    raise NotImplementedError


def rmsprop_step(theta, gradient, mean_square, lr, decay, eps):
    """One step of RMSProp down the gradient: return the new pair (theta, mean_square).

    theta, gradient, mean_square: arrays of one shape.  The mean square runs along, decay times the old one plus
    (1 - decay) times the square of the gradient.  Then theta moves by lr times gradient / (root + eps), where root is
    the square root of the new mean square.
    """
    raise NotImplementedError


def clip_weights(weights, c):
    """The weights with every entry clipped to [-c, c].

    weights: a list of arrays of any shapes.  Return a list of arrays of these shapes.
    """
    raise NotImplementedError


def critic_step(weights, gradients, lr, c):
    """One step of the critic as in the algorithm of the paper, without RMSProp: return the new list of weights.

    weights: a list of arrays of any shapes.  gradients: a list of the same shapes, the gradients of the gap.  Step with
    rate lr so that the gap grows, then clip all weights to [-c, c].
    """
    raise NotImplementedError


def turns(generator_steps, n_critic):
    """Who moves when: a list of the words "critic" and "generator", in order.

    Before each of the generator's steps the critic makes n_critic steps.  The list ends with the last of
    generator_steps steps of the generator.
    """
    raise NotImplementedError


def clipping_bound(sizes, c):
    """A Lipschitz constant of every ReLU network of these sizes whose weights lie in [-c, c]: the smallest there is.

    sizes: list of whole numbers; layer l has a weight matrix of shape (sizes[l + 1], sizes[l]).  Return a number.
    """
    raise NotImplementedError


def lipschitz_bound(weights):
    """The product bound on the Lipschitz constant of a ReLU network: a number.

    weights: list of the weight matrices, of shapes (n_1, n_0), (n_2, n_1), and so on.  The Lipschitz constant of the
    map x -> W x is the largest |W h| / |h|, with Euclidean norms; ReLU never stretches.
    """
    raise NotImplementedError


def secant_constant(x, y, f, g):
    """The steepest slope of the critic between data and samples: the largest |f[i] - g[j]| / |x[i] - y[j]|, a number.

    x: data, (n, d).  y: samples, (m, d).  f: the critic on the data, (n,).  g: the critic on the samples, (m,).  The
    norm is Euclidean.  Pairs at the same place do not count; return 0 if there are no others.
    """
    raise NotImplementedError


def normalised_gap(f, g, constant):
    """The gap divided by a Lipschitz constant: a number between -W1 and W1, however steep the critic is.

    f: the critic on the data, (n,).  g: the critic on the samples, (m,).  constant: its Lipschitz constant, >= 0, which
    is 0 for a critic that is the same everywhere; return 0 for such a critic.
    """
    raise NotImplementedError

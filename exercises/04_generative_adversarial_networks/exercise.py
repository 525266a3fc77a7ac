"""Exercise 04: generative adversarial networks.  Plain NumPy arrays in, plain NumPy arrays and numbers out.

Fill in the functions in any order; `minigen check 04` says what is right so far.  A logit v stands for the
discriminator's answer D = 1 / (1 + exp(-v)), the probability that a point is real.  Both players minimise their
losses.
"""

import numpy as np  # noqa: F401


def optimal_discriminator(p_d, p_g):
    """D*(x), the discriminator that maximises p_d(x) log D(x) + p_g(x) log(1 - D(x)) at every x.

    p_d, p_g: densities of data and generator at the same points, numbers >= 0, arrays of one shape.  Return an array
    of that shape.  It must be right where one of the two is 0; where both are 0 every answer is as good: return 1/2.
    """
    raise NotImplementedError


def gan_losses(real, fake):
    """The triple (loss of D, saturating loss of G, non-saturating loss of G), three numbers, from logits.

    real: logits of a batch of data, (n,).  fake: logits of a batch of samples of G, (m,); n and m may differ.
    Loss of D: -V, where V = mean of log D over the data + mean of log(1 - D) over the samples.  Saturating: the mean
    of log(1 - D) over the samples.  Non-saturating: the mean of -log D over them.  All must be right for logits as
    large as +-1e4, where D rounds to 0 or 1.
    """
    raise NotImplementedError


def gan_gradients(real, fake):
    """The gradients of gan_losses in the logits: four arrays.

    Return (of D's loss in real, of D's loss in fake, of the saturating loss in fake, of the non-saturating loss in
    fake), of shapes (n,), (m,), (m,), (m,).
    """
    raise NotImplementedError


def dirac_step(theta, phi, eta, alternating):
    """One step of the Dirac game: return the new pair (theta, phi), two numbers.

    Data at 0, generator at theta, D(x) = 1 / (1 + exp(-phi x)), and V = -log 2 + log(1 - D(theta)).  theta descends V
    and phi ascends V, each by a gradient step of size eta.  alternating=False: both step from the given pair.
    alternating=True: phi steps first, and theta answers the new phi.
    """
    raise NotImplementedError


def ring(modes, radius, sigma):
    """The pair (centres, covariance) of a ring of equal, round Gaussians in the plane.

    centres: (modes, 2), evenly spaced on the circle of this radius around 0, counter-clockwise, the first at
    (radius, 0).  covariance: (2, 2), of each of them; sigma is the standard deviation along each axis.
    """
    raise NotImplementedError


def mode_report(samples, centres, sigma):
    """The triple (captured, high_quality, mode_tv) of samples (n, d) against equal round modes at centres (k, d).

    captured: how many modes have at least one sample at a distance of at most 3 sigma.  high_quality: the share of all
    samples that lie at most 3 sigma from their nearest mode.  mode_tv: the total variation, in [0, 1], between the
    shares of the samples that are nearest to each mode (good samples or not) and the even shares 1/k.
    """
    raise NotImplementedError


def conditional_input(z, labels, classes):
    """What the generator of a conditional GAN takes: z with the one-hot label to its right, (n, d + classes).

    z: (n, d).  labels: n whole numbers from 0 to classes - 1, of which some may not occur.
    """
    raise NotImplementedError


def conv_transpose(y, w, stride, padding):
    """The transposed convolution of the picture y (h, v) with the kernel w (a, b): the adjoint of conv.

    conv takes a picture x to conv(x)[i, j] = sum over s, t of w[s, t] x[stride i + s - padding, stride j + t - padding]
    with zeros outside x.  Return the picture with <conv(x), y> = <x, conv_transpose(y)> for all x, of shape
    ((h - 1) stride - 2 padding + a, (v - 1) stride - 2 padding + b).
    """
    raise NotImplementedError

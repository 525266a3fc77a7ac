"""The table of derivatives: one vector-Jacobian rule for each argument of each NumPy function.

A rule is rule(g, y, *arrays, **params): g is the cotangent of the result y, and the rule returns the
cotangent of one argument.  Shapes that differ by broadcasting are reconciled by `tensor.fit`.
Functions that are compositions of others stand in compose.py.
"""

import math

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from minigen.autodiff.duck import getitem
from minigen.autodiff.tensor import astype, constant, defvjp, primitive, raw, sum_to

# Arithmetic

defvjp(np.positive, lambda g, y, x: g)
defvjp(np.negative, lambda g, y, x: -g)
defvjp(np.add, lambda g, y, a, b: g, lambda g, y, a, b: g)
defvjp(np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: -g)
defvjp(np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)
defvjp(np.divide, lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b)
defvjp(np.reciprocal, lambda g, y, x: -g * y * y)
defvjp(np.square, lambda g, y, x: 2 * g * x)
defvjp(np.sqrt, lambda g, y, x: 0.5 * g / y)
defvjp(np.cbrt, lambda g, y, x: g / (3 * y * y))


def _power_base(g, y, a, b):
    if isinstance(b, (int, float)):
        return g * b * a ** (b - 1) if b else np.zeros_like(g)
    zero = raw(b) == 0  # a**0 is constant, also at a = 0, where b * a**(b - 1) would be 0 * inf
    return g * b * a ** np.where(zero, np.ones_like(b), b - 1)


# In the exponent, 0**b is constant for b > 0; a negative base has no real derivative there: NaN.
defvjp(np.power, _power_base, lambda g, y, a, b: g * y * np.log(np.where(raw(a) == 0, np.ones_like(a), a)))

# Exponentials and logarithms

defvjp(np.exp, lambda g, y, x: g * y)
defvjp(np.exp2, lambda g, y, x: g * y * float(np.log(2)))
defvjp(np.expm1, lambda g, y, x: g * (y + 1))
defvjp(np.log, lambda g, y, x: g / x)
defvjp(np.log2, lambda g, y, x: g / x / float(np.log(2)))
defvjp(np.log10, lambda g, y, x: g / x / float(np.log(10)))
defvjp(np.log1p, lambda g, y, x: g / (1 + x))
defvjp(np.logaddexp, lambda g, y, a, b: g * sigmoid(a - b), lambda g, y, a, b: g * sigmoid(b - a))

# Circles and hyperbolas

defvjp(np.sin, lambda g, y, x: g * np.cos(x))
defvjp(np.cos, lambda g, y, x: -g * np.sin(x))
defvjp(np.tan, lambda g, y, x: g * (1 + y * y))
defvjp(np.arcsin, lambda g, y, x: g / np.sqrt(1 - x * x))
defvjp(np.arccos, lambda g, y, x: -g / np.sqrt(1 - x * x))
defvjp(np.arctan, lambda g, y, x: g / (1 + x * x))
defvjp(np.arctan2, lambda g, y, a, b: g * b / (a * a + b * b), lambda g, y, a, b: -g * a / (a * a + b * b))
defvjp(np.hypot, lambda g, y, a, b: g * _ratio(a, y), lambda g, y, a, b: g * _ratio(b, y))
defvjp(np.sinh, lambda g, y, x: g * np.cosh(x))
defvjp(np.cosh, lambda g, y, x: g * np.sinh(x))
defvjp(np.tanh, lambda g, y, x: g * (1 - y * y))
defvjp(np.arcsinh, lambda g, y, x: g / np.sqrt(1 + x * x))
defvjp(np.arccosh, lambda g, y, x: g / np.sqrt(x * x - 1))
defvjp(np.arctanh, lambda g, y, x: g / (1 - x * x))

# Kinks.  At a tie, maximum and minimum give half to each side, max and min equal shares; abs has slope 0
# at 0; clip has slope 1 at its bounds.

defvjp(np.absolute, lambda g, y, x: g * np.sign(x))
defvjp(
    np.maximum, lambda g, y, a, b: g * (a > b) + 0.5 * g * (a == b), lambda g, y, a, b: g * (b > a) + 0.5 * g * (a == b)
)
defvjp(
    np.minimum, lambda g, y, a, b: g * (a < b) + 0.5 * g * (a == b), lambda g, y, a, b: g * (b < a) + 0.5 * g * (a == b)
)
defvjp(np.where, None, lambda g, y, c, a, b: np.where(c, g, 0), lambda g, y, c, a, b: np.where(c, 0, g))


@primitive
def clip_to(x, low, high):
    """min(max(x, low), high)."""
    return np.clip(x, low, high)


defvjp(
    clip_to,
    lambda g, y, x, low, high: g * ((x >= low) & (x <= high)),
    lambda g, y, x, low, high: g * (x < low),
    lambda g, y, x, low, high: g * (x > high),
)

# Sums and their kin


def axes_of(axis, ndim):
    """axis as a tuple of axes counted from 0; None: all of them."""
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def _restore(g, x, axis, keepdims):
    """g of a reduced shape, with the reduced axes back as length 1."""
    if keepdims or not x.ndim:
        return g
    axes = axes_of(axis, x.ndim)
    return g.reshape(tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def _extremum(g, y, x, axis=None, keepdims=False):
    attained = raw(x) == raw(_restore(y, x, axis, keepdims))
    ties = attained.sum(axes_of(axis, x.ndim), keepdims=True)
    return _restore(g, x, axis, keepdims) / ties.astype(x.dtype) * attained


def _ratio(x, r):
    """x / r, and 0 where r = 0: the direction of a vector of length r, by convention 0 for the vector 0."""
    zero = raw(r) == 0
    return np.where(zero, 0, x) / np.where(zero, np.ones_like(r), r)


defvjp(np.sum, lambda g, y, x, axis=None, keepdims=False: _restore(g, x, axis, keepdims))
defvjp(np.mean, lambda g, y, x, axis=None, keepdims=False: _restore(g, x, axis, keepdims) * (y.size / max(x.size, 1)))
defvjp(np.max, _extremum)
defvjp(np.min, _extremum)
defvjp(np.cumsum, lambda g, y, x, axis: np.flip(np.cumsum(np.flip(g, axis), axis), axis))


@primitive
def euclidean_norm(x, axis=None, keepdims=False):
    """The square root of the sum of squares; its gradient at 0 is 0."""
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


@primitive
def logsumexp(x, axis=None, keepdims=False):
    """log sum exp x along axis, without overflow; -inf where all of x is."""
    m = np.max(x, axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, np.zeros_like(m))
    with np.errstate(divide="ignore"):
        y = np.log(np.sum(np.exp(x - m), axis=axis, keepdims=True)) + m
    return y if keepdims else y.reshape(np.sum(x, axis=axis).shape)


@primitive
def softmax(x, axis=-1):
    """exp(x) / sum exp(x) along axis, without overflow."""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


@primitive
def log_softmax(x, axis=-1):
    """x - log sum exp x along axis, without overflow."""
    x = x - np.max(x, axis=axis, keepdims=True)
    return x - np.log(np.sum(np.exp(x), axis=axis, keepdims=True))


def _weighted(weight):
    """The rule of a reduction whose slope in x is weight(x, y)."""
    return lambda g, y, x, axis=None, keepdims=False: (
        _restore(g, x, axis, keepdims) * weight(x, _restore(y, x, axis, keepdims))
    )


defvjp(euclidean_norm, _weighted(_ratio))
defvjp(logsumexp, _weighted(lambda x, y: np.exp(x - y)))
defvjp(softmax, lambda g, y, x, axis=-1: y * (g - np.sum(g * y, axis=axis, keepdims=True)))
defvjp(log_softmax, lambda g, y, x, axis=-1: g - np.exp(y) * np.sum(g, axis=axis, keepdims=True))

# Logits: stable at any size


@primitive
def softplus(x):
    """log(1 + exp(x)), right at any size of x."""
    return np.logaddexp(x, 0)


def times_sigmoid(a, x):
    """a sigmoid(x), on raw arrays: a / (1 + exp(-x)), in one temporary instead of four."""
    y = -x
    with np.errstate(over="ignore"):  # exp(-x) = inf gives 0, which is right
        y = np.exp(y, out=y if np.ndim(y) and y.dtype.kind == "f" else None)
    y += 1
    return np.divide(a, y, out=y if np.ndim(y) else None)


@primitive
def sigmoid(x):
    """1 / (1 + exp(-x)), relatively accurate on both sides."""
    return times_sigmoid(1, x)


@primitive
def log_sigmoid(x):
    """log(sigmoid(x)) = -softplus(-x)."""
    return -np.logaddexp(-x, 0)


@primitive
def relu(x):
    """max(x, 0), with slope 0 at 0."""
    y = np.zeros_like(x)
    return np.maximum(x, y, out=y if np.ndim(y) else None)  # twice as fast as against the number 0


defvjp(softplus, lambda g, y, x: g * sigmoid(x))
defvjp(sigmoid, lambda g, y, x: g * y * sigmoid(-x))
defvjp(log_sigmoid, lambda g, y, x: g * sigmoid(-x))
defvjp(relu, lambda g, y, x: g * (x > 0))

# Shapes

defvjp(astype, lambda g, y, x, dtype: g)  # fit casts it back
defvjp(sum_to, lambda g, y, x, shape: g)  # fit broadcasts it back
defvjp(np.broadcast_to, lambda g, y, x, shape: g)  # fit sums it back


def reshape(x, shape):
    """np.reshape, by the method: CuPy's function calls the shape something else."""
    return x.reshape(shape)


reshape.__module__ = "numpy"  # errors speak of np.reshape


def _transpose(g, y, x, axes=None):
    return np.transpose(g, None if axes is None else np.argsort([a % x.ndim for a in axes]).tolist())


def _concatenate(i, g, y, *arrays, axis=0):
    start = sum(a.shape[axis] for a in arrays[:i])
    window = (slice(None),) * (axis % y.ndim) + (slice(start, start + arrays[i].shape[axis]),)
    return g[window]


def concatenate(*arrays, axis=0):
    """np.concatenate of its arguments."""
    return np.concatenate(arrays, axis=axis)


defvjp(reshape, each=lambda i, g, y, x, shape: g.reshape(x.shape))
defvjp(np.transpose, _transpose)
defvjp(concatenate, each=_concatenate)

# Indexing: what was picked goes back to its place, and repeated places add up


def _is_basic(index):
    """Whether an index has only integers, slices, None and ...: then it cannot pick a place twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is Ellipsis or isinstance(p, (int, np.integer, slice)) for p in parts)


@primitive
def scatter(g, index, shape):
    """Zeros of this shape, with g added at index: the adjoint of x[index]."""
    if _is_basic(index):
        out = np.zeros_like(g, shape=shape)
        out[index] = g
        return out
    return _add_at(np.arange(math.prod(shape), like=g).reshape(shape)[index], g, shape)


def _add_at(places, g, shape):
    """Zeros of this shape, with g added at places, numbers of entries: one index, as NumPy and CuPy do fastest."""
    out = np.zeros_like(g, shape=(math.prod(shape),))
    np.add.at(out, places.reshape(-1), np.broadcast_to(g, places.shape).reshape(-1))
    return out.reshape(shape)


defvjp(getitem, lambda g, y, x, index: scatter(g, index, x.shape))
defvjp(scatter, lambda g, y, x, index, shape: g[index])


@primitive
def scatter_along_axis(g, indices, axis, n):
    """The adjoint of np.take_along_axis: zeros with axis of length n, with g added where indices say."""
    shape = (*g.shape[:axis], n, *g.shape[axis + 1 :])
    place = [np.arange(k, like=g).reshape((-1,) + (1,) * (g.ndim - 1 - i)) for i, k in enumerate(g.shape)]
    place[axis] = np.broadcast_to(indices, g.shape)
    return _add_at(np.arange(math.prod(shape), like=g).reshape(shape)[tuple(place)], g, shape)


defvjp(
    np.take_along_axis,
    lambda g, y, x, indices, axis: scatter_along_axis(g, raw(indices), axis % x.ndim, x.shape[axis]),
    None,
)
defvjp(scatter_along_axis, lambda g, y, x, indices, axis, n: np.take_along_axis(g, indices, axis))

# Products


def _t(a):
    """The matrices of a, transposed."""
    return np.swapaxes(a, -1, -2)


@primitive
def affine(x, weight, bias):
    """x W^T + b for points in rows: x (n, in), weight (out, in), bias (out,) or (n, out): one call instead of three."""
    y = x @ weight.T
    y += bias
    return y


def einsum(*operands, subscripts, optimize=False):
    """np.einsum; subscripts explicit, and no letter twice in one operand."""
    return np.einsum(subscripts, *operands, optimize=optimize)


def _einsum(i, g, y, *operands, subscripts, optimize=False):
    inputs, output = subscripts.split("->")
    mine, others = inputs.split(",")[i], [s for j, s in enumerate(inputs.split(",")) if j != i]
    known = "".join([output, *others])
    kept = "".join(c for c in mine if c in known)
    arrays = [a for j, a in enumerate(operands) if j != i]
    r = np.einsum(",".join([output, *others]) + "->" + kept, g, *arrays, optimize=optimize)
    lengths = iter(r.shape)  # a letter that only this operand has was summed: fit broadcasts it back
    return r.reshape(tuple(next(lengths) if c in known else 1 for c in mine))


defvjp(np.matmul, lambda g, y, a, b: g @ _t(b), lambda g, y, a, b: _t(a) @ g)  # compose.py gives 1-D an axis
defvjp(
    affine,
    lambda g, y, x, weight, bias: g * weight if len(weight) == 1 else g @ weight,  # one column: 3 times as fast
    lambda g, y, x, weight, bias: g.T @ x,
    lambda g, y, x, weight, bias: np.ones_like(raw(g)[:, 0]) @ g if bias.ndim == 1 else g,  # a sum over rows, by BLAS
)
defvjp(einsum, each=_einsum)

# Linear algebra.  cholesky reads one triangle of a symmetric matrix; its gradient is the symmetric one.


@primitive
def log_abs_det(x):
    """log |det x|."""
    return np.linalg.slogdet(x)[1]


def _cholesky(g, y, x):
    lower = _t(y) @ g
    half = 0.5 * (np.tril(lower) + np.tril(lower, -1))
    s = np.linalg.solve(_t(y), _t(np.linalg.solve(_t(y), _t(half))))
    return 0.5 * (s + _t(s))


defvjp(np.linalg.inv, lambda g, y, a: -_t(y) @ g @ _t(y))
defvjp(
    np.linalg.solve, lambda g, y, a, b: -np.linalg.solve(_t(a), g) @ _t(y), lambda g, y, a, b: np.linalg.solve(_t(a), g)
)
defvjp(np.linalg.det, lambda g, y, x: (g * y)[..., None, None] * _t(np.linalg.inv(x)))
defvjp(log_abs_det, lambda g, y, x: g[..., None, None] * _t(np.linalg.inv(x)))
defvjp(np.linalg.cholesky, _cholesky)

# Functions without a slope: on Tensors they give plain arrays

constant(
    np.sign, np.heaviside, np.floor, np.ceil, np.rint, np.round, np.trunc, np.floor_divide,
    np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal,
    np.logical_and, np.logical_or, np.logical_not, np.logical_xor, np.signbit,
    np.isfinite, np.isnan, np.isinf, np.isclose, np.allclose, np.array_equal,
    np.argmax, np.argmin, np.argsort, np.searchsorted, np.nonzero, np.count_nonzero, np.any, np.all,
    np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.full_like, np.empty_like, np.result_type,
    np.array_repr, np.array_str,
)  # fmt: skip

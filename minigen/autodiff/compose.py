"""NumPy functions that are compositions of those with a rule, and so need none of their own.

Each is registered under NumPy's function and takes NumPy's arguments.  Being compositions, they are right to
every order once the rules are.
"""

import operator
import string

import numpy as np

from minigen.autodiff import rules
from minigen.autodiff.duck import HANDLERS, getitem
from minigen.autodiff.rules import affine, clip_to, concatenate, einsum, euclidean_norm, log_abs_det
from minigen.autodiff.tensor import Tensor, apply, derived, raw

# Under other names

for name, original in {"amax": np.max, "amin": np.min, "permute_dims": np.transpose}.items():
    HANDLERS.setdefault(getattr(np, name), HANDLERS[original])


def _getitem(x, index):
    """x[index]; a Tensor inside the index is taken as its numbers."""
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(p, Tensor) for p in parts):
        index = tuple(map(raw, parts)) if isinstance(index, tuple) else raw(index)
    return apply(getitem, x, index=index)


HANDLERS[getitem] = _getitem
HANDLERS[np.where] = lambda condition, *xy: _where(condition, *xy)


def _where(condition, *xy):
    if len(xy) != 2:
        raise TypeError("np.where on Tensors takes a condition and two choices: np.where(mask, a, b)")
    return apply(np.where, raw(condition), *xy)


# Reductions


@derived(np.var)
def var(a, axis=None, *, ddof=0, keepdims=False, correction=None):
    centred = a - np.mean(a, axis=axis, keepdims=True)
    count = _count(a, axis) - (ddof if correction is None else correction)
    return np.sum(np.square(centred), axis=axis, keepdims=keepdims) / count


@derived(np.std)
def std(a, axis=None, *, ddof=0, keepdims=False, correction=None):
    """The norm of the centred values, so that its gradient at zero spread is 0 and not NaN."""
    centred = a - np.mean(a, axis=axis, keepdims=True)
    count = _count(a, axis) - (ddof if correction is None else correction)
    return euclidean_norm(centred, axis=axis, keepdims=keepdims) / count**0.5


def _count(a, axis):
    return int(np.prod([a.shape[i] for i in rules._axes(axis, a.ndim)], dtype=int))


@derived(np.prod)
def prod(a, axis=None, *, keepdims=False):
    """By halves: no division, so it is right where a factor is 0, to every order."""
    axes = rules._axes(axis, a.ndim)
    rest = [i for i in range(a.ndim) if i not in axes]
    kept = tuple(a.shape[i] for i in rest)
    x = np.reshape(np.transpose(a, (*axes, *rest)), (_count(a, axis), *kept))
    while len(x) > 1:
        half = len(x) // 2
        pairs = x[:half] * x[half : 2 * half]
        x = np.concatenate([pairs, x[2 * half :]]) if len(x) % 2 else pairs
    x = x[0] if len(x) else np.prod(x.data, axis=0) + np.sum(x, axis=0)
    return np.reshape(x, tuple(1 if i in axes else n for i, n in enumerate(a.shape))) if keepdims else x


@derived(np.cumsum)
def cumsum(a, axis=None):
    return apply(np.cumsum, np.ravel(a) if axis is None else a, axis=0 if axis is None else axis)


@derived(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    """Vector norms of any order and the Frobenius norm; the gradient of the 2-norm at 0 is 0."""
    vector = isinstance(axis, (int, np.integer)) or (axis is None and (x.ndim == 1 or ord is None))
    if (ord is None or ord == "fro") if not vector else (ord is None or ord == 2):
        return euclidean_norm(x, axis=axis, keepdims=keepdims)
    if not vector or isinstance(ord, str):
        raise TypeError(
            f"np.linalg.norm of matrices with ord={ord!r} has no gradient rule: use 'fro', or x.data"
        )
    if ord == np.inf:
        return np.max(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return np.min(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        raise TypeError("np.linalg.norm with ord=0 counts, and has no useful gradient: use x.data")
    size = np.abs(x) if ord == 1 else np.abs(x) ** ord
    total = np.sum(size, axis=axis, keepdims=keepdims)
    return total if ord == 1 else total ** (1 / ord)


@derived(np.clip)
def clip(a, a_min=None, a_max=None, *, min=None, max=None):
    low, high = (min if a_min is None else a_min), (max if a_max is None else a_max)
    return apply(clip_to, a, -np.inf if low is None else low, np.inf if high is None else high)


# Shapes


@derived(np.reshape)
def reshape(a, /, shape):
    return apply(np.reshape, a, shape=shape)


@derived(np.broadcast_to)
def broadcast_to(array, shape):
    return apply(np.broadcast_to, array, shape=shape)


@derived(np.ravel)
def ravel(a):
    return np.reshape(a, (-1,))


@derived(np.expand_dims)
def expand_dims(a, axis):
    axes = rules._axes(axis, a.ndim + (len(axis) if isinstance(axis, tuple) else 1))
    lengths = iter(a.shape)
    return np.reshape(a, tuple(1 if i in axes else next(lengths) for i in range(a.ndim + len(axes))))


@derived(np.squeeze)
def squeeze(a, axis=None):
    return np.reshape(a, np.squeeze(a.data, axis).shape)


@derived(np.swapaxes)
def swapaxes(a, axis1, axis2):
    axes = list(range(a.ndim))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return np.transpose(a, axes)


@derived(np.moveaxis)
def moveaxis(a, source, destination):
    source, destination = (rules._axes(s, a.ndim) for s in (source, destination))
    axes = [i for i in range(a.ndim) if i not in source]
    for d, s in sorted(zip(destination, source, strict=True)):
        axes.insert(d, s)
    return np.transpose(a, axes)


@derived(np.matrix_transpose)
def matrix_transpose(x, /):
    return np.swapaxes(x, -1, -2)


@derived(np.atleast_1d)
def atleast_1d(a):
    return a if a.ndim else np.reshape(a, (1,))


@derived(np.flip)
def flip(m, axis=None):
    axes = rules._axes(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(m.ndim))]


@derived(np.roll)
def roll(a, shift, axis=None):
    if axis is None:
        return np.reshape(np.roll(np.ravel(a), shift, 0), a.shape)
    shift, axis = (v if isinstance(v, tuple) else (v,) for v in (shift, axis))
    pairs = np.broadcast(shift, axis)
    for s, i in pairs:
        cut = a.shape[i] - s % a.shape[i] if a.shape[i] else 0
        window = (slice(None),) * (i % a.ndim)
        a = np.concatenate([a[(*window, slice(cut, None))], a[(*window, slice(0, cut))]], axis=i)
    return a


@derived(np.concatenate)
def concatenate_list(arrays, axis=0):
    if axis is None:
        arrays, axis = [np.ravel(a) for a in arrays], 0
    return apply(concatenate, *arrays, axis=operator.index(axis))


@derived(np.stack)
def stack(arrays, axis=0):
    return np.concatenate([np.expand_dims(a, axis) for a in arrays], axis=axis)


@derived(np.vstack)
def vstack(tup):
    return np.concatenate([np.reshape(a, (1, -1)) if np.ndim(a) < 2 else a for a in tup], axis=0)


@derived(np.hstack)
def hstack(tup):
    parts = [np.ravel(a) if np.ndim(a) == 0 else a for a in tup]
    return np.concatenate(parts, axis=0 if np.ndim(parts[0]) == 1 else 1)


@derived(np.column_stack)
def column_stack(tup):
    return np.concatenate([np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in tup], axis=1)


@derived(np.split)
def split(ary, indices_or_sections, axis=0):
    ends = [p.shape[axis] for p in np.split(ary.data, indices_or_sections, axis)]
    starts = np.cumsum([0, *ends]) if not np.iterable(indices_or_sections) else None
    window = (slice(None),) * (axis % ary.ndim)
    if starts is None:
        bounds = [0, *indices_or_sections, ary.shape[axis]]
    else:
        bounds = starts.tolist()
    return [ary[(*window, slice(s, e))] for s, e in zip(bounds, bounds[1:], strict=False)]


@derived(np.pad)
def pad(array, pad_width, mode="constant", *, constant_values=0):
    """Constant padding and every mode of NumPy that copies values: edge, reflect, symmetric, wrap."""
    width = np.broadcast_to(pad_width, (array.ndim, 2)).tolist()
    if mode == "constant":
        frame = np.pad(np.zeros_like(array), width, constant_values=raw(constant_values))
        inside = tuple(slice(low, low + n) for (low, _), n in zip(width, array.shape, strict=True))
        return rules.scatter(array, inside, frame.shape) + frame
    for axis, (low, high) in enumerate(width):
        index = np.pad(np.arange(array.shape[axis]), (low, high), mode=mode)
        array = array[(slice(None),) * axis + (index,)]
    return array


@derived(np.tile)
def tile(A, reps):
    reps = reps if isinstance(reps, tuple) else (reps,)
    n = max(A.ndim, len(reps))
    shape, reps = (1,) * (n - A.ndim) + A.shape, (1,) * (n - len(reps)) + reps
    spread = np.broadcast_to(
        np.reshape(A, tuple(v for k in shape for v in (1, k))),
        tuple(v for r, k in zip(reps, shape, strict=True) for v in (r, k)),
    )
    return np.reshape(spread, tuple(r * k for r, k in zip(reps, shape, strict=True)))


@derived(np.take)
def take(a, indices, axis=None):
    if axis is None:
        a, axis = np.ravel(a), 0
    return a[(slice(None),) * (axis % a.ndim) + (raw(indices),)]


@derived(np.sort)
def sort(a, axis=-1):
    if axis is None:
        a, axis = np.ravel(a), 0
    return np.take_along_axis(a, np.argsort(a, axis, kind="stable"), axis)


@derived(np.diff)
def diff(a, n=1, axis=-1):
    window = (slice(None),) * (axis % a.ndim)
    for _ in range(n):
        a = a[(*window, slice(1, None))] - a[(*window, slice(None, -1))]
    return a


@derived(np.tril)
def tril(m, k=0):
    return m * np.tril(np.ones_like(m), k)


@derived(np.triu)
def triu(m, k=0):
    return m * np.triu(np.ones_like(m), k)


@derived(np.diagonal)
def diagonal(a, offset=0, axis1=0, axis2=1):
    """Every (m + 1)-th entry of the flattened n x m matrices."""
    x = np.moveaxis(a, (axis1, axis2), (-2, -1))
    n, m = x.shape[-2:]
    start = offset if offset >= 0 else -offset * m
    length = max(0, min(n + min(offset, 0), m - max(offset, 0)))
    flat = np.reshape(x, (*x.shape[:-2], n * m))
    return flat[..., start : start + length * (m + 1) : m + 1] if length else flat[..., :0]


@derived(np.trace)
def trace(a, offset=0, axis1=0, axis2=1):
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


# Products


@derived(np.matmul)
def matmul(a, b):
    """1-D operands get an axis and lose it again, as in NumPy."""
    row, column = np.ndim(a) == 1, np.ndim(b) == 1
    y = apply(np.matmul, np.expand_dims(a, 0) if row else a, np.expand_dims(b, 1) if column else b)
    if row:
        y = y[..., 0] if column else y[..., 0, :]
        return y[..., 0] if column else y
    return y[..., 0] if column else y


@derived(np.dot)
def dot(a, b):
    if not np.ndim(a) or not np.ndim(b):
        return a * b
    return np.matmul(a, b) if np.ndim(b) <= 2 else np.tensordot(a, b, axes=(-1, -2))


@derived(np.inner)
def inner(a, b):
    return np.tensordot(a, b, axes=(-1, -1)) if np.ndim(a) and np.ndim(b) else a * b


@derived(np.vdot)
def vdot(a, b):
    return np.sum(np.ravel(a) * np.ravel(b))


@derived(np.outer)
def outer(a, b):
    return np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))


@derived(np.tensordot)
def tensordot(a, b, axes=2):
    if isinstance(axes, int):
        axes = (range(np.ndim(a) - axes, np.ndim(a)), range(axes))
    left, right = (
        rules._axes((s,) if isinstance(s, int) else tuple(s), np.ndim(x))
        for s, x in zip(axes, (a, b), strict=True)
    )
    free_a = [i for i in range(np.ndim(a)) if i not in left]
    free_b = [i for i in range(np.ndim(b)) if i not in right]
    shape = [np.shape(a)[i] for i in free_a] + [np.shape(b)[i] for i in free_b]
    summed = int(np.prod([np.shape(a)[i] for i in left], dtype=int))
    rows = int(np.prod([np.shape(a)[i] for i in free_a], dtype=int))
    matrix_a = np.reshape(np.transpose(a, (*free_a, *left)), (rows, summed))
    matrix_b = np.reshape(
        np.transpose(b, (*right, *free_b)), (summed, int(np.prod(shape[len(free_a) :], dtype=int)))
    )
    return np.reshape(np.matmul(matrix_a, matrix_b), shape)


@derived(np.einsum)
def einsum_string(subscripts, *operands, optimize=False):
    """np.einsum with a string: explicit or implicit output, ellipsis, repeated letters."""
    if not isinstance(subscripts, str):
        raise TypeError("np.einsum on Tensors takes its subscripts as a string, such as 'ij,jk->ik'")
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        raise ValueError(f"np.einsum: {len(terms)} subscripts for {len(operands)} operands in {subscripts!r}")
    spare = [c for c in string.ascii_letters if c not in subscripts]
    depth = max(
        (np.ndim(x) - len(s) + 3 for s, x in zip(terms, operands, strict=True) if "..." in s), default=0
    )
    dots = "".join(spare[:depth])
    if not arrow:
        letters = sorted(set(inputs) - set(",."))
        output = ("..." if "..." in inputs else "") + "".join(c for c in letters if inputs.count(c) == 1)
    terms = [
        s.replace("...", dots[depth - (np.ndim(x) - len(s) + 3) :])
        for s, x in zip(terms, operands, strict=True)
    ]
    xs = list(operands)
    for k, s in enumerate(terms):
        for c in dict.fromkeys(s):
            while s.count(c) > 1:  # the diagonal of the two axes moves to the end
                i = s.index(c)
                j = s.index(c, i + 1)
                xs[k] = np.diagonal(xs[k], axis1=i, axis2=j)
                s = s[:i] + s[i + 1 : j] + s[j + 1 :] + c
        terms[k] = s
    return apply(
        einsum, *xs, subscripts=f"{','.join(terms)}->{output.replace('...', dots)}", optimize=optimize
    )


# Linear algebra


@derived(np.linalg.slogdet)
def slogdet(a):
    return np.linalg.slogdet(a.data)[0], log_abs_det(a)


_solve = HANDLERS[np.linalg.solve]


@derived(np.linalg.solve)
def solve(a, b):
    return _solve(a, b) if np.ndim(b) > 1 else _solve(a, np.expand_dims(b, 1))[..., 0]

"""NumPy functions that are compositions of those with a rule, and so need none of their own.

Each stands under NumPy's function and takes NumPy's arguments.  Being compositions, they are right to every
order once the rules are.
"""

import operator
import string

import numpy as np
from numpy.lib.array_utils import normalize_axis_index as axis_index

from minigen.autodiff import rules
from minigen.autodiff.duck import HANDLERS, getitem
from minigen.autodiff.rules import axes_of, clip_to, euclidean_norm
from minigen.autodiff.tensor import apply, derived, raw

# Reductions


def _centred(a, axis, ddof):
    """a minus its mean, and the square root of the number of degrees of freedom."""
    mean = np.mean(a, axis=axis, keepdims=True)
    return a - mean, (a.size / max(mean.size, 1) - ddof) ** 0.5


@derived(np.std)
def std(a, axis=None, *, ddof=0, keepdims=False, correction=None):
    """The norm of the centred values, so that its gradient at zero spread is 0 and not NaN."""
    centred, root = _centred(a, axis, ddof if correction is None else correction)
    return euclidean_norm(centred, axis=axis, keepdims=keepdims) / root


@derived(np.var)
def var(a, axis=None, *, ddof=0, keepdims=False, correction=None):
    centred, root = _centred(a, axis, ddof if correction is None else correction)
    return np.sum(np.square(centred / root), axis=axis, keepdims=keepdims)


@derived(np.prod)
def prod(a, axis=None, *, keepdims=False):
    """By halves: no division, so it is right where a factor is 0, to every order."""
    axes = axes_of(axis, a.ndim)
    rest = [i for i in range(a.ndim) if i not in axes]
    shape = tuple(a.shape[i] for i in rest)
    x = np.reshape(np.transpose(a, (*axes, *rest)), (int(np.prod([a.shape[i] for i in axes], dtype=int)), *shape))
    while len(x) > 1:
        half = len(x) // 2
        x = np.concatenate([x[:half] * x[half : 2 * half], x[2 * half :]])
    x = x[0] if len(x) else 1 + np.sum(x, axis=0)
    return np.reshape(x, tuple(1 if i in axes else n for i, n in enumerate(a.shape))) if keepdims else x


@derived(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    """Vector norms of any order and the Frobenius norm; the gradient at 0 is 0."""
    vector = isinstance(axis, (int, np.integer)) or (axis is None and x.ndim == 1)
    if ord is None or ord == (2 if vector else "fro"):
        return euclidean_norm(x, axis=axis, keepdims=keepdims)
    if not vector or ord == 0 or isinstance(ord, str):
        raise TypeError(f"np.linalg.norm with ord={ord!r} has no gradient rule here: use x.data")
    if abs(ord) == np.inf:
        return (np.max if ord > 0 else np.min)(np.abs(x), axis=axis, keepdims=keepdims)
    total = np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims)
    zero = raw(total) == 0  # the root has an infinite slope there
    return np.where(zero, 0, np.where(zero, 1, total) ** (1 / ord))


@derived(np.clip)
def clip(a, a_min=None, a_max=None, *, min=None, max=None):
    low, high = (min if a_min is None else a_min), (max if a_max is None else a_max)
    return clip_to(a, -np.inf if low is None else low, np.inf if high is None else high)


derived(np.cumsum, lambda a, axis=None: apply(np.cumsum, *((np.ravel(a),) if axis is None else (a,)), axis=axis or 0))
derived(np.amax, HANDLERS[np.max])
derived(np.amin, HANDLERS[np.min])

# Shapes


def window(axis, ndim, part):
    """The index that takes a part along one axis."""
    return (slice(None),) * axis_index(axis, ndim) + (part,)


@derived(np.where)
def where(condition, *choices):
    if len(choices) != 2:
        raise TypeError("np.where on Tensors takes a condition and two choices: np.where(mask, a, b)")
    return apply(np.where, raw(condition), *choices)


@derived(getitem)
def _getitem(x, index):
    """x[index]; a Tensor inside the index is taken as its numbers."""
    index = tuple(map(_kept, index)) if isinstance(index, tuple) else _kept(index)
    return apply(getitem, x, index=index)


def _kept(index):
    """One part of an index, copied if it could change before the gradient needs it."""
    index = raw(index)
    return index.copy() if hasattr(index, "copy") else index


@derived(np.swapaxes)
def swapaxes(a, axis1, axis2):
    order = list(range(a.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return np.transpose(a, order)


@derived(np.moveaxis)
def moveaxis(a, source, destination):
    source, destination = axes_of(source, a.ndim), axes_of(destination, a.ndim)
    order = [i for i in range(a.ndim) if i not in source]
    for place, axis in sorted(zip(destination, source, strict=True)):
        order.insert(place, axis)
    return np.transpose(a, order)


@derived(np.roll)
def roll(a, shift, axis=None):
    if axis is None:
        return np.reshape(np.roll(np.ravel(a), shift, 0), a.shape)
    for s, i in np.broadcast(shift, axis):
        cut = -int(s) % max(a.shape[i], 1)
        parts = slice(cut, None), slice(0, cut)
        a = np.concatenate([a[window(i, a.ndim, p)] for p in parts], axis=i)
    return a


@derived(np.concatenate)
def concatenate(arrays, axis=0):
    arrays = arrays if axis is not None else [np.ravel(a) for a in arrays]
    return apply(rules.concatenate, *arrays, axis=operator.index(axis or 0))


@derived(np.split)
def split(ary, indices_or_sections, axis=0):
    parts = np.split(np.arange(ary.shape[axis]), indices_or_sections)
    slices = [slice(int(p[0]), int(p[-1]) + 1) if len(p) else slice(0) for p in parts]
    return [ary[window(axis, ary.ndim, s)] for s in slices]


@derived(np.pad)
def pad(array, pad_width, mode="constant", *, constant_values=0):
    """Constant padding, and every mode of NumPy that copies values: edge, reflect, symmetric, wrap."""
    width = np.broadcast_to(pad_width, (array.ndim, 2)).tolist()
    if mode == "constant":
        frame = np.pad(np.zeros_like(array), width, constant_values=raw(constant_values))
        inside = tuple(slice(low, low + n) for (low, _), n in zip(width, array.shape, strict=True))
        return rules.scatter(array, inside, frame.shape) + frame
    for axis, (low, high) in enumerate(width):
        index = np.pad(np.arange(array.shape[axis]), (low, high), mode=mode)
        array = array[window(axis, array.ndim, index.tolist())]
    return array


@derived(np.sort)
def sort(a, axis=-1):
    a, axis = (np.ravel(a), 0) if axis is None else (a, axis)
    return np.take_along_axis(a, np.argsort(a, axis, kind="stable"), axis)


@derived(np.take_along_axis)
def take_along_axis(arr, indices, axis=-1):
    arr, axis = (np.ravel(arr), 0) if axis is None else (arr, axis)
    return apply(np.take_along_axis, arr, raw(indices), axis=axis)


@derived(np.diagonal)
def diagonal(a, offset=0, axis1=0, axis2=1):
    """Every (m + 1)-th entry of the flattened n x m matrices."""
    x = np.moveaxis(a, (axis1, axis2), (-2, -1))
    n, m = x.shape[-2:]
    start, length = max(offset, -offset * m), max(0, min(n + min(offset, 0), m - max(offset, 0)))
    flat = np.reshape(x, (*x.shape[:-2], n * m))
    return flat[..., start : start + length * (m + 1) : m + 1] if length else flat[..., :0]


def _diff(a, n=1, axis=-1):
    for _ in range(n):
        a = a[window(axis, a.ndim, slice(1, None))] - a[window(axis, a.ndim, slice(None, -1))]
    return a


derived(np.reshape, lambda a, /, shape: apply(rules.reshape, a, shape=shape))
derived(np.broadcast_to, lambda array, shape: apply(np.broadcast_to, array, shape=shape))
derived(np.ravel, lambda a: np.reshape(a, (-1,)))
derived(np.expand_dims, lambda a, axis: np.reshape(a, np.expand_dims(raw(a), axis).shape))
derived(np.squeeze, lambda a, axis=None: np.reshape(a, np.squeeze(a.data, axis).shape))
derived(np.matrix_transpose, lambda x, /: np.swapaxes(x, -1, -2))
derived(np.flip, lambda m, axis=None: m[tuple(slice(None, None, -1) if i in axes_of(axis, m.ndim) else slice(None)
                                              for i in range(m.ndim))])  # fmt: skip
derived(np.stack, lambda arrays, axis=0: np.concatenate([np.expand_dims(a, axis) for a in arrays], axis=axis))
derived(np.vstack, lambda tup: np.concatenate([np.reshape(a, (1, -1)) if np.ndim(a) < 2 else a for a in tup]))
derived(np.hstack, lambda tup: np.concatenate([a if np.ndim(a) else np.reshape(a, 1) for a in tup],
                                              axis=int(np.ndim(tup[0]) > 1)))  # fmt: skip
derived(np.column_stack, lambda tup: np.hstack([np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in tup]))
derived(np.take, lambda a, indices, axis=None: np.ravel(a)[raw(indices)] if axis is None
        else a[window(axis, a.ndim, raw(indices))])  # fmt: skip
derived(np.diff, _diff)
derived(np.tril, lambda m, k=0: m * np.tril(np.ones_like(m), k))
derived(np.triu, lambda m, k=0: m * np.triu(np.ones_like(m), k))
derived(np.trace, lambda a, offset=0, axis1=0, axis2=1: np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1))

# Products and linear algebra


@derived(np.matmul)
def matmul(a, b):
    """1-D operands get an axis and lose it again, as in NumPy."""
    row, column = np.ndim(a) == 1, np.ndim(b) == 1
    if not row and not column:
        return apply(np.matmul, a, b)
    if np.shape(a)[-1:] != np.shape(b)[-2:][:1]:
        raise ValueError(f"np.matmul on shapes {np.shape(a)} and {np.shape(b)}: the summed axes differ in length")
    y = apply(np.matmul, np.expand_dims(a, 0) if row else a, np.expand_dims(b, 1) if column else b)
    return np.squeeze(y, (-2,) * row + (-1,) * column)


@derived(np.dot)
def dot(a, b):
    if not np.ndim(a) or not np.ndim(b):
        return a * b
    return np.matmul(a, b) if np.ndim(b) <= 2 else np.tensordot(a, b, axes=(-1, -2))


@derived(np.tensordot)
def tensordot(a, b, axes=2):
    """One product of two matrices: free axes by summed axes, summed axes by free axes."""
    n, m = np.ndim(a), np.ndim(b)
    summed_a, summed_b = (range(n - axes, n), range(axes)) if isinstance(axes, (int, np.integer)) else axes
    summed_a, summed_b = axes_of(summed_a, n), axes_of(summed_b, m)
    free_a, free_b = [i for i in range(n) if i not in summed_a], [i for i in range(m) if i not in summed_b]
    rows, columns = [np.shape(a)[i] for i in free_a], [np.shape(b)[i] for i in free_b]
    k = int(np.prod([np.shape(a)[i] for i in summed_a], dtype=int))
    left = np.reshape(np.transpose(a, (*free_a, *summed_a)), (int(np.prod(rows, dtype=int)), k))
    right = np.reshape(np.transpose(b, (*summed_b, *free_b)), (k, int(np.prod(columns, dtype=int))))
    return np.reshape(np.matmul(left, right), (*rows, *columns))


@derived(np.einsum)
def einsum(subscripts, *operands, optimize=False):
    """np.einsum with a string: explicit or implicit output, ellipsis, repeated letters."""
    if not isinstance(subscripts, str):
        raise TypeError("np.einsum on Tensors takes its subscripts as a string, such as 'ij,jk->ik'")
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms, xs = inputs.split(","), list(operands)
    if len(terms) != len(xs):
        raise ValueError(f"np.einsum: {len(terms)} subscripts for {len(xs)} operands in {subscripts!r}")
    if not arrow:
        output = "..." * ("..." in inputs) + "".join(sorted(c for c in set(inputs) - set(",.") if inputs.count(c) == 1))
    covered = [np.ndim(x) - len(s.replace("...", "")) for s, x in zip(terms, xs, strict=True)]
    depth = max((n for n, s in zip(covered, terms, strict=True) if "..." in s), default=0)
    dots = "".join([c for c in string.ascii_letters if c not in subscripts][:depth])
    for k, s in enumerate(terms):
        s = s.replace("...", dots[depth - covered[k] :])
        for c in [c for c in dict.fromkeys(s) if s.count(c) > 1]:
            while s.count(c) > 1:  # the diagonal of two axes, which comes last
                i, j = s.index(c), s.index(c, s.index(c) + 1)
                xs[k], s = np.diagonal(xs[k], axis1=i, axis2=j), s[:i] + s[i + 1 : j] + s[j + 1 :] + c
        terms[k] = s
    return apply(rules.einsum, *xs, subscripts=f"{','.join(terms)}->{output.replace('...', dots)}", optimize=optimize)


@derived(np.linalg.solve)
def solve(a, b):
    if np.ndim(b) > 1:
        return apply(np.linalg.solve, a, b)
    return apply(np.linalg.solve, a, np.expand_dims(b, 1))[..., 0]


derived(np.linalg.slogdet, lambda a: (np.linalg.slogdet(a.data)[0], rules.log_abs_det(a)))
derived(np.inner, lambda a, b: np.tensordot(a, b, axes=(-1, -1)) if np.ndim(a) and np.ndim(b) else a * b)
derived(np.vdot, lambda a, b: np.sum(np.ravel(a) * np.ravel(b)))
derived(np.outer, lambda a, b: np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1)))

"""The table's other half: functions that move numbers without computing with them."""

import numpy as np
from cases import CASES, case
from domains import at, distinct

from minigen.autodiff import rules
from minigen.autodiff.duck import getitem

__all__ = ["CASES"]

# Indexing: basic, integer arrays (repeated indices add up), masks, and mixtures

ix = np.array([0, 1, 1])
pairs = np.array([[0, 1], [1, 1]])
mask = np.array([True, False, True])
BASIC = [
    ((3,), 0), ((3,), -1), ((3,), slice(1, None)), ((3,), slice(None, None, -2)), ((3,), slice(5, 9)), ((3,), ...),
    ((3,), None), ((2, 3), (slice(None), 1)), ((2, 3), (..., None, 0)), ((2, 3), (1, 2)), ((), ...), ((), None),
    ((), ()), ((2, 3, 2), (..., slice(0, 2), 0)), ((2, 3, 2), (None, 1, ..., None)),
    ((2, 0), (slice(None), slice(None))),
    ((2, 1, 2, 3), (1, ..., slice(None, None, 2))), ((2, 3), np.int64(1)), ((2, 3), (slice(-1, None), -1)),
]  # fmt: skip
ADVANCED = [
    ((2, 3), (ix,)), ((2, 3), (slice(None), ix)), ((3, 2), (pairs,)), ((3, 3), (ix, ix)), ((3, 3), (ix, 1)),
    ((3, 3), (ix, slice(1, None))), ((3, 2, 3), (ix, slice(None), ix)), ((3, 3), (ix, None)),
    ((3, 3), (None, ix, ...)), ((3, 3), (pairs, ix[:2])), ((2, 3, 3), (..., ix, 0)), ((3,), (mask,)), ((3, 2), (mask,)),
    ((2, 3), (slice(None), mask)), ((3, 3), (mask, ix[:2])), ((3, 3), (mask[:, None] & mask,)),
    ((3, 3), (mask, 0)), ((3, 2, 3), (0, slice(None), ix)),
    ((3, 2), (np.zeros(0, int),)), ((3,), (np.zeros(3, bool),)), ((3, 2), (-ix,)),
]  # fmt: skip
case(
    getitem,
    *(at(lambda x, i=i: x[i], s) for s, i in BASIC),
    *(at(lambda x, *arrays, i=i: x[_filled(i, arrays)], s, constants=[k for k in i if isinstance(k, np.ndarray)])
      for s, i in ADVANCED),
    at(lambda x, i: x[i], (3,), constants=[ix]),
    at(lambda x: x[[0, 0, 2]], (3,)),
    at(lambda x: x[True], (2,)),
    at(lambda x: sum(row * row[0] for row in x), (3, 2)),
)  # fmt: skip


def _filled(index, arrays):
    """The index with its arrays taken from `arrays`, in order: so that they may live on another device."""
    arrays = iter(arrays)
    return tuple(next(arrays) if isinstance(k, np.ndarray) else k for k in index)


case(rules.scatter, at(lambda g: rules.scatter(g, slice(1, 3), (4,)), (2,)),
     at(lambda g: rules.scatter(g, (slice(None), 1), (2, 3)), (2,)),
     at(lambda g, i: rules.scatter(g, i, (3, 2)), (3, 2), constants=[ix]),
     at(lambda g, m: rules.scatter(g, m, (3, 2)), (2, 2), constants=[mask]))  # fmt: skip
along = np.array([[1, 1, 0], [0, 1, 0]])
case(np.take_along_axis, at(lambda x, i: np.take_along_axis(x, i, 0), (2, 3), constants=[along]),
     at(lambda x, i: np.take_along_axis(x, i, axis=-1), (2, 3), constants=[along]),
     at(lambda x, i: np.take_along_axis(x, i, 1), (2, 3), constants=[along[:, :1]]),
     at(lambda x, i: np.take_along_axis(x, i, 1), (1, 3), constants=[along]),
     at(lambda x, i: np.take_along_axis(x, i, 1), (2, 3), constants=[along[:1]]),
     at(lambda x, i: np.take_along_axis(x, i, None), (2, 3), constants=[along[0]]))  # fmt: skip
case(rules.scatter_along_axis, at(lambda g, i: rules.scatter_along_axis(g, i, 1, 4), (2, 3), constants=[along]),
     at(lambda g, i: rules.scatter_along_axis(g, i, 0, 2), (2, 3), constants=[along]))  # fmt: skip
case(np.take, at(lambda x, i: np.take(x, i), (2, 2), constants=[ix]),
     at(lambda x, i: np.take(x, i, axis=1), (2, 3), constants=[pairs]),
     at(lambda x, i: x.take(i, -2), (2, 3), constants=[ix]), at(lambda x: np.take(x, 1, 0), (2, 3)),
     at(lambda x: np.take(x, [0, 0], axis=-1), (3,)))  # fmt: skip

# Order

case(np.sort, at(np.sort, (4,), domain=distinct), at(np.sort, (2, 3), domain=distinct),
     at(lambda x: np.sort(x, axis=0), (3, 2), domain=distinct), at(lambda x: np.sort(x, None), (2, 2), domain=distinct),
     at(np.sort, (2, 0)), at(lambda x: np.sort(x, axis=-2), (2, 3, 1), domain=distinct))  # fmt: skip

# Shapes

case(np.reshape, at(lambda x: np.reshape(x, (3, 2)), (2, 3)), at(lambda x: x.reshape(-1), (2, 3)),
     at(lambda x: x.reshape(3, -1), (2, 3)), at(lambda x: np.reshape(x, ()), (1, 1)), at(lambda x: x.reshape(()), ()),
     at(lambda x: np.reshape(x, 4), (2, 2)), at(lambda x: np.reshape(x, (3, 0)), (0, 2)),
     at(lambda x: np.reshape(x, shape=(1, 2, 1, 3)), (6,)), at(lambda x: np.reshape(x, [2, 2]), (4,)))  # fmt: skip
case(np.ravel, at(np.ravel, (2, 3)), at(np.ravel, ()), at(lambda x: x.ravel(), (2, 0)))
case(np.transpose, at(np.transpose, (2, 3)), at(lambda x: np.transpose(x, (2, 0, 1)), (2, 3, 4)),
     at(lambda x: np.transpose(x, [-1, 0, 1]), (2, 3, 4)), at(lambda x: x.T, (2, 1, 3)), at(np.transpose, ()),
     at(lambda x: x.transpose(1, 2, 0), (2, 3, 4)), at(lambda x: x.transpose((1, 0)), (2, 0)),
     at(lambda x: x.transpose(), (2, 3)), at(lambda x: np.transpose(x, axes=(3, 0, 2, 1)), (1, 2, 3, 2)))  # fmt: skip
case(np.swapaxes, at(lambda x: np.swapaxes(x, 0, 1), (2, 3)), at(lambda x: x.swapaxes(-1, 0), (2, 3, 4)))
case(np.matrix_transpose, at(np.matrix_transpose, (2, 3)), at(np.matrix_transpose, (2, 1, 3)))
case(np.moveaxis, at(lambda x: np.moveaxis(x, 0, -1), (2, 3, 4)),
     at(lambda x: np.moveaxis(x, (0, 1), (-1, 0)), (2, 3, 4)), at(lambda x: np.moveaxis(x, [0, -1], [1, 2]), (2, 3, 4)),
     at(lambda x: np.moveaxis(x, [3, 0], [0, 2]), (1, 2, 3, 2)))  # fmt: skip
case(np.expand_dims, at(lambda x: np.expand_dims(x, 0), (3,)), at(lambda x: np.expand_dims(x, -1), (2, 3)),
     at(lambda x: np.expand_dims(x, (0, -1)), (2,)), at(lambda x: np.expand_dims(x, [0, 2]), (2,)),
     at(lambda x: np.expand_dims(x, 0), ()))  # fmt: skip
case(np.squeeze, at(np.squeeze, (1, 3, 1)), at(lambda x: np.squeeze(x, -1), (1, 3, 1)),
     at(lambda x: np.squeeze(x, axis=(0, 2)), (1, 3, 1)), at(lambda x: x.squeeze(), (1, 1)))  # fmt: skip
case(np.flip, at(np.flip, (2, 3)), at(lambda x: np.flip(x, 1), (2, 3)), at(lambda x: np.flip(x, (0, -1)), (2, 3, 2)),
     at(np.flip, ()), at(lambda x: np.flip(x, axis=-2), (2, 0)))  # fmt: skip
case(np.roll, *(at(lambda x, k=k, a=a: np.roll(x, k, a), s) for s, k, a in [
    ((4,), 1, 0), ((2, 3), 2, None), ((2, 3), -1, 1), ((2, 3), (1, -2), (0, 1)), ((2, 3), 5, -1), ((2, 3), 1, (0, 1)),
    ((2, 3), [1, 2], [0, 1]), ((2, 3), (1, 1), (1, 1)), ((2, 0), 1, 1), ((3,), 0, 0), ((3,), -4, 0),
    ((2, 3), (1, 2), 1)]))  # fmt: skip
case(np.diff, at(np.diff, (4,)), at(lambda x: np.diff(x, 2, 0), (4, 2)), at(lambda x: np.diff(x, axis=-2), (2, 3, 2)))
case(np.tril, at(np.tril, (3, 3)), at(lambda x: np.tril(x, -1), (2, 2, 3)), at(lambda x: np.tril(x, k=1), (3, 2)))
case(np.triu, at(np.triu, (3, 3)), at(lambda x: np.triu(x, -1), (2, 2, 3)), at(lambda x: np.triu(x, k=1), (3, 2)))
DIAGONALS = [((3, 3), {}), ((2, 3), {"offset": 1}), ((3, 2), {"offset": -1}), ((2, 3, 2), {"axis1": 1, "axis2": 2}),
             ((2, 3, 2), {"axis1": -1, "axis2": 0}), ((2, 2), {"offset": 5}), ((2, 2), {"offset": -5}),
             ((2, 3, 2), {"offset": 1, "axis1": 2, "axis2": 1}), ((0, 2), {}), ((4, 2), {"offset": -2}),
             ((4, 3), {"offset": 1})]  # fmt: skip
for f in np.diagonal, np.trace:
    case(f, *(at(lambda x, f=f, k=k: f(x, **k), s) for s, k in DIAGONALS))

# Joining and cutting

case(np.concatenate, at(lambda a, b: np.concatenate([a, b]), (2,), (3,)),
     at(lambda a, b: np.concatenate((a, b), axis=1), (2, 1), (2, 3)),
     at(lambda a, b, c: np.concatenate([a, b, c], -1), (2, 1), (2, 0), (2, 2)),
     at(lambda a, b: np.concatenate([a, b], axis=None), (2, 1), (3,)),
     at(lambda a: np.concatenate([a, a]), (2,)), at(lambda a: np.concatenate([a]), (2, 2)),
     at(lambda a, b: np.concatenate([a, b], axis=-2), (1, 2, 1, 3), (1, 2, 2, 3)))  # fmt: skip
case(np.stack, at(lambda a, b: np.stack([a, b]), (3,), (3,)),
     at(lambda a, b: np.stack((a, b), axis=-1), (2, 3), (2, 3)),
     at(lambda a, b: np.stack([a, b], 1), (2, 2), (2, 2)), at(lambda a: np.stack([a, a, 2 * a]), ()))  # fmt: skip
case(np.vstack, at(lambda a, b: np.vstack([a, b]), (3,), (3,)), at(lambda a, b: np.vstack((a, b)), (2, 3), (3,)),
     at(lambda a, b: np.vstack([a, b]), (2, 1, 2), (1, 1, 2)), at(lambda a, b: np.vstack([a, b]), (), ()))  # fmt: skip
case(np.hstack, at(lambda a, b: np.hstack([a, b]), (3,), (2,)), at(lambda a, b: np.hstack((a, b)), (2, 3), (2, 1)),
     at(lambda a, b: np.hstack([a, b]), (), ()), at(lambda a, b: np.hstack([a, b]), (), (2,)))  # fmt: skip
case(np.column_stack, at(lambda a, b: np.column_stack([a, b]), (3,), (3,)),
     at(lambda a, b: np.column_stack((a, b)), (2, 3), (2,)))  # fmt: skip
case(np.split, *(at(lambda x, i=i, a=a: _weighed(np.split(x, i, a)), s) for s, i, a in [
    ((6,), 3, 0), ((4, 2), 2, 0), ((2, 6), 3, -1), ((5,), [1, 3], 0), ((5,), (2,), 0), ((5,), np.array([1, 4]), 0),
    ((5,), np.array([1, 4]), -1), ((5,), [3, 9], 0), ((5,), [0, 2], 0), ((5,), [-2], 0), ((5,), [3, 1], 0),
    ((2, 3), [1], 1), ((5,), [], 0)]))  # fmt: skip


def _weighed(parts):
    """One number that knows each part and its place."""
    return sum(((k + 1) * np.sum(p * p) for k, p in enumerate(parts)), start=0.0 * len(parts))


case(np.pad, *(at(lambda x, w=w, k=k: np.pad(x, w, **k), s) for s, w, k in [
    ((3,), 1, {}), ((3,), (2, 1), {}), ((2, 3), ((1, 0), (0, 2)), {}), ((2, 3), 1, {"constant_values": 2.5}),
    ((2, 3), ((1, 2),), {"constant_values": (3.0, -1.0)}), ((3,), 2, {"mode": "edge"}), ((3,), 2, {"mode": "reflect"}),
    ((3,), (4, 5), {"mode": "symmetric"}), ((3,), (4, 5), {"mode": "wrap"}),
    ((2, 3), ((1, 0), (2, 1)), {"mode": "reflect"}),
    ((1, 2, 2, 1), 1, {"mode": "edge"}), ((3,), 0, {}), ((0, 2), 1, {}), ((2, 2), ((1, 1), (0, 0)), {"mode": "wrap"}),
    ((3,), (7, 0), {"mode": "reflect"})]))  # fmt: skip

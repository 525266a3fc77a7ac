"""The table function -> forms: how each function with a gradient is called, and on which domain.

Domains keep clear of kinks and of singularities; what happens exactly there stands in conventions.py.
"""

import numpy as np
from domains import at, away_from_zero, between, both, distinct, elementwise, inside, positive, reals, regular

import minigen as mg
from minigen.autodiff import rules
from minigen.autodiff.duck import getitem
from minigen.autodiff.functional import alias
from minigen.autodiff.tensor import HANDLERS, astype, sum_to

CASES: dict = {}


def case(function, *forms):
    """Add forms to a function's entry; forms given as lists are joined."""
    entry = CASES.setdefault(getattr(function, "on_arrays", function), [])
    for form in forms:
        entry.extend(form if isinstance(form, list) else [form])


# Elementwise, one argument

for f, domain in {
    np.positive: reals, np.negative: reals, np.square: reals, np.exp: reals, np.exp2: reals, np.expm1: reals,
    np.reciprocal: away_from_zero, np.cbrt: away_from_zero, np.absolute: away_from_zero,
    np.sqrt: positive, np.log: positive, np.log2: positive, np.log10: positive, np.log1p: between(-0.5, 2.0),
    np.sin: reals, np.cos: reals, np.tan: between(-1.1, 1.1), np.arcsin: inside, np.arccos: inside,
    np.arctan: reals, np.sinh: reals, np.cosh: reals, np.tanh: reals, np.arcsinh: reals,
    np.arccosh: between(1.3, 3.0), np.arctanh: inside,
    mg.softplus: reals, mg.sigmoid: reals, mg.log_sigmoid: reals, mg.relu: away_from_zero, alias: reals,
}.items():  # fmt: skip
    if f is alias:  # not a function of arrays for users: what an inner derivative is taken in
        f = lambda x: HANDLERS[alias](x) if isinstance(x, mg.Tensor) else x  # noqa: E731
        case(alias, elementwise(f))
    else:
        case(f, elementwise(f, domain))

# Elementwise, two and three arguments

case(np.add, elementwise(np.add, arity=2), at(lambda a: 2 + a + 1, (2,)), at(lambda a: np.add(a, a), (3,)))
case(np.subtract, elementwise(np.subtract, arity=2), at(lambda a: 2 - (a - 1), (2, 0)), at(lambda a: 3 - a, ()))
case(np.multiply, elementwise(np.multiply, arity=2), at(lambda a: 2 * a * 3, (2,)), at(lambda a: a * a, (2, 1)))
case(np.divide, elementwise(np.divide, both(reals, away_from_zero), arity=2),
     at(lambda a: 2 / a / 3, (2, 2), domain=away_from_zero))  # fmt: skip
case(
    np.power,
    elementwise(np.power, both(positive, reals), arity=2),
    *(at(lambda a, k=k: a**k, (2, 2), domain=away_from_zero) for k in (0, 1, 2, 3, -1, -2, 2.0)),
    *(at(lambda a, k=k: np.power(a, k), (3,), domain=positive) for k in (0.5, -1.5, np.float64(2.5), 2)),
    at(lambda a: 2.0**a, (3,)),
    at(lambda a: np.power(3, a), (2, 1)),
    at(lambda a, k: a**k, (2, 3), domain=away_from_zero, constants=[np.array([0, 1, 3])]),
    at(lambda a, k: a**k, (2, 1), domain=away_from_zero, constants=[np.array([0.0, -1.0, 2.0])]),
)
case(np.logaddexp, elementwise(np.logaddexp, arity=2), at(lambda a: np.logaddexp(a, 0), (3,)))
case(np.arctan2, elementwise(np.arctan2, away_from_zero, arity=2))
case(np.hypot, elementwise(np.hypot, away_from_zero, arity=2))
case(np.maximum, elementwise(np.maximum, distinct, arity=2), at(lambda a: np.maximum(0, a), (4,), domain=distinct))
case(np.minimum, elementwise(np.minimum, distinct, arity=2), at(lambda a: np.minimum(a, 0), (4,), domain=distinct))
case(rules.clip_to, elementwise(rules.clip_to, lambda rng, shapes: _bounds(rng, shapes), arity=3))
case(
    np.clip,
    at(lambda a: np.clip(a, -1, 1), (2, 3), domain=lambda rng, s: [rng.choice([-1.5, -0.5, 0.5, 1.5], s[0])]),
    at(lambda a: np.clip(a, 0, None), (4,), domain=away_from_zero),
    at(lambda a: a.clip(max=0), (2, 2), domain=away_from_zero),
    at(lambda a: np.clip(a, a_min=None, a_max=0), (), domain=away_from_zero),
)


def _bounds(rng, shapes):
    """Points below, between and above bounds that do not cross."""
    x, low, high = distinct(rng, shapes)
    low, high = -1.0 - rng.uniform(0, 0.5, np.shape(low)), 1.0 + rng.uniform(0, 0.5, np.shape(high))
    return [np.where(np.abs(np.abs(x) - 1.25) < 0.35, 0.5 * x, x), low, high]


mask = np.array([[True], [False]])
case(
    np.where,
    at(lambda a, b, m: np.where(m, a, b), (2, 3), (3,), constants=[mask]),
    at(lambda a, b, m: np.where(m, a, b), (1, 3), (2, 1), constants=[mask]),
    at(lambda a, b, m: np.where(m, a, b), (), (3, 2, 2), constants=[mask]),
    at(lambda a, m: np.where(m, a, 0.0), (3,), constants=[mask]),
    at(lambda a, m: np.where(m, 2, a), (2, 0), constants=[mask]),
    at(lambda a: np.where(a > 0, a * a, -a), (5,), domain=away_from_zero),
)
case(astype, at(lambda x: x.astype(np.float64), (2, 3)), at(lambda x: x.astype(float) * 2, ()))

# Reductions

AXES = [
    ((3,), None, False), ((3,), 0, True), ((3,), -1, False), ((), None, False), ((), (), True),
    ((2, 3), None, True), ((2, 3), 0, False), ((2, 3), -1, True), ((2, 3), (0, 1), False), ((2, 3), (), False),
    ((2, 3, 2), (0, -1), False), ((2, 3, 2), 1, False), ((1, 2, 1, 3), (-2, 1), True), ((1, 1), -2, False),
]  # fmt: skip
EMPTY = [((0,), None, False), ((2, 0), 1, True), ((0, 3), -1, False), ((0, 3), 0, False)]


def reductions(function, layouts, domain=reals, **more):
    return [at(lambda x, a=a, k=k: function(x, axis=a, keepdims=k, **more), s, domain=domain) for s, a, k in layouts]


some_left = [EMPTY[2]]
case(np.sum, reductions(np.sum, AXES + EMPTY), at(lambda x: np.sum(x, 0), (2, 3)), at(lambda x: x.sum(), (2,)))
case(np.mean, reductions(np.mean, AXES + some_left), at(lambda x: x.mean(-1), (2, 3)))
case(np.var, reductions(np.var, AXES + some_left), at(lambda x: np.var(x, 1, ddof=1), (2, 3)),
     at(lambda x: np.var(x, correction=1), (2, 2)))  # fmt: skip
spread = [layout for layout in AXES if layout[:2] not in {((2, 3), ()), ((), ()), ((), None), ((1, 1), -2)}]
case(np.std, reductions(np.std, [*spread, *some_left], distinct), at(lambda x: np.std(x, 1, ddof=1), (2, 3)),
     at(lambda x: np.std(x, 0, correction=1), (3, 2), domain=distinct))  # fmt: skip
for f in np.max, np.min, np.amax, np.amin:
    case(f, reductions(f, AXES + some_left, distinct), at(lambda x, f=f: f(x, 0), (3, 2), domain=distinct))
case(np.prod, reductions(np.prod, AXES + EMPTY), at(lambda x: np.prod(x, axis=0), (5, 2)), at(np.prod, (7,)))
case(np.cumsum, at(np.cumsum, (2, 3)), at(np.cumsum, ()), at(lambda x: np.cumsum(x, 0), (3, 2)),
     at(lambda x: np.cumsum(x, axis=-1), (2, 0)), at(lambda x: x.cumsum(-2), (2, 3, 2)))  # fmt: skip
nonempty = [layout for layout in AXES if layout[0] and layout[1] != ()]
case(rules.euclidean_norm, reductions(rules.euclidean_norm, nonempty + EMPTY, away_from_zero))
norms = [layout for layout in nonempty if layout[1] is None or isinstance(layout[1], int)]
case(
    np.linalg.norm,
    reductions(np.linalg.norm, [n for n in norms if n[0] != (2, 3, 2) or n[1]], away_from_zero),
    *(reductions(np.linalg.norm, norms[6:8], distinct, ord=p) for p in (1, 2, 3, 1.5, np.inf, -np.inf)),
    at(lambda x: np.linalg.norm(x, "fro"), (2, 3)),
    at(lambda x: np.linalg.norm(x, axis=(0, -1)), (2, 3, 2)),
    at(lambda x: np.linalg.norm(x, 2), (3,)),
    at(lambda x: np.linalg.norm(x), (2, 2, 2)),
)
case(mg.logsumexp, reductions(mg.logsumexp, AXES + some_left))
for f in mg.softmax, mg.log_softmax:
    case(f, at(f, (3,)), at(f, (2, 3)), at(lambda x, f=f: f(x, axis=0), (2, 1, 2)), at(lambda x, f=f: f(x, 1), (2, 3)))
    case(f, at(lambda x, f=f: f(x, axis=(0, 2)), (2, 2, 3)), at(f, (0, 3)), at(lambda x, f=f: f(x, axis=None), (2, 2)))

# Broadcasting

case(sum_to, *(at(lambda x, t=t: sum_to(x, t), s) for s, t in [
    ((2, 3), (3,)), ((2, 3), (1, 3)), ((2, 3), ()), ((2, 0), (2, 1)), ((3, 2, 2), (2, 1)), ((2,), (2,))]))  # fmt: skip
case(np.broadcast_to, *(at(lambda x, t=t: np.broadcast_to(x, t), s) for s, t in [
    ((3,), (2, 3)), ((1, 3), (2, 3)), ((), (2, 2)), ((1,), (0,)), ((2, 1), (3, 2, 2))]))  # fmt: skip

# Products of arrays of every rank

RANKS = [((3,), (3,)), ((3,), (3, 2)), ((3,), (2, 3, 2)), ((3,), (2, 1, 3, 2)), ((2, 3), (3,)), ((2, 3), (3, 2)),
         ((2, 3), (2, 3, 1)), ((2, 3), (1, 2, 3, 2)), ((2, 1, 3), (3,)), ((2, 1, 3), (3, 2)),
         ((2, 2, 3), (2, 3, 1)), ((2, 2, 3), (2, 1, 3, 2)), ((1, 2, 2, 3), (3,)), ((2, 1, 2, 3), (3, 2)),
         ((2, 1, 2, 3), (2, 3, 1)), ((1, 2, 2, 3), (2, 1, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3)),
         ((0,), (0,)), ((0, 2, 3), (3, 2))]  # fmt: skip
case(np.matmul, *(at(np.matmul, *r) for r in RANKS), at(lambda a: a @ a, (2, 2)))
case(np.dot, *(at(np.dot, *r) for r in RANKS if len(r[1]) < 3), at(np.dot, (), (2, 2)), at(np.dot, (2,), ()),
     at(np.dot, (2, 3), (2, 3, 2)), at(np.dot, (3,), (2, 3, 2)), at(lambda a, b: a.dot(b), (1, 2), (2, 1)))  # fmt: skip
case(np.inner, at(np.inner, (3,), (3,)), at(np.inner, (2, 3), (4, 3)), at(np.inner, (), (2,)),
     at(np.inner, (2, 1, 3), (2, 3)))  # fmt: skip
case(np.vdot, at(np.vdot, (3,), (3,)), at(np.vdot, (2, 3), (2, 3)))
case(np.outer, at(np.outer, (2,), (3,)), at(np.outer, (2, 2), (1, 3)), at(np.outer, (), (2,)), at(np.outer, (0,), (2,)))
case(np.tensordot, *(at(lambda a, b, k=k: np.tensordot(a, b, axes=k), s, t) for s, t, k in [
    ((2, 3), (3, 2), 1), ((2, 3), (2, 3), 2), ((2,), (3, 2), 0), ((2, 3), (2, 4), (0, 0)),
    ((2, 3, 4), (4, 2), ((0, 2), (1, 0))), ((2, 3, 4), (4, 2), ([0, -1], [-1, 0])), ((2, 3), (3,), (-1, 0)),
    ((2, 0), (0, 3), 1), ((), (2,), 0), ((2, 3), (2, 3), ([0, 1], [0, 1])), ((1, 2, 2, 3), (3, 2), 1),
    ((2, 3), (3, 2), np.int64(1))]))  # fmt: skip
case(np.einsum, *(at(lambda *x, s=s: np.einsum(s, *x), *shapes) for s, *shapes in [
    ("ij,jk->ik", (2, 3), (3, 2)), ("ij,jk", (2, 3), (3, 2)), ("ij", (2, 3)), ("ji", (2, 3)), ("ii", (2, 2)),
    ("ii->i", (3, 3)), ("i,i", (3,), (3,)), ("i,j->ij", (2,), (3,)), ("ij->", (2, 3)), ("ij->j", (2, 3)),
    ("...ij,...jk->...ik", (2, 1, 2, 3), (3, 3, 2)), ("...i,i", (2, 3), (3,)), ("...", (2, 2)),
    ("ijk,k->ij", (2, 1, 3), (3,)), ("ij,ij->ij", (2, 3), (1, 3)), ("ij,ij->i", (2, 3), (2, 1)), ("i,->i", (2,), ()),
    ("ij,j,i->", (2, 3), (3,), (2,)), ("iij->ij", (2, 2, 3)), ("iii->i", (2, 2, 2)), ("iijj", (2, 2, 2, 2)),
    ("bij,bj->bi", (0, 2, 3), (0, 3)), ("ij , jk -> ki", (2, 3), (3, 2)), ("i...j->j...", (2, 3, 2)),
    ("i,j,k->", (2,), (3,), (1,)), ("...a,...b->...ab", (2,), (3, 2)),
    ("ab,bc,cd->ad", (2, 2), (2, 1), (1, 3)), ("kiji->kj", (2, 3, 1, 3)), ("jkii->kj", (2, 3, 2, 2)),
    ("kijji", (2, 3, 2, 2, 3))]))  # fmt: skip
case(np.einsum, at(lambda a, b, c: np.einsum("ab,bc,cd->ad", a, b, c, optimize=True), (2, 2), (2, 3), (3, 2)))
case(rules.affine, at(rules.affine, (4, 3), (2, 3), (2,)), at(rules.affine, (0, 3), (2, 3), (2,)),
     at(rules.affine, (1, 1), (3, 1), (3,)), at(rules.affine, (4, 3), (1, 3), (1,)),
     at(rules.affine, (4, 3), (2, 3), (4, 2)), at(rules.affine, (4, 3), (2, 3), (1, 2)),
     at(rules.affine, (1, 2), (1, 2), (1, 1)))  # fmt: skip

# Linear algebra

for f in np.linalg.inv, np.linalg.det, rules.log_abs_det:
    case(f, *(at(f, s, domain=regular) for s in [(2, 2), (1, 1), (3, 3), (2, 1, 2, 2)]))
case(np.linalg.slogdet, at(lambda x: np.linalg.slogdet(x)[1], (3, 3), domain=regular),
     at(lambda x: np.linalg.slogdet(x)[1] * 2, (2, 2, 2), domain=regular))  # fmt: skip
case(np.linalg.solve, *(at(np.linalg.solve, *s, domain=both(regular, reals)) for s in [
    ((2, 2), (2,)), ((3, 3), (3, 2)), ((2, 2, 2), (2, 1)), ((2, 2), (3, 2, 1)), ((2, 2, 2), (2,)),
    ((1, 1), (1, 0))]))  # fmt: skip
case(np.linalg.cholesky, *(at(lambda x: np.linalg.cholesky(x @ np.matrix_transpose(x)), s, domain=regular)
                           for s in [(2, 2), (1, 1), (2, 3, 3), (1, 2, 3, 3)]))  # fmt: skip

case(getitem)  # filled in cases_shapes.py, with everything that moves numbers without computing

"""What the table of cases is made of: a call, and where its arguments are drawn from."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Shapes that broadcast against each other, for one, two or three arguments: 0-d to 4-d, sides 0 and 1.
ELEMENTWISE = {
    1: [[(3,)], [()], [(2, 3)], [(0,)], [(1, 2, 1)], [(2, 1, 2, 1)]],
    2: [
        [(3,), (3,)],
        [(2, 3), (3,)],
        [(2, 1), (1, 3)],
        [(), (2, 2)],
        [(2,), ()],
        [(0, 3), (3,)],
        [(1,), (0,)],
        [(2, 1, 3), (2, 1)],
        [(2, 1, 2, 1), (3, 1, 2)],
    ],
    3: [[(3,), (3,), (3,)], [(2, 3), (3,), (2, 1)], [(), (2, 2), (1,)], [(2,), (), (3, 1)], [(0, 2), (2,), ()]],
}


@dataclass(frozen=True)
class Form:
    """One way to call a function: call(*arrays, *constants), arrays drawn by domain(rng, shapes).

    shapes None: the function works elementwise, and any shapes that broadcast will do.  constants: index arrays
    and masks, which have no gradient.
    """

    call: Callable
    domain: Callable
    shapes: tuple | None
    constants: tuple = ()
    arity: int = 1
    order: int = 2

    def draw(self, rng: np.random.Generator, shapes=None, dtype=np.float64) -> list[np.ndarray]:
        shapes = self.shapes if shapes is None else shapes
        return [np.asarray(x).astype(dtype) for x in self.domain(rng, shapes)]

    def fixed_shapes(self):
        return ELEMENTWISE[self.arity] if self.shapes is None else [self.shapes]

    def __call__(self, *arrays):
        return self.call(*arrays, *self.constants)


def reals(rng, shapes, low=-2.0, high=2.0):
    return [rng.uniform(low, high, s) for s in shapes]


def between(low, high):
    return lambda rng, shapes: reals(rng, shapes, low, high)


positive = between(0.5, 2.0)
inside = between(-0.8, 0.8)


def away_from_zero(rng, shapes):
    """Of either sign, and never closer to zero than a finite difference reaches."""
    return [rng.choice([-1.0, 1.0], s) * rng.uniform(0.4, 2.0, s) for s in shapes]


def distinct(rng, shapes):
    """No two entries of all the arrays, nor two absolute values, nor zero, closer than a finite difference reaches."""
    sizes = [int(np.prod(s)) for s in shapes]
    n = sum(sizes)
    values = rng.choice([-1.0, 1.0], n) * (0.2 * (rng.permutation(n) + 1) + rng.uniform(-0.04, 0.04, n))
    ends = np.cumsum(sizes)
    return [v.reshape(s) for v, s in zip(np.split(values, ends[:-1]), shapes, strict=True)]


def both(*domains):
    """One domain for each argument."""
    return lambda rng, shapes: [d(rng, [s])[0] for d, s in zip(domains, shapes, strict=True)]


def regular(rng, shapes):
    """Square matrices far from singular."""
    return [3.0 * np.eye(s[-1]) * rng.choice([-1.0, 1.0]) + rng.uniform(-0.9, 0.9, s) for s in shapes]


def elementwise(function, domain=reals, arity=1, order=2):
    return [Form(function, domain, None, arity=arity, order=order)]


def at(call, *shapes, domain=reals, constants=(), order=2):
    """A form with shapes of its own."""
    return Form(call, domain, shapes, tuple(constants), len(shapes), order)

"""Exercise 03: optimal transport.  Plain NumPy arrays in, plain NumPy arrays (or lists) out.

Fill in the functions in any order; `minigen check 03` says what is right so far.  There are n bakeries and m cafés.
Bakery i has a[i] loaves, café j wants b[j], the two totals are equal, and C[i, j] is the cost of one loaf from i to
j.  A plan P has shape (n, m): P[i, j] loaves go from i to j.  Potentials are two arrays, u of shape (n,), v of (m,).
"""

import numpy as np  # noqa: F401


def north_west_corner(a, b):
    """The plan that starts in the corner [0, 0] and looks at no cost at all.

    Ship as much as possible from the current bakery to the current café; then go on, to the next bakery if this one
    is empty, to the next café if that one is full.  a: (n,), b: (m,), entries >= 0.  Return P, shape (n, m).
    """
    raise NotImplementedError


def potentials(C, basis):
    """Prices that explain a tree of routes: u[0] = 0, and u[i] + v[j] = C[i, j] for each (i, j) in the basis.

    basis: a list of n + m - 1 pairs (i, j), in any order, that connect all bakeries and cafés.  Return (u, v).
    """
    raise NotImplementedError


def is_optimal(P, u, v, a, b, C):
    """True if P, u, v prove that P is the cheapest plan from a to b, False if anything is missing from the proof.

    The proof: P is a plan (no negative entry; sums of rows a, of columns b), u[i] + v[j] <= C[i, j] on all routes, with
    equality on the routes that P uses.  Numbers that differ by no more than 1e-9 count as equal.
    """
    raise NotImplementedError


def c_transform(C, v):
    """The largest u, shape (n,), for which u[i] + v[j] <= C[i, j] on all routes.  v: any array of shape (m,)."""
    raise NotImplementedError


def wp_on_a_line(x, y, p):
    """W_p between the points x and the points y on a line, n each, each with mass 1/n; the cost is |x - y| ** p.

    W_p is the p-th root of the least mean cost.  x, y: shape (n,), in no order.  p >= 1.  Return a number.
    """
    raise NotImplementedError


def w1_with_weights(x, y, a, b):
    """W_1 on a line between masses a at the places x, and masses b at the places y.

    x, a: shape (n,); y, b: shape (m,); the places come in no order, may repeat and may be shared by x and y.  Each of
    a and b sums to 1.  Return a number: the integral of |F - G|, where F(t) is the mass of a at places <= t.
    """
    raise NotImplementedError


def exchange_until_stuck(C, plan):
    """Monge by hand: bakery i serves café plan[i] alone.  Let pairs of bakeries exchange cafés as long as it helps.

    C: (n, n).  plan: list with each of 0, ..., n - 1 once.  While there are two bakeries whose exchange makes the total
    sum_i C[i, plan[i]] smaller, exchange (any such pair, in any order).  Return the plan that no exchange improves.
    """
    raise NotImplementedError

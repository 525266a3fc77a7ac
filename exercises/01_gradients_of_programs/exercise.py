"""Exercise 01: gradients of programs.  Plain NumPy arrays in, plain NumPy arrays out.

Fill in the functions in any order; `minigen check 01` says what is right so far.  L always stands for a scalar
loss, and g for the derivative of L in the result of a call, entry by entry ("the cotangent"): g has the result's
shape.  A rule turns it into the derivative of L in the call's arguments.
"""

import numpy as np  # noqa: F401


def tanh_vjp(g, y, x):
    """y = tanh(x), entry by entry.  Return dL/dx, of x's shape, given g = dL/dy."""
    raise NotImplementedError


def matmul_vjp(g, y, a, b):
    """y = a @ b with a of shape (n, k) and b of shape (k, m).  Return the pair (dL/da, dL/db), given g = dL/dy."""
    raise NotImplementedError


def softmax_vjp(g, y, x):
    """y = softmax(x) over the last axis: y[..., i] = exp(x[..., i]) / sum_j exp(x[..., j]).

    x, y, g: the same shape (..., n).  Return dL/dx, of that shape.  It must be right for entries of x as large as
    1e4, where exp(x) overflows and y does not.
    """
    raise NotImplementedError


def sum_to(g, shape):
    """Undo broadcasting: x of this shape was stretched to g's shape.  Return dL/dx, given g = dL/d(stretched x).

    NumPy stretches by adding axes in front and by repeating axes of length 1.  The result has exactly `shape`.
    """
    raise NotImplementedError


def topological_order(graph):
    """A list of all nodes of the graph, each of them once, and after every node that it was computed from.

    graph: dict, node -> list of the nodes that it was computed from; each node is a key, inputs have an empty list.
    The keys are in no particular order.  It must work for a chain of 5000 nodes.
    """
    raise NotImplementedError


def reverse_sweep(tape):
    """The derivative of the last entry of the tape in every entry: a list of len(tape) floats, ending in 1.0.

    tape: list of recorded calls on scalars, oldest first.  Numbers i, j are places on the tape:
        ("input", value)    a given number
        ("add", i, j)       entry i + entry j
        ("mul", i, j)       entry i * entry j
        ("sin", i)          sin(entry i)
    Entries on which the last one does not depend have derivative 0.
    """
    raise NotImplementedError


def finite_differences(f, x, h):
    """The gradient of the scalar function f at the array x by central differences with step h, of x's shape.

    f: takes an array of x's shape and returns a number.  x may have any shape and may hold integers.
    """
    raise NotImplementedError


def complex_step(f, x):
    """f'(x) for a function f that acts entry by entry and accepts complex arrays (np.exp, a polynomial, ...).

    f(x + ih) = f(x) + ih f'(x) - ... : no difference of nearly equal numbers is needed.  Choose h yourself.  The
    result is real, of x's shape, and as exact as floating point allows: 12 digits at least.
    """
    raise NotImplementedError


def tanh_double_vjp(v, g, x):
    """Differentiate a rule.  r(g, x) = g * (slope of tanh at x) is what tanh_vjp returns; L depends on it.

    Given v = dL/dr, return the pair (dL/dg, dL/dx).  v, g, x have the same shape.  (A gradient penalty needs this.)
    """
    raise NotImplementedError

"""Reverse-mode automatic differentiation of NumPy code, to any order, from one table of rules."""

from minigen.autodiff import compose as _compose
from minigen.autodiff.check import check_grad
from minigen.autodiff.draw import draw
from minigen.autodiff.functional import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from minigen.autodiff.rules import (
    affine,
    log_sigmoid,
    log_softmax,
    logsumexp,
    relu,
    sigmoid,
    softmax,
    softplus,
)
from minigen.autodiff.tensor import Tensor, defvjp, derived, no_grad, primitive, raw

__all__ = [
    "Tensor",
    "affine",
    "check_grad",
    "defvjp",
    "derived",
    "draw",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "no_grad",
    "primitive",
    "raw",
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "value_and_grad",
    "vjp",
]
del _compose

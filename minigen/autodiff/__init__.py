"""Reverse-mode automatic differentiation of NumPy code, to any order, from one table of rules."""

import minigen.autodiff.compose  # fills the table
from minigen.autodiff.check import check_grad
from minigen.autodiff.draw import draw
from minigen.autodiff.functional import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from minigen.autodiff.recording import no_grad
from minigen.autodiff.rules import affine, log_sigmoid, log_softmax, logsumexp, relu, sigmoid, softmax, softplus
from minigen.autodiff.tensor import Tensor, apply, defvjp, derived, primitive, raw

"""Deep generative models from nothing but NumPy, for people who learn and teach them.

    import minigen as mg

    x = mg.Tensor([1.0, 2.0], requires_grad=True)
    np.sum(x**2).backward()      # x.grad is [2., 4.]
    mg.grad(np.tanh)(0.5)        # the derivative, as a function
"""

from importlib import import_module

from minigen.autodiff import (
    Tensor,
    check_grad,
    defvjp,
    draw,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    log_sigmoid,
    log_softmax,
    logsumexp,
    no_grad,
    primitive,
    relu,
    sigmoid,
    softmax,
    softplus,
    value_and_grad,
    vjp,
)

__version__ = "0.1.0"

# Loaded when first used, so that `import minigen` costs little more than `import numpy`.
_MODULES = (
    "autodiff", "checkpoint", "claims", "data", "device", "diffusion", "distributions", "divergences", "gan", "metrics",
    "nn", "optim", "plots", "schedules", "transport",
)  # fmt: skip

__all__ = [
    "Tensor",
    "check_grad",
    "defvjp",
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
    "relu",
    "sigmoid",
    "softmax",
    "softplus",
    "value_and_grad",
    "vjp",
]


def __getattr__(name: str):
    if name in _MODULES:
        return import_module(f"minigen.{name}")
    raise AttributeError(f"module 'minigen' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_MODULES])

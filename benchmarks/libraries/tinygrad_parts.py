"""tinygrad: lazy Tensors, a training step captured by TinyJit.  Its compiler of kernels needs clang."""

from itertools import cycle

from tinygrad import Device, Tensor, TinyJit
from tinygrad.helpers import TRAINING

TRAINING.value = 1
try:
    (Tensor([1.0, 2.0]) + 1).realize()
except Exception as error:  # whatever stands in the way: no clang, no device
    raise ImportError(f"tinygrad cannot compile for {Device.DEFAULT if Device else 'any device'}: {error}") from None


def flat(weights):
    return [Tensor(a).contiguous().realize() for pair in weights for a in pair]


def leaky_relu(x):
    return x.leaky_relu(0.2)


def relu(x):
    return x.relu()


def forward(theta, x, activation=leaky_relu):
    for w, b in zip(theta[:-2:2], theta[1:-2:2], strict=True):
        x = activation(x @ w.T + b)
    return x @ theta[-2].T + theta[-1]


def bce(logits, y):
    return (logits.softplus() - y * logits).mean()


def realized(optimizer, *losses):
    """The losses, computed together with the optimiser's step."""
    Tensor.realize(*losses, *optimizer.schedule_step())
    return losses


def jitted(step, *batches):
    """A function without arguments from step(*Tensors of one batch) -> losses."""
    step, batches = (
        TinyJit(step),
        cycle([tuple(Tensor(a).realize() for a in batch) for batch in zip(*batches, strict=True)]),
    )

    def call():
        return tuple(loss.item() for loss in step(*next(batches)))

    return call


class Adam:
    """tinygrad's own, which keeps one pair of moments per parameter."""

    def __new__(cls, theta, lr=1e-3, betas=(0.9, 0.999)):
        from tinygrad.nn.optim import Adam

        return Adam(theta, lr=lr, b1=betas[0], b2=betas[1])

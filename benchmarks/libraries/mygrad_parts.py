"""MyGrad: Tensors and backward(), without the guard of memory, which its users turn off for speed.

Constants are made in the precision of the data: a Python number would make float64 of float32."""

import mygrad as mg

mg.turn_memory_guarding_off()


def flat(weights):
    return [mg.tensor(a.copy()) for pair in weights for a in pair]


def leaky_relu(x):
    return mg.maximum(x, x.dtype.type(0.2) * x)


def relu(x):
    return mg.maximum(x, x.dtype.type(0))


def forward(theta, x, activation=leaky_relu):
    for w, b in zip(theta[:-2:2], theta[1:-2:2], strict=True):
        x = activation(mg.matmul(x, w.T) + b)
    return mg.matmul(x, theta[-2].T) + theta[-1]


def softplus(x):
    return mg.logaddexp(x, x.dtype.type(0))


def bce(logits, y):
    return mg.mean(softplus(logits) - y * logits)


def arrays(theta):
    return [t.data for t in theta]


def gradients(loss, theta):
    """The gradients of theta, taken and forgotten."""
    for t in theta:
        t.null_grad()
    loss.backward()
    return [t.grad for t in theta]

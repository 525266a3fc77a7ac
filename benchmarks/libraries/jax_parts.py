"""JAX: pure functions of lists of (weight, bias), to be compiled by jit as a whole."""

from itertools import cycle

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)  # so that float64 is float64; float32 stays float32


def tree(weights):
    return jax.tree.map(jnp.array, weights)  # copies: what a step donates is gone


def forward(theta, x, activation):
    for w, b in theta[:-1]:
        x = activation(x @ w.T + b)
    w, b = theta[-1]
    return x @ w.T + b


def leaky_relu(x):
    return jax.nn.leaky_relu(x, 0.2)


def bce(logits, y):
    return jnp.mean(jnp.logaddexp(logits, 0) - y * logits)


def adam_init(theta):
    zeros = jax.tree.map(jnp.zeros_like, theta)
    return zeros, jax.tree.map(jnp.copy, zeros), jnp.zeros((), jnp.int32)


def adam(theta, g, state, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
    m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, g)
    v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, v, g)
    c1, c2 = 1 - b1**t, 1 - b2**t

    def step(a, m, v):
        return a - lr * (m / c1.astype(a.dtype)) / (jnp.sqrt(v / c2.astype(a.dtype)) + eps)

    return jax.tree.map(step, theta, m, v), (m, v, t)


def rmsprop_init(theta):
    return jax.tree.map(jnp.zeros_like, theta)


def rmsprop(theta, g, v, lr, alpha=0.99, eps=1e-8):
    v = jax.tree.map(lambda v, g: alpha * v + (1 - alpha) * g * g, v, g)
    return jax.tree.map(lambda a, g, v: a - lr * g / (jnp.sqrt(v) + eps), theta, g, v), v


def stateful(step, state, *batches):
    """A function without arguments from the pure step(state, batch) -> (state, losses), compiled as a whole."""
    step = jax.jit(step, donate_argnums=0)
    batches = cycle(list(zip(*(list(map(jnp.array, a)) for a in batches), strict=True)))

    def call():
        nonlocal state
        state, losses = step(state, next(batches))
        return tuple(map(float, losses))

    return call

"""HIPS autograd: functions of a flat list of weights and biases."""

import autograd.numpy as anp


def flat(weights):
    return [a.copy() for pair in weights for a in pair]


def leaky_relu(x):
    return anp.maximum(x, 0.2 * x)


def relu(x):
    return anp.maximum(x, 0)


def forward(theta, x, activation=leaky_relu):
    for w, b in zip(theta[:-2:2], theta[1:-2:2], strict=True):
        x = activation(anp.dot(x, w.T) + b)
    return anp.dot(x, theta[-2].T) + theta[-1]


def bce(logits, y):
    return anp.mean(anp.logaddexp(logits, 0 * logits) - y * logits)

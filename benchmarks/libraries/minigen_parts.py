"""minigen: nn.MLP with given weights."""

import numpy as np

from minigen import nn


def mlp(weights, activation):
    sizes = [weights[0][0].shape[1], *(len(b) for _, b in weights)]
    net = nn.MLP(sizes, activation, rng=np.random.default_rng(0), dtype=weights[0][0].dtype)
    set_weights(net.layers, weights)
    return net


def set_weights(layers, weights):
    for layer, (w, b) in zip(layers, weights, strict=True):
        layer.weight.data, layer.bias.data = w.copy(), b.copy()

"""PyTorch in eager mode.  The optimisers come in the three ways in which torch has them (`how`)."""

import torch

torch.set_num_threads(1)
HOW = {"loop": {"foreach": False, "fused": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}


def linear(w, b):
    layer = torch.nn.Linear(w.shape[1], w.shape[0])
    layer.weight.data, layer.bias.data = torch.tensor(w), torch.tensor(b)
    return layer


def mlp(weights, activation):
    layers = []
    for w, b in weights:
        layers += [linear(w, b), activation]
    return torch.nn.Sequential(*layers[:-1])


def adam(net, how, lr=1e-3, betas=(0.9, 0.999)):
    return torch.optim.Adam(net.parameters(), lr=lr, betas=betas, **HOW[how])


def rmsprop(net, how, lr):
    return torch.optim.RMSprop(net.parameters(), lr=lr, foreach=how == "foreach")


bce = torch.nn.functional.binary_cross_entropy_with_logits

"""Networks: Module and layers, activations, initial weights (nn.init), losses from logits."""

from minigen.nn import init
from minigen.nn.activations import *  # noqa: F403
from minigen.nn.activations import __all__ as _activations
from minigen.nn.embeddings import FourierFeatures, SinusoidalEmbedding, sinusoidal
from minigen.nn.layers import MLP, BatchNorm, Dropout, Embedding, LayerNorm, Linear, Sequential
from minigen.nn.losses import binary_cross_entropy_with_logits, cross_entropy, mse_loss
from minigen.nn.module import Module, Parameter

__all__ = [
    "MLP", "BatchNorm", "Dropout", "Embedding", "FourierFeatures", "LayerNorm", "Linear", "Module", "Parameter",
    "Sequential", "SinusoidalEmbedding", "binary_cross_entropy_with_logits", "cross_entropy", "init", "mse_loss",
    "sinusoidal", *_activations,
]  # fmt: skip

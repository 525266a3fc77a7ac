"""Networks: Module and layers, activations, initial weights (nn.init), losses from logits."""

from minigen.nn import init
from minigen.nn.activations import (
    ELU,
    GELU,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
    elu,
    gelu,
    leaky_relu,
    relu,
    sigmoid,
    silu,
    softplus,
    tanh,
)
from minigen.nn.conv import Conv2d, ConvTranspose2d, conv2d, conv_transpose2d
from minigen.nn.embeddings import FourierFeatures, SinusoidalEmbedding, sinusoidal
from minigen.nn.layers import MLP, BatchNorm, Dropout, Embedding, LayerNorm, Linear, Sequential
from minigen.nn.losses import binary_cross_entropy_with_logits, cross_entropy, mse_loss
from minigen.nn.module import Module, Parameter
from minigen.nn.spectral import SpectralNorm, power_iteration, spectral_norm

__all__ = [
    "ELU", "GELU", "MLP", "BatchNorm", "Conv2d", "ConvTranspose2d", "Dropout", "Embedding", "FourierFeatures",
    "LayerNorm", "LeakyReLU", "Linear", "Module", "Parameter", "ReLU", "Sequential", "SiLU", "Sigmoid",
    "SinusoidalEmbedding", "Softplus", "SpectralNorm", "Tanh", "binary_cross_entropy_with_logits", "conv2d",
    "conv_transpose2d", "cross_entropy", "elu", "gelu", "init", "leaky_relu", "mse_loss", "power_iteration", "relu",
    "sigmoid", "silu", "sinusoidal", "softplus", "spectral_norm", "tanh",
]  # fmt: skip

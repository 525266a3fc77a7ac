"""Diffusion: the forward process, exact and learned scores, reverse kernels, samplers, training, likelihood."""

from minigen.diffusion.algorithm import Step, train
from minigen.diffusion.denoiser import Denoiser
from minigen.diffusion.evaluation import Estimate, loss_over_floor, oracle_loss, score_error
from minigen.diffusion.forward import Chain, ForwardProcess, VariancePreserving, constant, cosine, linear
from minigen.diffusion.kernels import Kernel, ancestral, ddim, euler, posterior, taylor
from minigen.diffusion.likelihood import divergence, flow_log_density
from minigen.diffusion.losses import (
    denoising_score_matching,
    explicit_score_matching,
    noise_prediction,
    prediction_loss,
    weight_in_noise,
)
from minigen.diffusion.networks import TimeEmbedding, TimeMLP
from minigen.diffusion.oracle import MixtureOracle, Oracle, PointsOracle
from minigen.diffusion.predictions import KINDS, convert, data_and_noise, from_data_and_noise
from minigen.diffusion.samplers import final, langevin, langevin_corrector, probability_flow, reverse_chain
from minigen.diffusion.unet import UNet

__all__ = [
    "KINDS", "Chain", "Denoiser", "Estimate", "ForwardProcess", "Kernel", "MixtureOracle", "Oracle", "PointsOracle",
    "Step", "TimeEmbedding", "TimeMLP", "UNet", "VariancePreserving", "ancestral", "constant", "convert", "cosine",
    "data_and_noise", "ddim", "denoising_score_matching", "divergence", "euler", "explicit_score_matching", "final",
    "flow_log_density", "from_data_and_noise", "langevin", "langevin_corrector", "linear", "loss_over_floor",
    "noise_prediction", "oracle_loss", "posterior", "prediction_loss", "probability_flow", "reverse_chain",
    "score_error", "taylor", "train", "weight_in_noise",
]  # fmt: skip

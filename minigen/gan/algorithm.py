"""The alternating algorithm of generative adversarial networks, as an iterator over its steps.

One loop serves the whole family: what is called a vanilla, a Wasserstein or a regularised GAN differs in the losses,
the optimisers, n_critic and the constraint that are passed to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from minigen.autodiff import Tensor, no_grad, raw
from minigen.device import to
from minigen.gan.losses import Losses
from minigen.nn import BatchNorm, Module
from minigen.optim import EMA, Optimizer

__all__ = ["Constraint", "Step", "frozen", "train"]

Sampler = Callable[[int, np.random.Generator], Any]


@dataclass(frozen=True)
class Step:
    """What one step of the algorithm reports.  step: how many steps have been made, this one included.

    discriminator_loss: without the penalty, of the last of its n_critic updates.  penalty: the constraint's."""

    step: int
    discriminator_loss: float
    generator_loss: float
    penalty: float = 0.0


class Constraint:
    """What keeps a critic tame; override what is needed.  This one does nothing."""

    def penalty(self, discriminator: Module, real: Any, fake: Any, rng: np.random.Generator) -> Any:
        """A scalar to be added to the discriminator's loss, from a batch of data and one of samples (arrays)."""
        return 0.0

    def after_step(self, discriminator: Module) -> None:
        """Change the discriminator after each of its steps, in place."""


def train(
    generator: Module,
    discriminator: Module,
    sample_data: Sampler,
    sample_latent: Sampler,
    losses: Losses,
    generator_optimizer: Optimizer,
    discriminator_optimizer: Optimizer,
    *,
    rng: np.random.Generator,
    batch_size: int = 64,
    n_critic: int = 1,
    steps: int | None = None,
    start: int = 0,
    constraint: Constraint | None = None,
    schedule: Callable[[int], float] | None = None,
    ema: EMA | None = None,
    generator_first: bool = False,
    reuse_noise: bool = False,
) -> Iterator[Step]:
    """Goodfellow et al. (2014), Algorithm 1.  Yields a Step after each round of

        n_critic times:   sample x from the data and z from the noise, batch_size of each
                          descend the discriminator's loss on x and G(z)
        once:             sample a fresh z; descend the generator's loss on G(z)

    until `steps` rounds are made (None: without end), counting from `start`.  The discriminator gives logits.

    sample_data(n, rng), sample_latent(n, rng): batches, first axis n.  constraint: a penalty on the discriminator, or a
    change after its step.  schedule(start), schedule(start + 1), ...: factors on both learning rates.  ema: follows
    each step of the generator.  generator_first, reuse_noise: the other order in use, in which the generator steps
    first and the discriminator sees the same z.

    Batches are moved to the device where the networks live: generator.to("cuda") and discriminator.to("cuda"), before
    their optimisers are made, are all that a GPU asks for.

    All randomness comes from rng, and all that changes is in the networks, the optimisers, ema and rng: save these and
    the step, and a run goes on from there bit for bit.  FloatingPointError, naming the step, if a loss or a gradient
    is no longer finite; that update is not made."""
    _check(batch_size=batch_size, n_critic=n_critic)
    _check_pieces(losses, constraint)
    _check_optimizer("generator", generator_optimizer, generator, discriminator)
    _check_optimizer("discriminator", discriminator_optimizer, discriminator, generator)
    # Asked once, not at every step: what the networks are made of.
    critic_parameters = list(discriminator.parameters())
    critic_dtype, latent_dtype, device = discriminator.dtype, generator.dtype, generator.device
    if discriminator.device != device:
        raise ValueError(f'the generator lives on "{device}" and the discriminator on "{discriminator.device}"')
    one_pass = not any(isinstance(module, BatchNorm) for _, module in discriminator.named_modules())

    def data() -> Any:
        batch = _batch(sample_data, batch_size, rng, critic_dtype, device)
        return batch.astype(critic_dtype) if batch.dtype.kind in "biu" else batch  # counts, pixels

    def noise() -> Any:
        return _batch(sample_latent, batch_size, rng, latent_dtype, device)

    def update_discriminator(x: Any, z: Any) -> tuple[float, float]:
        with no_grad():
            fake = generator(z).data
        loss = losses.discriminator(*_logits(discriminator, x, fake, one_pass))
        penalty = 0.0 if constraint is None else constraint.penalty(discriminator, x, fake, rng)
        _descend("discriminator", loss + penalty, discriminator_optimizer, rate)
        if constraint is not None:
            constraint.after_step(discriminator)
        return float(loss), float(penalty)

    def update_generator(z: Any) -> float:
        with frozen(critic_parameters):
            loss = _descend("generator", losses.generator(discriminator(generator(z))), generator_optimizer, rate)
        if ema is not None:
            ema.update()
        return loss

    for step in count(start) if steps is None else range(start, steps):
        rate = 1.0 if schedule is None else schedule(step)
        with _named(step + 1):
            if generator_first:
                z = noise()
                generator_loss = update_generator(z)
                for _ in range(n_critic):
                    discriminator_loss, penalty = update_discriminator(data(), z if reuse_noise else noise())
            else:
                for _ in range(n_critic):
                    x, z = data(), noise()
                    discriminator_loss, penalty = update_discriminator(x, z)
                generator_loss = update_generator(z if reuse_noise else noise())
        yield Step(step + 1, discriminator_loss, generator_loss, penalty)


@contextmanager
def frozen(network: Module | Iterable[Tensor]) -> Iterator[None]:
    """Inside the block no gradient is computed in the parameters, a module's or these: they are constants there."""
    flags = [(p, p.requires_grad) for p in (network.parameters() if isinstance(network, Module) else network)]
    for p, _ in flags:
        p.requires_grad = False
    try:
        yield
    finally:
        for p, flag in flags:
            p.requires_grad = flag


def _logits(discriminator: Module, real: Any, fake: Any, one_pass: bool) -> tuple[Any, Any]:
    """The logits of both batches: in one pass, which is faster, or in two where the batch has a say in the result."""
    if real.shape[1:] != fake.shape[1:]:
        raise ValueError(f"the generator's samples have shape {fake.shape[1:]}, but the data have {real.shape[1:]}")
    if not one_pass:
        return discriminator(real), discriminator(fake)
    both = discriminator(np.concatenate([real, fake]))
    return both[: len(real)], both[len(real) :]


def _descend(player: str, loss: Any, optimizer: Optimizer, rate: float) -> float:
    """One step of the player down its loss, at `rate` times its learning rate, which is the same again afterwards.

    Returns the loss: on a GPU asking for a number means to wait for it, so it is asked for once."""
    value = float(loss)
    if not math.isfinite(value):
        raise FloatingPointError(
            f"the {player}'s loss is {value}. Lower the learning rate, or look at the data for outliers"
        )
    optimizer.zero_grad()
    loss.backward()
    base, optimizer.lr = optimizer.lr, optimizer.lr * rate
    try:
        optimizer.step()
    finally:
        optimizer.lr = base
    return value


@contextmanager
def _named(step: int) -> Iterator[None]:
    """An error of the arithmetic says at which step it happened.  NumPy need not warn: the loop looks for nan."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            yield
    except FloatingPointError as error:
        raise FloatingPointError(f"step {step}: {error}") from error


def _batch(sample: Sampler, n: int, rng: np.random.Generator, dtype: Any, device: str) -> Any:
    """n draws where the network lives and in its precision: double precision data would make a single precision network
    compute twice."""
    batch = raw(sample(n, rng))
    if not hasattr(batch, "dtype"):
        raise TypeError(f"a sampler gave a {type(batch).__name__}, expected an array of points: np.asarray(...)")
    if len(batch) != n:
        raise ValueError(f"a sampler was asked for {n} points and gave {len(batch)}")
    return to(batch.astype(dtype, copy=False) if batch.dtype.kind == "f" else batch, device)


def _check(**counts: int) -> None:
    for name, value in counts.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value!r}, expected a whole number >= 1")


def _check_pieces(losses: Any, constraint: Any) -> None:
    """TypeError for a name in place of losses, or a class in place of a constraint."""
    if not all(callable(getattr(losses, player, None)) for player in ("discriminator", "generator")):
        raise TypeError(
            f"losses is {losses!r}, expected a pair of functions: gan.wasserstein, without quotes, or "
            "gan.Losses(discriminator=..., generator=...)"
        )
    if isinstance(constraint, type):
        raise TypeError(f"constraint is the class {constraint.__name__}; make one: constraint={constraint.__name__}()")
    if constraint is not None and not all(callable(getattr(constraint, do, None)) for do in ("penalty", "after_step")):
        raise TypeError(f"constraint is {constraint!r}, expected a gan.Constraint, gan.GradientPenalty() say, or None")


def _check_optimizer(player: str, optimizer: Optimizer, network: Module, opponent: Module) -> None:
    """An optimiser moves some of its player's parameters, or all, and of its opponent's only such as both share."""
    own = {id(p) for p in network.parameters()}
    theirs = {id(p) for p in opponent.parameters()} - own
    held = {id(p) for p in optimizer.vector.parameters}
    if held & theirs:
        others = "discriminator" if player == "generator" else "generator"
        raise ValueError(
            f"{player}_optimizer holds parameters of the {others}. Are the two optimisers swapped? "
            "train(..., losses, generator_optimizer, discriminator_optimizer)"
        )
    if not held & own:
        raise ValueError(
            f"{player}_optimizer holds none of the {player}'s parameters, and would teach it nothing: "
            f"make it of this {player}, optim.Adam({player}, lr=1e-3) say"
        )

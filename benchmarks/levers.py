"""What each lever of the engine gives: `python -m benchmarks.levers`.

W1, W4 and W5 run as they are and with one thing taken away at a time, in turns; what is computed stays the same, which
is checked.  A figure is the time without the lever over the time with it: above 1, the lever helps.  For the checks
that keep a student from a wrong gradient it is what they cost: below 1.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks import fresh
from benchmarks.measure import DTYPES, check, losses, ratio, take_turns
from benchmarks.profile import replaced
from benchmarks.workloads import find, one

CRITICS = ("W4", "W4 wide")
PERCEPTRONS = ("W1", *CRITICS)
WORKLOADS = (*PERCEPTRONS, "W5")
AT_ONCE = 5  # steps between two changes of the engine
ALLOCATOR = "large temporaries kept by the allocator"


def masks_by_where():
    """relu and leaky relu with np.where, whose branches the processor guesses wrong half of the time."""
    from minigen.autodiff import raw, relu
    from minigen.autodiff.tensor import RULES
    from minigen.nn.activations import leaky_relu

    def leaky(g, y, x, slope=0.2):
        one = x.dtype.type(1)
        return g * np.where(raw(x) > 0, one, one * x.dtype.type(slope))

    yield RULES, leaky_relu.on_arrays, (leaky,)
    yield RULES, relu.on_arrays, (lambda g, y, x: np.where(raw(x) > 0, g, 0),)


def affine_in_three_calls():
    """x @ W.T + b as three recorded calls."""
    from minigen.nn import layers

    yield layers, "affine", lambda x, w, b: x @ np.transpose(w) + b


def bias_gradient_by_sum():
    """A bias gradient as a sum over rows and not as a product with ones."""
    from minigen.autodiff import affine
    from minigen.autodiff.tensor import RULES

    yield RULES, affine.on_arrays, (*RULES[affine.on_arrays][:2], lambda g, y, x, w, b: g)  # fit sums it


def silu_in_two_calls():
    """x sigmoid(x) as two recorded calls."""
    from minigen import nn
    from minigen.autodiff.duck import HANDLERS

    yield HANDLERS, nn.silu.on_arrays, lambda x: x * nn.sigmoid(x)


def sigmoid_with_temporaries():
    """Sigmoid, and silu with it, with a new array for each operation."""
    from minigen.autodiff import rules
    from minigen.nn import activations

    for module in (rules, activations):
        yield module, "times_sigmoid", lambda a, x: a / (1 + np.exp(-x))


def time_in_calls_of_its_own():
    """The time added to a layer's result, not within its affine map."""
    from minigen.diffusion import TimeMLP

    def forward(self, x, u, labels=None):
        h, e = x, self.embedding(u, labels)
        for layer, inject in zip(self.layers, self.injections, strict=True):
            h = self.activation(layer(h) + inject(e))
        return self.output(h)

    yield TimeMLP, "forward", forward


def loss_in_many_calls():
    """Cross-entropy from logits as a composition."""
    from minigen import nn
    from minigen.nn import losses as module

    yield module, "_binary_cross_entropy", lambda logits, y: np.mean(nn.softplus(logits) - y * logits)


def optimiser_array_by_array():
    """Adam on each weight and bias by itself instead of on one vector."""
    from minigen import optim

    class Apart:
        def __init__(self, parameters: Any, *args: Any, **kwargs: Any):
            own = parameters.parameters() if hasattr(parameters, "parameters") else parameters
            self.parts = [Adam([p], *args, **kwargs) for p in own]
            self.vector = SimpleNamespace(parameters=[p for part in self.parts for p in part.vector.parameters])

        lr = property(lambda self: self.parts[0].lr, lambda self, lr: [setattr(part, "lr", lr) for part in self.parts])

        def zero_grad(self):
            for part in self.parts:
                part.zero_grad()

        def step(self):
            for part in self.parts:
                part.step()

    Adam = optim.Adam
    yield optim, "Adam", Apart


def optimiser_with_temporaries():
    """Adam as its formula reads, with a new array for each operation."""
    from minigen import optim

    def update(self, theta, g):
        self.t += 1
        self.m[:] = self.beta1 * self.m + (1 - self.beta1) * g
        self.v[:] = self.beta2 * self.v + (1 - self.beta2) * g * g
        m, v = self.m / (1 - self.beta1**self.t), self.v / (1 - self.beta2**self.t)
        theta -= self.lr * m / (np.sqrt(v) + self.eps)

    yield optim.Adam, "update", update


def gradients_nobody_asked_for():
    """The penalty's inner gradient also in the weights, and the generator's also in the critic's."""
    from minigen.autodiff import functional
    from minigen.gan import algorithm

    sweep = functional.sweep

    def everywhere(output, seed, reached, targets, traced=False):
        leaves = [t for t in reached.values() if t.function is None and t.requires_grad]
        return sweep(output, seed, reached, [*targets, *leaves], traced=traced)

    yield functional, "sweep", everywhere
    yield algorithm, "frozen", nullcontext


def critic_in_two_passes():
    """Data and samples through the critic one after the other."""
    from minigen.gan import algorithm

    yield algorithm, "_logits", lambda critic, real, fake, one_pass: (critic(real), critic(fake))


def no_fingerprints():
    """No check that an array was left alone between forward and backward."""
    from minigen.autodiff import tensor

    yield tensor, "mark", lambda a: None


def no_look_at_the_gradient():
    """No check that the gradient is finite before a step."""
    from minigen import optim

    yield optim.Optimizer, "step", lambda self: self.update(self.vector.data, self.vector.grad)


LEVERS: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "masks of relu and leaky relu without np.where": (masks_by_where, PERCEPTRONS),
    "affine as one rule": (affine_in_three_calls, WORKLOADS),
    "bias gradients as a product with ones": (bias_gradient_by_sum, WORKLOADS),
    "silu as one rule": (silu_in_two_calls, ("W5",)),
    "sigmoid in the memory of one temporary": (sigmoid_with_temporaries, ("W5",)),
    "the time added within the affine map": (time_in_calls_of_its_own, ("W5",)),
    "the loss as one rule": (loss_in_many_calls, ("W1",)),
    "the optimiser on one vector": (optimiser_array_by_array, WORKLOADS),
    "the optimiser in place": (optimiser_with_temporaries, WORKLOADS),
    "no gradient that nobody asked for": (gradients_nobody_asked_for, CRITICS),
    "both batches through the critic in one pass": (critic_in_two_passes, CRITICS),
}
CHECKS: dict[str, tuple[Callable, tuple[str, ...]]] = {
    "check: arrays unchanged between forward and backward": (no_fingerprints, WORKLOADS),
    "check: a finite gradient before each step": (no_look_at_the_gradient, WORKLOADS),
}


@contextmanager
def without(lever: Callable | None) -> Iterator[None]:
    """The engine without a lever, inside the block."""
    with ExitStack() as stack:
        for thing, name, value in lever() if lever else ():
            stack.enter_context(replaced(thing, name, value))
        yield


def variants(workload, dtype):
    """name -> function that makes AT_ONCE steps; "as it is" first.  All have computed the same, or AssertionError."""
    problem = workload.problem(DTYPES[dtype])
    reference = losses(workload.contenders["NumPy by hand"](workload.problem(np.float64)), workload.checked)
    found = {}
    for name, (lever, where) in ({"as it is": (None, WORKLOADS)} | LEVERS | CHECKS).items():
        if workload.name not in where:
            continue
        with without(lever):
            step = workload.contenders["minigen"](problem)
            check(workload, f"minigen without {name}", dtype, losses(step, workload.checked), reference)
        found[name] = _several(step, lever)
    return found


def _several(step, lever):
    def run():
        with without(lever):
            for _ in range(AT_ONCE):
                step()

    return run


def seconds_per_step(workload, dtype, contender="minigen", keep=True, seconds=0.5):
    """Of one contender alone in this process, by processor time.  keep: with minigen's word to the allocator, that
    large blocks which were freed are kept for reuse (minigen/device.py); otherwise the system's own way."""
    with replaced(np, "empty", np.empty if keep else lambda *args, **kwargs: None):
        import minigen.device  # noqa: F401
    workload = one(workload)
    step = workload.contenders[contender](workload.problem(DTYPES[dtype]))
    losses(step, 10)
    count, begin = 0, time.process_time()
    while time.process_time() < begin + seconds:
        step()
        count += 1
    return (time.process_time() - begin) / count


def allocator(workload, dtype, rounds, contender="minigen"):
    """Time per step with the system's way of giving memory over time with minigen's; fresh processes in turn."""
    kept, system = [], []
    for _ in range(rounds):
        for values, keep in ((kept, True), (system, False)):
            values.append(fresh.ask(f"levers.seconds_per_step({workload!r}, {dtype!r}, {contender!r}, {keep})"))
    return ratio(np.array(system), np.array(kept))


def report(workload, dtype, rounds, seconds, clock):
    """(microseconds of a step as it is, [(lever, time without / with, quartiles), ...] with the largest first)."""
    times = take_turns(variants(workload, dtype), rounds, seconds, clock)
    mine = times.pop("as it is")
    rows = [(name, *ratio(t, mine)) for name, t in times.items()]
    rows.append((ALLOCATOR, *allocator(workload.name, dtype, 3)))
    return 1e6 * float(np.median(mine)) / AT_ONCE, sorted(rows, key=lambda row: -row[1])


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.levers", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", default=list(WORKLOADS), help="W1, W4, 'W4 wide' or W5")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=0.2, help="of each turn")
    parser.add_argument("--dtype", default="float32", choices=list(DTYPES))
    parser.add_argument("--cpu-time", action="store_true", help="processor time instead of time: for a busy machine")
    options = parser.parse_args()
    clock = time.process_time if options.cpu_time else time.perf_counter
    chosen = [workload for workload in find(options.names) if workload.name in WORKLOADS]
    if not chosen:
        raise SystemExit(f"levers are measured on {', '.join(WORKLOADS)}, not on {', '.join(options.names)}")
    for workload in chosen:
        now, rows = report(workload, options.dtype, options.rounds, options.seconds, clock)
        print(f"\n{workload.name} {options.dtype}: {now:.0f} us a step; time without / with")
        for name, value, low, high in rows:
            print(f"  {value:6.3f}  ({low:.3f} - {high:.3f})  {name}", flush=True)


if __name__ == "__main__":
    main()

"""Training steps side by side with other libraries: `make bench`.

Every contender starts from the same weights and data.  Their losses after 20 steps must agree to six digits, or
nothing is printed.  Then they take turns, a few steps each, for many rounds; a figure is the median over rounds,
a ratio the median of the ratios within a round, so that a busy machine disturbs all alike.
"""

import argparse
import platform
import time

import numpy as np
from tqdm import tqdm

from benchmarks import by_hand, peers


def contenders():
    """name -> object with the workloads; those not installed are named and left out."""
    found = {"minigen": peers.Minigen()}
    for name, make in {
        "torch eager": peers.Torch,
        "torch fused Adam": lambda: peers.Torch(fused=True),
        "autograd": peers.Autograd,
    }.items():
        try:
            found[name] = make()
        except ImportError as error:
            print(f"{name} left out: {error} (pip install -e '.[dev,peers]')")
    return found


def workloads(rng):
    """title -> (contender -> step function, by-hand step function)."""
    x = rng.standard_normal((256, 2)).astype(np.float32)
    y = (rng.random((256, 1)) < 0.5).astype(np.float32)
    z = rng.standard_normal((256, 2)).astype(np.float32)
    net = peers.weights_of([2, 128, 128, 128, 1], rng)
    g = peers.weights_of([2, 128, 128, 128, 2], rng)
    return {
        "MLP 2-128-128-128-1, batch 256, BCE, Adam": (
            lambda c: c.classifier(net, x, y), lambda: by_hand.Classifier(net, x, y).step,
        ),
        "GAN iteration, both 3x128, batch 256, Adam": (
            lambda c: c.gan(g, net, x, z), lambda: by_hand.GAN(g, net, x, z).step,
        ),
    }  # fmt: skip


def compare(title, steps, rounds, per_round):
    """Print a table of microseconds and ratios for {name: step function}."""
    for _ in range(20):
        losses = {name: step() for name, step in steps.items()}
    values = list(losses.values())
    np.testing.assert_allclose(values, [values[0]] * len(values), rtol=1e-5, err_msg=f"{title}: {losses}")
    seconds = {name: [] for name in steps}
    for r in tqdm(range(rounds), desc=title, leave=False):
        names = list(steps)[r % len(steps) :] + list(steps)[: r % len(steps)]
        for name in names:
            start = time.perf_counter()
            for _ in range(per_round):
                steps[name]()
            seconds[name].append((time.perf_counter() - start) / per_round)
    print(f"\n{title}\n  loss after 20 steps: {np.round(values[0], 6)}, the same for all to six digits")
    print(f"  {'':18s} {'us/step':>8s} {'minigen / it':>13s} {'quartiles':>14s}")
    mine = np.array(seconds["minigen"])
    for name, times in seconds.items():
        low, ratio, high = np.quantile(mine / np.array(times), [0.25, 0.5, 0.75])
        print(f"  {name:18s} {np.median(times) * 1e6:8.0f} {ratio:13.2f} {f'{low:.2f} - {high:.2f}':>14s}")


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--steps", type=int, default=20, help="steps per round and contender")
    options = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}, one thread, float32")
    competitors = contenders()
    for title, (make, by_hand_step) in workloads(np.random.default_rng(0)).items():
        steps = {name: make(c) for name, c in competitors.items()} | {"NumPy by hand": by_hand_step()}
        compare(title, steps, options.rounds, options.steps)


if __name__ == "__main__":
    main()

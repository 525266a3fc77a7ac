"""Does the cost of a graph grow with its size and no faster, and is it given back?  Each in a fresh process.

`python -m benchmarks growth`
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from pathlib import Path

import numpy as np

from benchmarks.fresh import ask

SIZES = (10**2, 10**3, 10**4, 10**5, 10**6)
STEPS = 10**5
QUICK = {"sizes": SIZES[:-1], "steps": 2000}


def chain(n):
    """A scalar computed by n operations, each on the result of the one before, and its variable."""
    from minigen import Tensor

    x = Tensor(np.array(1.0), requires_grad=True)
    y = x
    for i in range(n):
        y = y * 1.000001 if i % 2 else y + 1e-6
    return y, x


def cost_per_node(sizes=SIZES, clock=time.process_time):
    """[(nodes, microseconds per node to build the graph, to go back through it), ...]: the medians of five, the
    collector of cycles off, by processor time."""
    rows = []
    for n in sizes:
        built, swept = [], []
        for _ in range(5 if n < 10**6 else 3):
            gc.collect()
            gc.disable()
            begin = clock()
            y, x = chain(n)
            middle = clock()
            y.backward()
            end = clock()
            gc.enable()
            assert abs(float(x.grad) - 1.000001 ** (n // 2)) < 1e-8 * 1.000001 ** (n // 2)
            built.append(middle - begin), swept.append(end - middle)
        rows.append((n, 1e6 * float(np.median(built)) / n, 1e6 * float(np.median(swept)) / n))
    return rows


def left_over(n=10**5):
    """(MB that a graph of n nodes takes, MB left when its loss is gone), as Python counts, the collector off."""
    chain(10)[0].backward()
    gc.collect()
    gc.disable()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    y, x = chain(n)
    held = tracemalloc.get_traced_memory()[0]
    y.backward()
    del y, x
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    gc.enable()
    return (held - before) / 2**20, (left - before) / 2**20


def resident():
    """MB of this process in memory now (Linux), or None."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    return int(status.read_text().partition("VmRSS:")[2].split()[0]) / 1024


def over_steps(steps=STEPS):
    """[(step, MB in memory), ...] while a small GAN with gradient penalty trains; the collector as usual."""
    from minigen import gan, nn, optim

    rng = np.random.default_rng(0)
    g, f = (nn.MLP([2, 8, n], nn.LeakyReLU(0.2), rng=rng, dtype=np.float32) for n in (2, 1))
    rounds = gan.train(
        g, f, lambda n, rng: rng.standard_normal((n, 2)), lambda n, rng: rng.standard_normal((n, 2)), gan.wasserstein,
        optim.Adam(g), optim.Adam(f), rng=rng, batch_size=8, constraint=gan.GradientPenalty(),
    )  # fmt: skip
    seen = []
    for step in range(1, steps + 1):
        next(rounds)
        if step in (steps // 100, steps // 10) or step % (steps // 4) == 0:
            seen.append((step, resident()))
    return seen


def report(sizes=SIZES, steps=STEPS):
    """{"nodes": ..., "memory": ..., "steps": ...}, each in a process of its own."""
    return {
        "nodes": ask(f"growth.cost_per_node({sizes})"),
        "memory": ask("growth.left_over()"),
        "steps": ask(f"growth.over_steps({steps})"),
    }

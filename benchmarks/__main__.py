"""minigen side by side with other libraries, one thread each: `make bench`, or `python -m benchmarks W1 W4 --quick`."""

import argparse
import os
import time
from functools import partial

import numpy as np
from tqdm import tqdm

from benchmarks import page
from benchmarks.measure import Timing, best_torch, ratio, start, take_turns
from benchmarks.workloads import find


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="workloads (W1, W4, ...), growth, import, memory; all by default")
    parser.add_argument("--rounds", type=int, default=21, help="how often the contenders take turns (21)")
    parser.add_argument("--seconds", type=float, default=0.2, help="of each turn (0.2)")
    parser.add_argument("--quick", action="store_true", help="5 rounds of 0.05 s, for a look")
    parser.add_argument("--cpu-time", action="store_true", help="processor time instead of time: for a busy machine")
    parser.add_argument("--write", action="store_true", help="write docs/speed.* (the default if no names are given)")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 5, 0.05
    clock = time.process_time if options.cpu_time else time.perf_counter
    one_core()
    print(page.surroundings())
    others = {"growth", "import", "memory"} & set(options.names)
    chosen = [w for w in find([n for n in options.names if n not in others])] if set(options.names) - others else []
    timings = []
    for workload in chosen or ([] if others else find([])):
        for dtype in workload.aim:
            timings.append(measure(workload, dtype, options.rounds, options.seconds, clock))
            print("\n" + table(timings[-1]), flush=True)


def one_core():
    """Threads that a library starts on its own share one core with it, where the system lets us say so."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def measure(workload, dtype, rounds, seconds, clock):
    steps, first, left_out = start(workload, dtype)
    bar = partial(tqdm, desc=f"{workload.name} {dtype}", leave=False)
    return Timing(workload, dtype, take_turns(steps, rounds, seconds, clock, bar), first, left_out)


def table(timing):
    """Microseconds a step, the ratio to torch with its quartiles, and to torch's default."""
    w, seconds, torch = timing.workload, timing.seconds, best_torch(timing.seconds)
    reference = torch or "minigen"
    lines = [
        f"{w.name} {timing.dtype}: {w.title}" + (f"; aim {w.aim[timing.dtype]:.2f}" if w.aim[timing.dtype] else ""),
        f"  {'':15s} {'us a step':>10s} {'to ' + reference:>17s} {'quartiles':>13s} {'to torch loop':>14s} {'first step':>11s}",
    ]
    for name, t in seconds.items():
        value, low, high = ratio(t, seconds[reference])
        loop = f"{ratio(t, seconds['torch loop'])[0]:.2f}" if "torch loop" in seconds else ""
        lines.append(
            f"  {name:15s} {np.median(t) * 1e6:10.1f} {value:17.3f} {f'{low:.3f}-{high:.3f}':>13s} {loop:>14s}"
            f" {timing.first[name]:9.3f} s"
        )
    lines += [f"  {name} left out: {why}" for name, why in timing.left_out.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()

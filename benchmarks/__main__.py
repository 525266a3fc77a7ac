"""minigen side by side with other libraries, one thread each: `make bench`, or `python -m benchmarks W1 W4 --quick`."""

import argparse
import os
import time
from functools import partial

import numpy as np
from tqdm import tqdm

from benchmarks import fresh, growth, levers, page, profile
from benchmarks.measure import Timing, best_torch, ratio, start, take_turns
from benchmarks.workloads import find, one

DEEP = ("W1", "W4", "W5")  # what is taken apart: levers and profile


def taken_away(options, clock):
    reports = {name: levers.report(one(name), "float32", options.rounds, options.seconds, clock) for name in DEEP}
    return page.levers(reports, torch=levers.allocator("W1", "float32", 3, "torch foreach"))


def left(options, clock):
    return page.profiles({name: profile.profile(one(name), "float32", 100, clock) for name in DEEP})


OTHERS = {
    "import": ("Import", lambda o, clock: page.imports(fresh.imports(3 if o.quick else 9))),
    "memory": ("Memory", lambda o, clock: page.training(fresh.training(1 if o.quick else 3))),
    "growth": ("Growth", lambda o, clock: page.growth(growth.report(**(growth.QUICK if o.quick else {})))),
    "levers": ("What each lever gives", taken_away),
    "profile": ("Where the time goes", left),
}


def main():
    told = "All of it, and not --quick, writes docs/speed.md, docs/speed.csv and docs/speed.png."
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, epilog=told)
    parser.add_argument(
        "names", nargs="*", help="workloads (W1, W4, ...), import, memory, growth, levers, profile; all by default"
    )
    parser.add_argument("--rounds", type=int, default=21, help="how often the contenders take turns (21)")
    parser.add_argument("--seconds", type=float, default=0.2, help="of each turn (0.2)")
    parser.add_argument("--quick", action="store_true", help="5 rounds of 0.05 s, for a look")
    parser.add_argument("--cpu-time", action="store_true", help="processor time instead of time: for a busy machine")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds = 5, 0.05
    clock = time.process_time if options.cpu_time else time.perf_counter
    one_core()
    print(page.surroundings(), flush=True)
    names = [name for name in options.names if name not in OTHERS]
    chosen = find(names) if names or not options.names else []
    timings = [
        measure(workload, dtype, options.rounds, options.seconds, clock)
        for workload in chosen
        for dtype in workload.aim
    ]
    sections = []
    for name, (title, report) in OTHERS.items():
        if name in options.names or not options.names:
            sections.append((title, report(options, clock)))
            print(f"\n{title}\n\n{sections[-1][1]}", flush=True)
    if options.names or options.quick:
        return
    if any(best_torch(timing.seconds) is None for timing in timings):
        print(
            "\nThe page gives ratios to torch, which is not there (pip install -e '.[dev,peers]'): it is left as it is."
        )
    else:
        told = "processor time" if options.cpu_time else "the clock"
        page.write(timings, sections, rounds=options.rounds, seconds=options.seconds, clock=told)
        print(f"\nWritten: {page.FOLDER / 'speed.md'}, speed.csv, speed.png")


def one_core():
    """Threads that a library starts on its own share one core with it, where the system lets us say so."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def measure(workload, dtype, rounds, seconds, clock):
    """The Timing of a workload, which is printed too."""
    steps, first, left_out = start(workload, dtype)
    bar = partial(tqdm, desc=f"{workload.name} {dtype}", leave=False)
    timing = Timing(workload, dtype, take_turns(steps, rounds, seconds, clock, bar), first, left_out)
    print("\n" + table(timing), flush=True)
    return timing


def table(timing):
    """Microseconds a step, the ratio to torch with its quartiles, and to torch's default."""
    w, seconds, torch = timing.workload, timing.seconds, best_torch(timing.seconds)
    reference, aim = torch or "minigen", w.aim[timing.dtype]
    lines = [
        f"{w.name} {timing.dtype}: {w.title}" + (f"; aim {aim:.2f}" if aim else ""),
        f"  {'':15s} {'us a step':>10s} {'to ' + reference:>17s} {'quartiles':>13s} {'to torch loop':>14s}"
        f" {'first step':>11s}",
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

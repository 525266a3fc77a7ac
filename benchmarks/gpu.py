"""minigen on CuPy beside PyTorch on the same GPU: `python -m benchmarks.gpu` writes docs/speed-gpu.md.

Networks of three hidden layers in float32 (and no TF32 on either side); the losses of the first steps must agree.  Then
the contenders take turns, the order changing; the clock is read only when the GPU has done all that it was asked.
"""

import argparse
import gc
import sys
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.gpu_steps import CHECKED, STEPS
from benchmarks.measure import losses, ratio, take_turns

PAGE = Path(__file__).parents[1] / "docs" / "speed-gpu.md"
TOLERANCE = 1e-3  # of the losses in float32, summed in another order
HEAD = "| step | width | batch | minigen, ms | torch foreach, ms | torch fused, ms | minigen / best torch (quartiles) |"


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"{', '.join(STEPS)}; all by default")
    parser.add_argument("--widths", type=int, nargs="+", default=[128, 512, 2048, 8192], metavar="N")
    parser.add_argument("--batches", type=int, nargs="+", default=[256, 1024], metavar="N")
    parser.add_argument("--rounds", type=int, default=11, help="how often the contenders take turns (11)")
    parser.add_argument("--seconds", type=float, default=0.3, help="of each turn (0.3)")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda", help="cpu: to try the script, not written")
    options = parser.parse_args(argv)
    if unknown := set(options.names) - set(STEPS):
        parser.error(f"no step {', '.join(sorted(unknown))}: there are {', '.join(STEPS)}")
    if options.device == "cuda" and (reason := missing()):
        print(f"Nothing was measured: {reason}", file=sys.stderr)
        return 1
    print(surroundings(options.device) + f"\n\n{HEAD}\n" + "|---|" + "--:|" * 6, flush=True)
    rows = []
    for name in options.names or STEPS:
        for width in options.widths:
            for batch in options.batches:
                rows.append(row(name, width, batch, options))
                print(rows[-1], flush=True)
                if options.device == "cuda":  # each time, so that a run that is cut short leaves what it has
                    PAGE.write_text(page(rows, options))
    return 0


def missing():
    """Why there is nothing to measure, or None."""
    from minigen import device

    try:
        device.to(np.zeros(1), "cuda")
    except RuntimeError as error:
        return str(error)
    try:
        import torch
    except ImportError:
        return 'it is measured beside torch, which is not installed: pip install "minigen[peers]"'
    return None if torch.cuda.is_available() else "torch sees no CUDA device: it may have been built for the CPU alone"


def row(name, width, batch, options):
    """One line of the table: medians of milliseconds, the ratio of medians, the quartiles of ratios within a round."""
    begin = f"| {name} | {width} | {batch} |"
    synchronise, free = on_the_device(options.device)
    try:
        seconds = measure(name, width, batch, options, synchronise)
    except Exception as error:
        if "OutOfMemory" not in type(error).__name__:
            raise
        return f"{begin} out of memory | | | |"
    finally:
        free()
    best = min((n for n in seconds if n != "minigen"), key=lambda n: np.median(seconds[n]))
    value, low, high = ratio(seconds["minigen"], seconds[best])
    times = " | ".join(f"{1e3 * np.median(t):.3f}" for t in seconds.values())
    return f"{begin} {times} | {value:.2f} ({low:.2f}-{high:.2f}) |"


def measure(name, width, batch, options, synchronise):
    """contender -> seconds per step in each round, after their losses agreed (AssertionError if they do not)."""
    problem, in_minigen, in_torch = STEPS[name]
    p = problem(width, batch)
    steps = {
        "minigen": in_minigen(p, options.device),
        "torch foreach": in_torch(p, options.device, "foreach"),
        "torch fused": in_torch(p, options.device, "fused"),
    }
    first = {contender: losses(step, CHECKED) for contender, step in steps.items()}  # compiles kernels, too
    for contender, values in first.items():
        np.testing.assert_allclose(
            values, first["torch foreach"], rtol=TOLERANCE, atol=TOLERANCE,
            err_msg=f"{name}, width {width}, batch {batch}: the losses of {contender} are not those of torch",
        )  # fmt: skip

    def clock():
        synchronise()
        return time.perf_counter()

    def progress(rounds):
        return tqdm(rounds, desc=f"{name} {width} {batch}", leave=False)

    return take_turns(steps, options.rounds, options.seconds, clock, progress)


def on_the_device(where):
    """(wait until all is done, give back the memory that nobody uses)."""
    if where == "cpu":
        return (lambda: None), gc.collect
    import cupy
    import torch

    def synchronise():
        cupy.cuda.Device().synchronize()
        torch.cuda.synchronize()

    def free():
        gc.collect()
        cupy.get_default_memory_pool().free_all_blocks()
        torch.cuda.empty_cache()

    return synchronise, free


def surroundings(where):
    """One line: the device, and the versions of both."""
    import torch

    if where == "cpu":
        return f"the CPU, for a look; NumPy {np.__version__}, torch {torch.__version__}"
    import cupy

    name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    return f"{name}; CuPy {cupy.__version__}, NumPy {np.__version__}, torch {torch.__version__}"


def page(rows, options):
    table = "\n".join([HEAD, "|---|" + "--:|" * 6, *rows])
    return f"""# Speed on a GPU

Milliseconds of a step of training, by `python -m benchmarks.gpu` on {surroundings(options.device)}: medians over
{options.rounds} rounds in which the contenders take turns.  The ratio is that of the medians, with the quartiles of the
ratios within a round; below 1 minigen is faster.  All in float32, without TF32.

{table}

- classifier: a perceptron of three hidden layers, leaky ReLU, cross-entropy, Adam.
- WGAN-GP: one step of the critic on data, samples and the points between them, and one of the generator.
- diffusion: noise prediction by a perceptron that is told the time at each layer, Adam, the weights' running average.

Batches lie on the CPU and are moved in the step, and the losses are asked for after each step, on both sides.
"""


if __name__ == "__main__":
    sys.exit(main())

"""Exact optimal transport side by side with POT and HiGHS: `python -m benchmarks.transport`.

Three clouds in the plane (a shifted Gaussian, a ring, a square), uniform and general weights.  All optima must agree
(POT to 1e-9, HiGHS to its tolerance of 1e-6), or it stops.  The contenders take turns; a figure is process CPU time on
one thread, a ratio the median over clouds and rounds of the ratios within a round, so that a busy machine disturbs all
alike.  Memory is what the peak of a fresh process grows by while solving, C itself not counted (Linux only).  With the
default sizes it writes docs/transport.md.
"""

import argparse
import platform
import subprocess
import sys
import time
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from tqdm import tqdm

from benchmarks.page import processor
from minigen.transport import cost_matrix, transport_plan, wasserstein_1d

CLOUDS = ("Gaussian", "ring", "square")
WEIGHTS = ("uniform", "general")
SIZES = [50, 100, 200, 500, 1000, 2000]
PAGE = Path(__file__).parents[1] / "docs" / "transport.md"
ABOUT = """# The speed of exact transport

Written by `python -m benchmarks.transport`, which `make bench` runs too; no number here is typed in.

- In the plane: three clouds (a shifted Gaussian, a ring, a square), n points against n. "it / POT" is minigen's time
  over that of POT's network simplex in C++: the median over clouds and rounds, and the range. HiGHS solves the same
  linear program through scipy. All optima agreed: POT's to 1e-9, HiGHS's to 1e-6.
- On a line: milliseconds; the closed form, beside POT's and scipy's.
- Seconds are of the processor, on one thread, the contenders in turns. MB: by how much the peak of a fresh process grew
  while solving, and as a share of the matrix of costs ("of C"), which is not counted.

```
{lines}
```
"""


def instance(cloud, weights, n, seed):
    """(a, b, C) of one problem; a and b are None for uniform weights."""
    rng = np.random.default_rng(seed)
    if cloud == "Gaussian":
        x, y = rng.standard_normal((n, 2)), rng.standard_normal((n, 2)) + 0.5
    elif cloud == "ring":
        angles = 2 * np.pi * rng.random((2, n))
        x, y = np.stack([np.cos(angles), np.sin(angles)], axis=-1) + 0.01 * rng.standard_normal((2, n, 2))
    else:
        x, y = rng.random((2, n, 2))
    a, b = (None, None) if weights == "uniform" else (w / w.sum() for w in rng.random((2, n)))
    return a, b, cost_matrix(x, y)


class Told(list):
    """Lines that are printed as they come."""

    def __call__(self, line):
        print(line, flush=True)
        self.append(line)


def minigen(a, b, C):
    return float(transport_plan(a, b, C).cost)


def pot(a, b, C):
    import ot

    a, b = (np.full(n, 1 / n) if w is None else w for w, n in zip((a, b), C.shape, strict=True))
    return float(np.sum(ot.emd(a, b, C, numItermax=10**8) * C))


def highs(a, b, C):
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, eye_array, kron, vstack

    m, n = C.shape
    a, b = (np.full(k, 1 / k) if w is None else w for w, k in zip((a, b), C.shape, strict=True))
    sums = vstack([kron(eye_array(m), np.ones((1, n))), kron(np.ones((1, m)), eye_array(n))])
    return linprog(C.ravel(), A_eq=csr_array(sums)[:-1], b_eq=np.concatenate([a, b])[:-1], method="highs").fun


SOLVERS = {"minigen": minigen, "POT": pot, "HiGHS": highs}


def growth(solver, weights, n):
    """MB by which the peak memory of a fresh process grows while solving; it solves a small problem first."""
    code = (
        "import re, pathlib; from benchmarks import transport as t\n"
        f"solve = t.SOLVERS[{solver!r}]; solve(*t.instance('square', {weights!r}, 20, 0))\n"
        f"problem = t.instance('square', {weights!r}, {n}, 0)\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])\n"
        "before = peak(); solve(*problem); print((peak() - before) / 1024)"
    )
    if not sys.platform.startswith("linux"):
        return np.nan
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def in_turn(calls, rounds, turn=0):
    """name -> seconds of CPU in each round, and the values; the order changes from round to round."""
    seconds, values = {name: [] for name in calls}, {}
    for r in range(rounds):
        names = list(calls)
        names = names[(r + turn) % len(names) :] + names[: (r + turn) % len(names)]
        for name in names:
            start = time.process_time()
            values[name] = calls[name]()
            seconds[name].append(time.process_time() - start)
    return seconds, values


def plane(sizes, rounds, limit, names, tell):
    """The table of the plane: a row for each n and kind of weights."""
    tell(f"\n{'n':>5s} {'weights':8s} {'seconds':>8s} {'it / POT':>9s} {'range':>12s} {'HiGHS / it':>11s} "
          f"{'MB':>6s} {'of C':>5s} {'POT MB':>7s} {'HiGHS MB':>9s}")  # fmt: skip
    for n in sizes:
        every = []
        for weights in WEIGHTS:
            ratios, own, slower = [], [], []
            for k, cloud in enumerate(tqdm(CLOUDS, desc=f"n = {n}, {weights}", leave=False)):
                problem = instance(cloud, weights, n, seed=n + k)
                calls = {s: partial(SOLVERS[s], *problem) for s in names if s != "HiGHS" or n <= limit}
                seconds, values = in_turn(calls, rounds if n <= 1000 else max(1, rounds // 3), k)
                for name, value in values.items():  # HiGHS meets its constraints to 1e-7 only
                    np.testing.assert_allclose(value, values["minigen"], rtol=1e-6 if name == "HiGHS" else 1e-9)
                own += seconds["minigen"]
                if "POT" in seconds:
                    ratios += list(np.array(seconds["minigen"]) / seconds["POT"])
                if "HiGHS" in seconds:
                    slower += list(np.array(seconds["HiGHS"]) / seconds["minigen"])
            every += ratios
            memory = {s: growth(s, weights, n) for s in names if s != "HiGHS" or n <= limit}
            low_high = f"{min(ratios):.1f} - {max(ratios):.1f}" if ratios else "-"
            tell(f"{n:5d} {weights:8s} {np.median(own):8.3f} {_number(ratios, '.2f'):>9s} {low_high:>12s} "
                  f"{_number(slower, '.0f'):>11s} {memory['minigen']:6.1f} {memory['minigen'] / (8e-6 * n * n):5.2f} "
                  f"{_number([memory[s] for s in ('POT',) if s in memory], '.1f'):>7s} "
                  f"{_number([memory[s] for s in ('HiGHS',) if s in memory], '.0f'):>9s}")  # fmt: skip
        if every:
            tell(f"{n:5d} {'both':8s} {'':8s} {np.median(every):9.2f}")


def line(rounds, tell):
    """The table of the line: milliseconds."""
    tell(f"\non a line {'n':>7s} {'weights':8s} {'p':>2s} {'it':>8s} {'POT':>8s} {'scipy':>8s}   (milliseconds)")
    for n in (1000, 100_000):
        for weights in WEIGHTS:
            for p in (1, 2):
                rng = np.random.default_rng(0)
                x, y = rng.standard_normal(n), rng.standard_normal(n) + 0.5
                a, b = (None, None) if weights == "uniform" else (w / w.sum() for w in rng.random((2, n)))
                calls = line_calls(x, y, a, b, p)
                seconds, values = in_turn(calls, max(5, rounds))
                np.testing.assert_allclose(list(values.values()), values["minigen"], rtol=1e-8, err_msg=str(values))
                shown = (_number([1e3 * np.median(seconds[s])] if s in seconds else [], ".3f") for s in
                         ("minigen", "POT", "scipy"))  # fmt: skip
                tell(f"{'':9s} {n:7d} {weights:8s} {p:2d} " + " ".join(f"{s:>8s}" for s in shown))


def line_calls(x, y, a, b, p):
    calls = {"minigen": lambda: wasserstein_1d(x, y, a, b, p)}
    if _installed("ot"):
        import ot

        calls["POT"] = lambda: ot.emd2_1d(x, y, a, b, metric="minkowski", p=p) ** (1 / p)
    if p == 1 and _installed("scipy"):
        from scipy.stats import wasserstein_distance

        calls["scipy"] = lambda: wasserstein_distance(x, y, a, b)
    return calls


def _installed(package):
    try:
        __import__(package)
    except ImportError as error:
        print(f"{package} left out: {error}")
        return False
    return True


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _number(values, form):
    return f"{np.median(values):{form}}" if len(values) else "-"


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.transport", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rounds", type=int, default=5, help="for n > 1000 a third of them")
    parser.add_argument("--highs-limit", type=int, default=500, help="largest n that HiGHS is asked for")
    options = parser.parse_args()
    tell = Told()
    others = ", ".join(f"{package} {_version(package)}" for package in ("POT", "scipy"))
    tell(f"{processor()}; Python {platform.python_version()}, numpy {np.__version__}, {others}; one thread")
    needs = {"minigen": "minigen", "POT": "ot", "HiGHS": "scipy"}
    names = [s for s in SOLVERS if _installed(needs[s])]
    line(options.rounds, tell)
    plane(options.sizes, options.rounds, options.highs_limit, names, tell)
    if options.sizes == SIZES and len(names) == len(SOLVERS):
        PAGE.write_text(ABOUT.format(lines="\n".join(tell)))
        print(f"{PAGE.parent.name}/{PAGE.name} is written")


if __name__ == "__main__":
    main()

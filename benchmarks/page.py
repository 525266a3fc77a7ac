"""The page of speeds: docs/speed.md, docs/speed.csv and docs/speed.png, from one run."""

from __future__ import annotations

import csv
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from benchmarks.measure import best_torch, ratio

FOLDER = Path(__file__).parents[1] / "docs"
PACKAGES = ("numpy", "torch", "jax", "autograd", "mygrad", "tinygrad")
COLUMNS = (
    "workload", "dtype", "contender", "microseconds", "lower_quartile", "upper_quartile", "reference", "ratio",
    "ratio_lower_quartile", "ratio_upper_quartile", "ratio_to_torch_loop", "first_step_seconds",
)  # fmt: skip
AIMS = {"memory": 6.0, "import": 1.2}

ABOUT = """# Speed

Training steps of minigen beside other libraries and beside NumPy written by hand, which no engine that calls NumPy
can be expected to beat. `make bench` writes this page; the numbers are in [speed.csv](speed.csv).

{surroundings}.

- All start from the same weights and see the same draws. Before anything is timed the losses of the first steps, ten
  in most cases, must be those of NumPy by hand in float64: in float64 to six digits; in float32 to 1e-4, to 1e-3 with
  the gradient penalty, to 2e-3 with clipping, whose loss is a small difference of means. A contender that computes
  something else stops the run.
- The contenders take turns, {rounds} rounds of {seconds:g} s each, all in one process on one core, by {clock}. A time
  is the median over rounds, and so is a ratio, which is taken within each round; its quartiles are in brackets.
- torch is eager torch with the faster of its foreach and fused optimisers, which each panel names; "to torch's
  default" is to its loop over parameters. jax is compiled, and the time of compiling is not in the step (the column
  `first_step_seconds` of speed.csv has it).
- "To NumPy by hand" is minigen's time over that of NumPy by hand: what the engine costs. Where NumPy by hand is itself
  above the aim, no engine on NumPy can meet it on this machine.
- minigen asks the system's allocator to keep large blocks, for the whole process and so for all contenders. What that
  does for torch is among the levers below.

![Time of a step relative to torch, with quartiles](speed.png)

"""


def surroundings():
    """One line: the processor, Python and the versions of all contenders."""
    return f"{processor()}; Python {platform.python_version()}, {', '.join(versions())}; one thread"


def versions():
    for package in PACKAGES:
        try:
            yield f"{package} {version(package)}"
        except PackageNotFoundError:
            yield f"no {package}"


def processor():
    """The processor's name as the system gives it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def rows(timing):
    """One row of COLUMNS for each contender."""
    seconds, reference = timing.seconds, best_torch(timing.seconds) or "minigen"
    for name, t in seconds.items():
        low, median, high = 1e6 * np.quantile(t, [0.25, 0.5, 0.75])
        loop = ratio(t, seconds["torch loop"])[0] if "torch loop" in seconds else float("nan")
        numbers = (median, low, high), ratio(t, seconds[reference]), (loop, timing.first[name])
        times, ratios, rest = ([f"{v:.4g}" for v in part] for part in numbers)
        yield [timing.workload.name, timing.dtype, name, *times, reference, *ratios, *rest]


def write(timings, sections, folder=FOLDER, **how):
    """The three files.  sections: what follows the table, as (title, text)."""
    with (folder / "speed.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for timing in timings:
            writer.writerows(rows(timing))
    text = ABOUT.format(surroundings=surroundings(), **how) + ratios(timings) + left_out(timings)
    for title, section in sections:
        text += f"\n## {title}\n\n{section}"
    (folder / "speed.md").write_text(text)
    figure(timings).savefig(folder / "speed.png", dpi=120)


def ratios(timings):
    """The table of the page: minigen, the aim, and the others, each as a ratio to torch."""
    beside = {"to torch's default": "torch loop", "to NumPy by hand": "NumPy by hand"}
    columns = ("minigen", "aim", *beside, "NumPy by hand", "jax jit", "autograd", "mygrad", "tinygrad jit")
    lines = [f"| time of a step / torch's | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for timing in timings:
        seconds, w = timing.seconds, timing.workload
        torch = best_torch(seconds)
        if torch is None:
            continue
        cells = []
        for column in columns:
            if column == "aim":
                cells.append(f"{w.aim[timing.dtype]:.2f}" if w.aim[timing.dtype] else "")
            elif column in beside:
                other = seconds.get(beside[column])
                cells.append("" if other is None else f"{ratio(seconds['minigen'], other)[0]:.2f}")
            elif column not in seconds:
                cells.append("")
            else:
                value, low, high = ratio(seconds[column], seconds[torch])
                cells.append(f"{value:.2f}" + (f" ({low:.2f}-{high:.2f})" if column == "minigen" else ""))
        lines.append(f"| {w.name} {timing.dtype}: {w.title} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def left_out(timings):
    """A sentence for each contender that is not in a row, and why."""
    reasons = {}
    for timing in timings:
        for name, why in timing.left_out.items():
            reasons.setdefault((name, why), []).append(timing.workload.name)
    lines = [f"- {name} is not in {', '.join(dict.fromkeys(where))}: {why}." for (name, why), where in reasons.items()]
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def figure(timings):
    """Bars of the ratios to torch, a panel for each workload; a whisker for the quartiles, a line for the aim."""
    from matplotlib.figure import Figure

    shown = [t for t in timings if best_torch(t.seconds)]
    wide = 3
    high = -(-len(shown) // wide)
    drawing = Figure(figsize=(4.2 * wide, 2.3 * high), layout="constrained")
    axes = drawing.subplots(high, wide, squeeze=False).ravel()
    for ax, timing in zip(axes, shown, strict=False):
        torch, w = best_torch(timing.seconds), timing.workload
        values = {name: ratio(t, timing.seconds[torch]) for name, t in timing.seconds.items()}
        names = sorted(values, key=lambda name: -values[name][0])
        middle, low, up = np.array([values[name] for name in names]).T
        colours = ["C0" if n == "minigen" else "0.55" if n.startswith("torch") else "0.8" for n in names]
        ax.barh(
            names, middle, color=colours, xerr=np.abs([middle - low, up - middle]), error_kw={"lw": 1, "capsize": 2}
        )
        ax.axvline(1, color="0.3", lw=0.8)
        if w.aim[timing.dtype]:
            ax.axvline(w.aim[timing.dtype], color="C3", lw=1.2, ls="--")
        end = 2.6
        ax.set_xlim(0, end)
        for y, value in enumerate(middle):
            beside = up[y] < end - 0.4  # or inside the bar, where there is no room beside it
            ax.text(
                up[y] + 0.05 if beside else min(low[y], end) - 0.05, y, f"{value:.2f}", va="center", fontsize=7,
                ha="left" if beside else "right", bbox={"fc": "white" if beside else "none", "ec": "none", "pad": 0.5},
            )  # fmt: skip
        ax.set_title(f"{w.name} {timing.dtype}, 1 = {torch}", fontsize=9)
        ax.tick_params(labelsize=7)
        ax.spines[["top", "right"]].set_visible(False)
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    drawing.supxlabel("time of a step, relative to torch (dashed: the aim; whiskers: quartiles)", fontsize=9)
    return drawing


def imports(measured):
    """Time and memory of importing, beside NumPy's, medians over fresh processes."""
    base = measured["numpy"]
    lines = ["| import | time, as a multiple of `import numpy` | MB beyond NumPy |", "|---|---|---|"]
    for name, values in measured.items():
        value, low, high = ratio(values[:, 0], base[:, 0])
        more = np.median(values[:, 1]) - np.median(base[:, 1])
        lines.append(f"| {name} | {value:.2f} ({low:.2f}-{high:.2f}) | {more:.1f} |")
    aims = f"Aims: `import minigen` at most {AIMS['import']:g} times `import numpy`, {AIMS['memory']:g} MB beyond it.\n"
    return "\n".join(lines) + f"\n\n{aims}"


def training(measured):
    """Memory of a process that has imported a library and made 100 steps of W1."""
    base = np.median(measured["NumPy by hand"][:, 1])
    lines = ["| 100 steps of W1 in | MB beyond NumPy by hand |", "|---|---|"]
    lines += [f"| {name} | {np.median(values[:, 1]) - base:.1f} |" for name, values in measured.items()]
    return "\n".join(lines) + "\n"


def growth(report):
    """Cost per node, what is left of a graph, memory over the steps of a long run."""
    lines = ["| operations in one graph | us each, forwards | us each, backwards |", "|---|---|---|"]
    lines += [f"| {n:,} | {built:.2f} | {swept:.2f} |" for n, built, swept in report["nodes"]]
    held, left = report["memory"]
    lines.append(
        f"\nA graph of 100,000 operations takes {held:.1f} MB; {left:.2f} MB of it are left when its loss is gone"
    )
    lines.append("(counted by tracemalloc, with the collector of cycles off).\n")
    if all(mb is not None for _, mb in report["steps"]):
        told = ", ".join(f"{mb:.1f} MB after {step:,}" for step, mb in report["steps"])
        lines.append(f"A small WGAN-GP in memory, over its steps: {told}.")
    return "\n".join(lines) + "\n"


def levers(reports, torch):
    """reports: workload -> levers.report; torch: what the allocator gives torch in W1."""
    text = "The time of a step without the lever over the time with it, one at a time; quartiles in brackets.\n"
    for name, (now, rows) in reports.items():
        text += f"\n| {name}, {now:.0f} us a step | without / with |\n|---|---|\n"
        for lever, value, low, high in rows:
            text += f"| {lever} | {value:.2f} ({low:.2f}-{high:.2f}) |\n"
    return f"{text}\nThe same allocator, for torch in W1: {torch[0]:.2f} ({torch[1]:.2f}-{torch[2]:.2f}).\n"


def profiles(found):
    """found: workload -> the rows of profile.profile; what takes 2 % or more."""
    text = "Each call's own time, without what it calls (`python -m benchmarks.profile`); what takes 2 % or more.\n"
    for name, (rows, _, _) in found.items():
        total = sum(t for _, _, t in rows)
        text += f"\n| {name} | share | calls a step |\n|---|---|---|\n"
        for label, calls, t in rows:
            if t >= 0.02 * total:
                text += f"| {' '.join(label.split())} | {t / total:.1%} | {calls:g} |\n"
    return text

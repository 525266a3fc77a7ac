"""A large class: 500 submissions of one exercise graded on two cores, killed half-way and resumed.

    python -m benchmarks.large_class

Right answers, wrong ones, stubs, and some that loop, take all memory or look for the answers.  The journal must show
that nothing was graded twice or lost, an uninterrupted run of a sample must give the same grades, and the memory of the
grader must not grow.  Writes docs/grading-large-class.md.
"""

import argparse
import itertools
import json
import os
import platform
import resource
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from minigen.grading import processes
from minigen.grading.cli import choose

ROOT = Path(__file__).parents[1]
ANSWERS = ROOT / "tests" / "exercises"

# How a hostile submission answers every call; the statuses that it may get.
HOSTILE = {
    "loops": ("while True: pass", {"timeout"}),
    "takes memory": ("return bytearray(1 << 40)", {"memory"}),
    "ends Python": ("import os; os._exit(0)", {"crashed", "protocol_error"}),
    "forks": ("import os\n    while True: os.fork()", {"partial"}),
    "forges": ("import os; os.write(1, b'[\"value\", 0, true]' * 99); os._exit(0)", {"crashed", "protocol_error"}),
    "searches": ("import gc; return [o for o in gc.get_objects() if isinstance(o, float)]", {"partial"}),
    "prints": ("print('x' * 10**7); return 0", {"partial"}),
    "always true": ("return type('T', (float,), {'__eq__': lambda s, o: True})(0)", {"partial"}),
}


def submissions(exercise, count):
    """id -> (kind, text): of ten, four are right, three wrong in one function, one is a stub, one half, one hostile."""
    folder = ANSWERS / exercise.name
    stub = (exercise / "exercise.py").read_text()
    rights = [path.read_text() for path in [folder / "reference.py", *sorted(folder.glob("right_*.py"))]]
    rights = [text for text in rights if "minigen" not in text]  # behind the walls there is NumPy only
    files = sorted(folder.glob("wrong*.py"))
    wrongs = [(*row, file) for file in files for row in runpy.run_path(str(file))["WRONG"]]
    functions = list(dict.fromkeys(row[0] for row in wrongs))
    wrong = itertools.cycle(wrongs)
    right, hostile = itertools.cycle(rights), itertools.cycle(HOSTILE)
    kinds = ["right", "wrong", "right", "stub", "wrong", "right", "hostile", "wrong", "half", "right"]
    made = {}
    for i in range(count):
        kind = kinds[i % 10]
        if kind in ("right", "stub"):
            text = next(right) if kind == "right" else stub
        elif kind == "wrong":
            function, answer, *_, file = next(wrong)
            text = f"{rights[0]}\n\n{file.read_text()}\n\n{function} = {answer.__name__}\n"
        elif kind == "half":
            text = rights[0] + "\n\ndef todo(*args, **kwargs):\n    raise NotImplementedError\n"
            text += "".join(f"{name} = todo\n" for name in functions[::2])
        else:
            kind = next(hostile)
            text = rights[0] + f"\n\ndef answer(*args, **kwargs):\n    {HOSTILE[kind][0]}\n"
            text += "".join(f"{name} = answer\n" for name in functions[: 2 if kind == "loops" else None])
        made[f"s{i:03}"] = kind, f"{text}\n# handed in by s{i:03}\n"
    return made


class Run:
    """`minigen grade` as an instructor calls it, and its memory while it goes on."""

    def __init__(self, place, uploads, out, exercise, *more):
        command = [sys.executable, "-m", "minigen.cli", "grade", str(place / uploads), "-a", str(exercise), "-o",
                   str(place / out), "--jobs", "2", "--cpu", "2", "--secret", str(place / "key"), *more]  # fmt: skip
        self.journal = place / out / "journal.jsonl"
        self.own, self.all, self.start = [], [], time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT)

    def done(self):
        return self.journal.read_bytes().count(b"\n") if self.journal.exists() else 0

    def watch(self, until):
        """Until so many are done, or it ends; notes (how many are done, its MiB), and the MiB with what it starts."""
        while self.process.poll() is None and self.done() < until:
            family = processes.family(self.process.pid)
            self.own.append((self.done(), memory(self.process.pid)))
            self.all.append(sum(memory(pid) for pid in family))
            time.sleep(1)
        self.seconds = time.monotonic() - self.start

    def kill(self):
        """SIGKILL; all that it started must go with it."""
        family = processes.family(self.process.pid)
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        deadline = time.monotonic() + 30
        while any(processes.family(pid) for pid in family):
            assert time.monotonic() < deadline, "processes are left behind"
            time.sleep(0.1)


def memory(pid):
    """MiB that a process keeps in memory; 0 if it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 2**20
    except (OSError, IndexError):
        return 0.0


def grades(place, out):
    """id -> all that a student is told, without the seconds that it took."""
    rows = json.loads((place / out / "grades.json").read_text())["grades"]
    return {row["id"]: {key: value for key, value in row.items() if key != "seconds"} for row in rows}


def check(made, found, most):
    """Right answers have all points, stubs none; what is hostile has its status, and never all points."""
    for id, (kind, _) in made.items():
        status, points = found[id]["status"], found[id]["points"]
        if kind == "right":
            assert (status, points) == ("ok", most), (id, kind, status, points)
        elif kind == "stub":
            assert (status, points) == ("partial", 0), (id, kind, status, points)
        else:
            statuses = HOSTILE[kind][1] if kind in HOSTILE else {"partial"}
            assert status in statuses and points < most, (id, kind, status, points)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_class", description=__doc__)
    parser.add_argument("-a", "--assignment", default="02", metavar="NN")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "grading-large-class.md")
    options = parser.parse_args()
    exercise = choose(options.assignment, ROOT)
    with tempfile.TemporaryDirectory(prefix="minigen-class-") as folder:
        page = measure(Path(folder), exercise, submissions(exercise, options.count))
    print(page)
    options.out.write_text(page)


def measure(place, exercise, made):
    """Grade, kill, resume and compare; the page that says what came out."""
    (place / "key").write_text("the key of a large class\n")
    sample = sorted(made)[:: max(len(made) // 30, 1)]
    for uploads, ids in (("in", made), ("sample", sample)):
        (place / uploads).mkdir()
        for id in ids:
            (place / uploads / f"{id}.py").write_text(made[id][1])
    whole = Run(place, "sample", "whole", exercise)
    whole.watch(len(made) + 1)
    assert whole.process.wait() == 0
    uninterrupted = grades(place, "whole")
    most = max(row["points"] for row in uninterrupted.values())
    check({id: made[id] for id in sample}, uninterrupted, most)

    first = Run(place, "in", "out", exercise)
    first.watch(len(made) // 2)
    first.kill()
    before = first.journal.read_bytes()
    before = before[: before.rfind(b"\n") + 1]
    assert not (place / "out" / "grades.csv").exists(), "it was too quick to be killed"

    used = os.times().children_user + os.times().children_system
    second = Run(place, "in", "out", exercise, "--resume")
    second.watch(len(made) + 1)
    assert second.process.wait() == 0
    used = os.times().children_user + os.times().children_system - used
    journal = second.journal.read_bytes()
    assert journal.startswith(before), "the journal was changed"
    lines = [json.loads(line)["id"] for line in journal.split(b"\n")[:-1] if line.endswith(b"}")]
    assert sorted(lines) == sorted(made), "something was graded twice or lost"
    found = grades(place, "out")
    check(made, found, most)

    assert uninterrupted == {id: found[id] for id in sample}, "a resumed run gives other grades"
    return written(exercise, made, found, (before.count(b"\n"), first, second, used, len(sample)))


def written(exercise, made, found, numbers):
    """The page."""
    done, first, second, used, sample = numbers
    rest = len(made) - done
    parts = [early_and_late(first.own, 0, done), early_and_late(second.own, done, len(made))]
    assert all(abs(late - early) < 8 for early, late in parts), f"the grader's memory moves: {parts}"
    kinds = Counter("hostile" if kind in HOSTILE else kind for kind, _ in made.values())
    statuses = Counter(row["status"] for row in found.values())
    rows = {
        "submissions": f"{len(made)}: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()),
        "statuses": ", ".join(f"{n} {status}" for status, n in statuses.most_common()),
        "graded before SIGKILL": f"{done} in {first.seconds:.0f} s",
        "graded after `--resume`": f"{rest} in {second.seconds:.0f} s",
        "processor seconds for a submission (resumed part)": f"{used / rest:.2f}",
        "graded twice, lost": "0, 0",
        f"grades that differ in an uninterrupted run of {sample}": "0",
        "memory of the grader, early and late before the kill": "{:.1f} MiB, {:.1f} MiB".format(*parts[0]),
        "memory of the grader, early and late after it": "{:.1f} MiB, {:.1f} MiB".format(*parts[1]),
        "most memory with all sessions and workers": f"{max(first.all + second.all):.0f} MiB",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return f"""# A large class

`python -m benchmarks.large_class`: {exercise.name}, `minigen grade --jobs 2 --cpu 2`, {platform.machine()}, Python
{platform.python_version()}, NumPy {np.__version__}. Times are on the clock of a machine that did other work too.

| | |
|---|---|
{table}

"Early" is the mean from a tenth to a third of the submissions, "late" that of the last third. What grows is what the
grader keeps of each for the gradebook.
"""


def early_and_late(samples, first, last):
    """The mean memory after a tenth to a third of the submissions, and over the last third."""
    n = last - first
    return [np.mean([mib for done, mib in samples if low <= done - first <= high])
            for low, high in ((n // 10, n // 3), (2 * n // 3, n))]  # fmt: skip


if __name__ == "__main__":
    main()

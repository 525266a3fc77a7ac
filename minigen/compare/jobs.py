"""Training runs as processes: several at a time, stopped together, none lost."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from minigen.report import write_atomically
from minigen.training.run import DIVERGED, Run

__all__ = ["Job", "Outcome", "carry_out"]

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
DIVERGENCE = "diverged.txt"  # in the folder of a run that did, with where
NEVER = 10**9  # steps between figures on the way: nobody looks at them here
PAUSE = 0.05  # seconds between two looks at the processes


@dataclass(frozen=True)
class Outcome:
    """How a run ended.  status: "done", "diverged", "stopped" or "failed".  message: why, where it is not done."""

    status: str
    message: str = ""


@dataclass(frozen=True)
class Job:
    """One run: `minigen train MODEL --data DATA --seed SEED` in a folder of its own.  steps: None for the model's."""

    model: str
    data: str
    seed: int
    folder: Path
    steps: int | None = None

    @property
    def name(self) -> str:
        return f"{self.model} on {self.data}, seed {self.seed}"

    @property
    def log(self) -> Path:
        """What the process had to say."""
        return self.folder.with_name(self.folder.name + ".log")

    def outcome(self) -> Outcome | None:
        """How the run ended, if it did; then it is not made again.  metrics.json is the last thing that it writes; one
        that was damaged since is as none."""
        if _holds_measures(self.folder / "metrics.json"):
            return Outcome("done")
        if (self.folder / DIVERGENCE).exists():
            return Outcome("diverged", (self.folder / DIVERGENCE).read_text(encoding="utf-8").strip())
        return None

    def command(self) -> list[str]:
        """The command line that begins the run, or goes on with it where there is something to go on from."""
        options = ["--data", self.data, "--out", str(self.folder)]
        if (self.folder / Run.CHECKPOINT).exists():
            options.append("--resume")
        else:
            options += ["--force", "--seed", str(self.seed), "--every", str(NEVER)]
            options += [] if self.steps is None else ["--steps", str(self.steps)]
        return [sys.executable, "-m", "minigen.cli", "train", self.model, *options]


def carry_out(
    jobs: Sequence[Job], at_a_time: int, interrupted: Callable[[], int] = lambda: 0
) -> Iterator[tuple[Job, Outcome]]:
    """Run the jobs, and yield each with its outcome as it ends.

    One process for each, with one thread for linear algebra: together they fill the cores.  When interrupted() is no
    longer 0, no job is begun, those that run are asked once to save and stop, and their outcomes are yielded too.  If
    the iterator is closed before its end, what still runs is killed."""
    waiting, running = deque(jobs), dict[subprocess.Popen, Job]()
    asked = False
    try:
        while running or (waiting and not interrupted()):
            if interrupted():
                if not asked:
                    _ask_to_stop(running)
                asked = True
            else:
                while waiting and len(running) < at_a_time:
                    job = waiting.popleft()
                    running[_start(job)] = job
            for process in [p for p in running if p.poll() is not None]:
                job = running.pop(process)
                yield job, _outcome(job, process.returncode)
            if running:
                time.sleep(PAUSE)
    finally:
        for process in running:
            process.kill()
            process.wait()


def _holds_measures(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_text(encoding="utf-8"))["measures"], dict)
    except (OSError, ValueError, TypeError, KeyError):
        return False


def _start(job: Job) -> subprocess.Popen:
    job.folder.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "PYTHONIOENCODING": "utf-8"}
    with open(job.log, "wb") as log:
        # A session of its own: Ctrl-C in the terminal reaches it once, from here, and not twice.
        return subprocess.Popen(
            job.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
        )


def _ask_to_stop(processes: dict[subprocess.Popen, Job]) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            if os.name == "posix":
                process.send_signal(signal.SIGINT)
            else:
                process.terminate()


def _outcome(job: Job, code: int) -> Outcome:
    if code == 0 and (ended := job.outcome()):
        return ended
    said = [line for line in job.log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    if code == 1 and (line := next((line for line in said if line.startswith(DIVERGED)), "")):
        message = line.removeprefix(DIVERGED).strip()
        write_atomically(job.folder / DIVERGENCE, message + "\n")
        return Outcome("diverged", message)
    if code in (130, 143, -signal.SIGINT, -signal.SIGTERM):
        return Outcome("stopped")
    return Outcome("failed", f"{said[-1].strip() if said else f'exit code {code}'} (all of it: {job.log})")

"""Run the lectures: every notebook in a clean kernel, every claim checked, one report at the end."""

import argparse
import asyncio
import math
import os
import re
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from minigen import report
from minigen.report import Outcome

THREAD_LIMITS = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"]


@dataclass(frozen=True)
class Lecture:
    """A notebook lectures/NN_name.ipynb."""

    number: str
    path: Path


class NoLecture(LookupError):
    """The lecture that was asked for is not there."""


def find_lectures(start: Path | None = None) -> list[Lecture]:
    """All lectures/NN_name.ipynb of the repository that holds `start` (the current folder), in order.

    Raises NoLecture where neither it nor a folder above it has any.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        paths = sorted((folder / "lectures").glob("[0-9][0-9]_*.ipynb"))
        if paths:
            return [Lecture(path.name[:2], path) for path in paths]
    raise NoLecture(f"no lectures/NN_name.ipynb in {here} or above it: go to your copy of the repository")


def choose(lectures: Sequence[Lecture], wanted: Sequence[str]) -> list[Lecture]:
    """The lectures whose numbers are wanted ("4" and "04" are the same), all of them if none is named."""
    numbers = {number.zfill(2) for number in wanted}
    unknown = sorted(numbers - {lecture.number for lecture in lectures})
    if unknown:
        have = ", ".join(lecture.number for lecture in lectures)
        raise NoLecture(f"there is no lecture {', '.join(unknown)}; there are {have}")
    return [lecture for lecture in lectures if not wanted or lecture.number in numbers]


class Runner:
    """Executes lectures in parallel threads, each of which drives one kernel of this interpreter.

    jobs: how many at a time; out: the folder for executed notebooks; timeout: seconds for one lecture.
    """

    def __init__(self, out: Path, jobs: int, timeout: float) -> None:
        self.out, self.jobs, self.timeout = out, jobs, timeout
        self._clients: list[Any] = []
        self._stopped = threading.Event()

    def run(self, lectures: Sequence[Lecture]) -> list[Outcome]:
        """Run them with a progress bar over cells; the outcomes come back in the order of the lectures."""
        from tqdm import tqdm

        notebooks = {lecture: _read(lecture) for lecture in lectures}
        sizes = {lecture: len(_code_cells(notebook)) for lecture, notebook in notebooks.items()}
        outcomes: dict[Lecture, Outcome] = {}
        bar = tqdm(total=sum(sizes.values()), unit="cell", desc="lectures", disable=None, leave=False)
        with _quiet_heartbeats(), bar, ThreadPoolExecutor(self.jobs) as pool:
            tasks = {pool.submit(self._run_one, lec, notebooks[lec], bar.update): lec for lec in lectures}
            try:
                for task in as_completed(tasks):
                    outcome = outcomes[tasks[task]] = task.result()
                    tqdm.write(_summary(outcome), file=sys.stdout)
            except BaseException:
                self._stop(pool)
                raise
        return [outcomes[lecture] for lecture in lectures]

    def _run_one(self, lecture: Lecture, notebook: Any, advance: Any) -> Outcome:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

        start = time.monotonic()
        begun = 0

        def begin_cell(**_: Any) -> None:
            nonlocal begun
            if self._stopped.is_set():
                raise RuntimeError("stopped")
            begun += 1
            advance(1)

        client = NotebookClient(
            notebook,
            kernel_manager_class=_kernel_manager_class(),
            kernel_name="python3",
            resources={"metadata": {"path": str(lecture.path.parent)}},
            timeout_func=lambda cell: max(1, int(self.timeout - (time.monotonic() - start))),
            on_cell_execute=begin_cell,
        )
        self._clients.append(client)
        problem = ""
        try:
            asyncio.run(_execute(client, self._environment()))
        except CellExecutionError as error:
            problem = f"cell [{begun}]: {error.ename}"
            if error.ename != "ClaimError":
                problem += f": {_one_line(error.evalue)}"
        except CellTimeoutError:
            problem = f"cell [{begun}]: the lecture took more than {self.timeout:g} s"
        except DeadKernelError:
            problem = f"cell [{begun}]: the kernel died (out of memory?)"
        except RuntimeError as error:
            problem = f"the kernel did not start: {_one_line(str(error))}"
        advance(len(_code_cells(notebook)) - begun)
        report.write_atomically(self.out / "lectures" / f"{lecture.number}.ipynb", nbformat.writes(notebook))
        return report.read_outcome(notebook, lecture.number, time.monotonic() - start, problem)

    def _environment(self) -> dict[str, str]:
        # One BLAS thread each: at these sizes more threads wait for each other longer than they multiply.
        return {**os.environ, **dict.fromkeys(THREAD_LIMITS, "1"), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}

    def _stop(self, pool: ThreadPoolExecutor) -> None:
        """Kernels live in sessions of their own, which Ctrl-C does not reach: end them here."""
        self._stopped.set()
        pool.shutdown(wait=False, cancel_futures=True)
        for client in self._clients:
            process = getattr(getattr(client.km, "provisioner", None), "process", None)
            if process is not None:
                process.kill()


def _read(lecture: Lecture) -> Any:
    """The notebook without outputs."""
    import nbformat

    try:
        notebook = nbformat.read(lecture.path, as_version=4)
    except (ValueError, KeyError, nbformat.ValidationError) as error:
        raise NoLecture(f"{lecture.path} is no notebook: {_one_line(str(error))}") from None
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _require(*packages: str) -> None:
    """Miss a package now rather than after minutes of running."""
    for package in packages:
        if find_spec(package) is None:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)


def _kernel_manager_class() -> type:
    """A kernel manager whose kernel is this very interpreter, whatever kernels are installed."""
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec

    class ThisInterpreter(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            command.append("--IPKernelApp.log_level=40")  # its advice on transports is not for readers
            return KernelSpec(argv=command, display_name="minigen", language="python")

    return ThisInterpreter


@contextmanager
def _quiet_heartbeats() -> Iterator[None]:
    """The thread that listens to a kernel's heart may find the socket closed under it: nobody's news either."""
    from zmq import ZMQError

    before = threading.excepthook

    def unless_closed(args: Any) -> None:
        if not isinstance(args.exc_value, ZMQError):
            before(args)

    threading.excepthook = unless_closed
    try:
        yield
    finally:
        threading.excepthook = before


async def _execute(client: Any, environment: dict[str, str]) -> None:
    """Run the notebook.  What the sockets of a kernel that died still have to say is nobody's news."""
    from zmq import ZMQError

    def unless_closed(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), ZMQError):
            loop.default_exception_handler(context)

    asyncio.get_running_loop().set_exception_handler(unless_closed)
    await client.async_execute(env=environment)


def _code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def _one_line(text: str) -> str:
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text).strip()
    return textwrap.shorten(plain, 300, placeholder=" ...")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _summary(outcome: Outcome) -> str:
    tick = "✓" if outcome.passed else "✗"
    right = sum(claim.passed for claim in outcome.claims)
    counts = f"{right} of {len(outcome.claims)} claims hold"
    lines = [f"{tick} {outcome.number} {outcome.title}: {counts}, {outcome.seconds:.1f} s"]
    lines += [textwrap.indent(f"lecture {outcome.number}, {text}", "    ") for text in outcome.problems]
    return "\n".join(lines)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `minigen lectures`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    run = actions.add_parser("run", help="run lectures, check their claims, write the report")
    run.add_argument("numbers", nargs="*", metavar="NN", help="which lectures; all if none is named")
    run.add_argument("-j", "--jobs", type=int, metavar="N", help="how many at a time (default: one per core)")
    run.add_argument("--out", type=Path, metavar="DIR", help="where results go (default: build, beside lectures)")
    run.add_argument("--timeout", type=float, default=600, metavar="S", help="seconds for one lecture (600)")
    actions.add_parser("list", help="list the lectures")
    opening = actions.add_parser("open", help="open a lecture in JupyterLab")
    opening.add_argument("number", metavar="NN")


def run(args: argparse.Namespace) -> int:
    """Do what `minigen lectures ACTION` says; return its exit code."""
    try:
        lectures = find_lectures()
        if args.action == "list":
            return _list(lectures)
        if args.action == "open":
            return _open(choose(lectures, [args.number])[0])
        return _run(choose(lectures, args.numbers), args)
    except NoLecture as error:
        print(f"minigen lectures: {error}", file=sys.stderr)
        return 2


def _run(lectures: Sequence[Lecture], args: argparse.Namespace) -> int:
    if (args.jobs is not None and args.jobs < 1) or not 0 < args.timeout < math.inf:
        print("minigen lectures: -j and --timeout must be positive, and finite", file=sys.stderr)
        return 2
    _require("nbclient", "ipykernel", "jinja2", "tqdm", "matplotlib")
    out = args.out or lectures[0].path.parent.parent / "build"
    try:
        (out / "lectures").mkdir(parents=True, exist_ok=True)  # now rather than after minutes of running
    except OSError as error:
        print(f"minigen lectures: --out {out}: nothing can be written there ({error.strerror})", file=sys.stderr)
        return 2
    jobs = min(args.jobs or _cores(), len(lectures))
    start = time.monotonic()
    names = ", ".join(lecture.number for lecture in lectures)
    print(f"running lecture{'s' * (len(lectures) > 1)} {names}, {jobs} at a time", flush=True)
    outcomes = Runner(out, jobs, args.timeout).run(lectures)
    page = out / "report.html"
    report.write_atomically(page, report.render(outcomes, time.monotonic() - start))
    broken = [outcome.number for outcome in outcomes if not outcome.passed]
    if broken:
        print(f"failed: lecture{'s' * (len(broken) > 1)} {', '.join(broken)}")
    print(f"report: {page.resolve()}")
    return 1 if broken else 0


def _list(lectures: Sequence[Lecture]) -> int:
    for lecture in lectures:
        print(f"{lecture.number}  {report.title(_read(lecture))}")
    return 0


def _open(lecture: Lecture) -> int:
    _require("jupyterlab")
    command = [sys.executable, "-m", "jupyterlab", str(lecture.path)]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # the only user of many a container
    return subprocess.call(command, cwd=lecture.path.parent)

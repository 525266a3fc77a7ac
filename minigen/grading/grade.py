"""`minigen grade SUBMISSIONS -a NN -o OUT`: a gradebook that nothing in the submissions could have influenced."""

import argparse
import contextlib
import os
import platform
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from minigen.grading import cli, feedback, gradebook, intake
from minigen.grading.choice import choosing
from minigen.grading.cluster import Workers, connect
from minigen.grading.grader import Assignment, Engine, Grader, Threads, seed_of
from minigen.grading.journal import Journal, write_for
from minigen.grading.limits import Limits
from minigen.grading.progress import Bar
from minigen.grading.roster import enrolled, read_overrides, read_roster
from minigen.grading.runner import GradingError
from minigen.grading.scoring import Record
from minigen.grading.visible import line
from minigen.grading.walls import NONE, UNSANDBOXED, Wall

PUBLIC_SEED = 0  # what `minigen check` takes if nothing else is said


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `minigen grade`."""
    parser.epilog = (
        "SUBMISSIONS holds ID/exercise.py, ID.py, ID.ipynb or ID.zip; a roster.csv in it, or --roster, says who is "
        "expected. OUT gets grades.csv, grades.json, feedback/, gradescope/, junit.xml and the journal; points that a "
        "person decides go to OUT/overrides.csv (id, points, note), which is only read. Exit code: 0 all graded, 1 the "
        "grader failed on some, 2 nothing could be done."
    )
    add = parser.add_argument
    add("submissions", nargs="?", type=Path, metavar="SUBMISSIONS", help="a folder of uploads, or one upload")
    add("-a", "--assignment", metavar="NN", help="number or folder of the exercise")
    add("-o", "--out", type=Path, metavar="OUT", help="folder for the results")
    add("--roster", type=Path, metavar="CSV", help="who is expected: a column id, and name if you like")
    add("--hidden", type=Path, metavar="FILE", help="further tests, of which students see titles and hints only")
    add("--secret", type=Path, metavar="FILE", help="key of the hidden inputs (default OUT/secret.key, made once)")
    add("--single", action="store_true", help="SUBMISSIONS is one upload, whatever its files are called")
    add("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="submissions at a time (one per core)")
    add("--executor", choices=("local", "dask"), default="local", help="grade here (local), or on the workers of a "
        "Dask cluster, which takes as many at a time as its workers have threads")  # fmt: skip
    add("--scheduler", metavar="ADDRESS", help="of the Dask cluster: tcp://HOST:8786")
    add("--resume", action="store_true", help="go on with OUT: what has not changed since is not graded again")
    add("--force", action="store_true", help="grade everything again, though OUT holds results")
    add("--cpu", type=float, default=Limits.cpu, metavar="S", help="seconds of computing for one test (%(default)g)")
    add("--memory", type=int, default=Limits.memory >> 20, metavar="MIB", help="of one submission (%(default)s)")
    add("--wall", metavar="NAME", help="insist on bubblewrap, landlock or uid (default: the strongest there is)")
    add("--unsafe-no-sandbox", action="store_true", help="run the submissions as you, with all your rights, if you "
        "trust every one of them; all results are marked")  # fmt: skip
    add("--doctor", action="store_true", help="attack each wall on this machine, print what holds, and stop")


def run(args: argparse.Namespace) -> int:
    """Grade; 0 if all were graded, 1 if the grader failed on some, 2 if it cannot be done."""
    for package in ("pytest", "hypothesis", *(["distributed"] if args.executor == "dask" else [])):
        if find_spec(package) is None:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    if args.doctor:
        from minigen.grading.doctor import examine

        return examine()
    try:
        return _grade(args)
    except (LookupError, GradingError, ValueError) as error:
        print(f"minigen grade: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"minigen grade: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2


def _grade(args: argparse.Namespace) -> int:
    if args.submissions is None or args.assignment is None or args.out is None:
        raise LookupError("say what to grade: minigen grade SUBMISSIONS -a NN -o OUT (or --doctor)")
    if args.jobs < 1:
        raise LookupError("--jobs must be 1 at least")
    if (args.executor == "dask") != (args.scheduler is not None):
        raise LookupError("--executor dask and --scheduler ADDRESS go together")
    folder = cli.choose(args.assignment, Path.cwd())
    found = intake.find(args.submissions, args.single)
    roster = _roster(args)
    uploads = enrolled(found, roster)
    overrides = read_overrides(args.out / "overrides.csv", roster)
    hidden = args.hidden.resolve() if args.hidden else None
    if hidden is not None and not hidden.is_file():
        raise LookupError(f"there is no file {hidden}")
    journal = Journal(args.out / "journal.jsonl")
    if journal.exists() and not (args.resume or args.force):
        raise LookupError(f"{args.out} holds results: --resume goes on with them, --force grades everything again")
    limits = Limits(args.cpu, 5 * args.cpu + 5, 30 * args.cpu + 30, args.memory << 20)
    title = cli.title(folder)
    unwritten: dict[str, str] = {}

    def enter(record: Record) -> gradebook.Entry:
        """A record as it stands in the gradebook; the student gets it back."""
        entry = gradebook.Entry(record, roster.get(record.id, ""), *overrides.get(record.id, ()))
        write_for(record.id, args.out / "feedback", ".md", feedback.markdown(entry, title), unwritten)
        write_for(record.id, args.out / "feedback", ".html", feedback.html(entry, title), unwritten)
        return entry

    with _place(args) as (wall, engine):
        args.out.mkdir(parents=True, exist_ok=True)
        seeds = PUBLIC_SEED, seed_of(_secret(args), folder.name)
        grader = Grader(Assignment(folder.name, folder / cli.TESTS, hidden, seeds), wall, limits)
        print(f"{title}\n{_count(len(uploads), 'submission')}, behind: {wall.stamp}")
        done = journal.read() if args.resume else {}
        entered = _run(grader, engine(grader), uploads, journal, done, enter)
    expected = dict.fromkeys([*roster, *(upload.id for upload in uploads)])
    entries = [entered.get(id) or enter(grader.missing(id)) for id in expected]
    facts = {"assignment": folder.name, "wall": wall.stamp, "seeds": seeds, "limits": asdict(limits),
             "versions": {"python": platform.python_version(), "numpy": np.__version__}}  # fmt: skip
    unwritten |= gradebook.write_all(args.out, entries, facts)
    for id, reason in unwritten.items():
        print(f"the points of {line(id)} are entered, but this could not be written: {line(reason)}", file=sys.stderr)
    _close_uploads(args, uploads)
    return _close(args.out, entries, roster, overrides, wall) or int(bool(unwritten))


@contextlib.contextmanager
def _place(args: argparse.Namespace) -> Iterator[tuple[Wall, Callable[[Grader], Engine]]]:
    """Where it is graded: the wall there, and what makes the engine.  Raises LookupError if it cannot be done there."""
    if args.executor == "local":
        yield choosing(args.wall, args.unsafe_no_sandbox), lambda grader: Threads(grader, args.jobs)
    else:
        with connect(args.scheduler, args.wall, args.unsafe_no_sandbox) as (client, wall):
            yield wall, lambda grader: Workers(client, grader)


def _roster(args: argparse.Namespace) -> dict[str, str]:
    path = _roster_of(args)
    return read_roster(path) if path else {}


def _roster_of(args: argparse.Namespace) -> Path | None:
    beside = args.submissions / "roster.csv"
    return args.roster or (beside if beside.is_file() else None)


def _secret(args: argparse.Namespace) -> bytes:
    """The key of the hidden inputs; the default one is made when it is first needed, for its owner's eyes only."""
    path = args.secret or args.out / "secret.key"
    if not path.exists() and args.secret is None:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    secret = path.read_bytes().strip()
    if len(secret) < 16:
        raise LookupError(f"{path}: a secret has 16 characters at least")
    return secret


def _run(
    grader: Grader,
    engine: Engine,
    uploads: Sequence[intake.Upload],
    journal: Journal,
    done: dict[str, Record],
    enter: Callable[[Record], gradebook.Entry],
) -> dict[str, gradebook.Entry]:
    """Grade what is not done, write it into the journal, and enter everything: id -> entry."""
    entries: dict[str, gradebook.Entry] = {}
    graded = grader.grade_all(uploads, done, engine)
    with Bar(len(uploads), "graded") as bar, contextlib.closing(graded):  # closed: nothing is left under way
        try:
            for record in graded:
                if record is not done.get(record.id):
                    journal.add(record)
                entries[record.id] = enter(record)
                bar.step()
        except KeyboardInterrupt:
            bar.close()
            print(f"\nstopped: {len(entries)} of {len(uploads)} are graded; --resume goes on", file=sys.stderr)
            raise
    return entries


def _close_uploads(args: argparse.Namespace, uploads: Sequence[intake.Upload]) -> None:
    """What became of whose upload, where that is not to be seen in the gradebook."""
    if unnamed := [upload for upload in uploads if upload.problem and upload.id.startswith("upload-")]:
        names = _names(f"{line(upload.path.name)} ({upload.id})" for upload in unnamed)
        print(f"not graded, as the name cannot be an id ({intake.IDS}): {names}", file=sys.stderr)
    ours = {path.resolve() for path in (_roster_of(args), args.hidden, args.secret, args.out) if path}
    left = [] if args.single else intake.passed_over(args.submissions, uploads)
    if others := [path.name for path in left if path.resolve() not in ours]:
        print(f"not looked at: {_names(map(line, others))}", file=sys.stderr)


def _names(names: Iterable[str], most: int = 200) -> str:
    first = list(names)
    return ", ".join(first[:most]) + (f" and {len(first) - most} more" if len(first) > most else "")


def _close(out: Path, entries: Sequence[gradebook.Entry], roster: dict, overrides: dict, wall: Wall) -> int:
    """The last words, and the exit code."""
    print(gradebook.summary(entries))
    broken = [entry for entry in entries if entry.record.status == "grader_error" and entry.override is None]
    for entry in broken:
        print(f"the grader failed on {entry.record.id}, look at it: {line(entry.record.message)}", file=sys.stderr)
    if strangers := [entry.record.id for entry in entries if roster and entry.record.id not in roster]:
        print(f"not in the roster: {', '.join(strangers)}", file=sys.stderr)
    if unknown := sorted(set(overrides) - {entry.record.id for entry in entries}):
        print(f"overrides.csv names nobody that there is: {line(', '.join(unknown))}", file=sys.stderr)
    if above := [entry for entry in entries if entry.override is not None and entry.override > entry.record.points]:
        given = ", ".join(f"{entry.record.id} ({entry.override:g} of {entry.record.points})" for entry in above)
        print(f"overrides.csv gives more points than there are: {given}", file=sys.stderr)
    if wall is NONE:
        print(f"{UNSANDBOXED}: any of these submissions could have changed any of these grades", file=sys.stderr)
    print(f"{out / 'grades.csv'}")
    return 1 if broken else 0


def _count(n: int, what: str) -> str:
    return f"{n} {what}" + "s" * (n != 1)

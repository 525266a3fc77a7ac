"""`minigen grade SUBMISSIONS -a NN -o OUT`: a gradebook that nothing in the submissions could have influenced."""

import argparse
import contextlib
import os
import platform
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from minigen.grading import cli, earlier, feedback, gradebook, intake
from minigen.grading.arguments import mebibytes, seconds, several
from minigen.grading.choice import choosing
from minigen.grading.cluster import Workers, connect
from minigen.grading.earlier import Earlier
from minigen.grading.grader import Assignment, Engine, Grader, Threads, seed_of
from minigen.grading.journal import Exam, Journal, write_for
from minigen.grading.limits import Limits
from minigen.grading.progress import Bar
from minigen.grading.roster import enrolled, folded, read_overrides, read_roster
from minigen.grading.runner import GradingError
from minigen.grading.scoring import Record, brief
from minigen.grading.visible import line
from minigen.grading.walls import NONE, UNSANDBOXED, Wall

PUBLIC_SEED = 0  # what `minigen check` takes if nothing else is said


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `minigen grade`."""
    parser.epilog = (
        "SUBMISSIONS holds ID/exercise.py, ID.py, ID.ipynb or ID.zip; a roster.csv in it, or --roster, says who is "
        "expected. OUT gets grades.csv, grades.json, feedback/, gradescope/, junit.xml and the journal; points that a "
        "person decides go to OUT/overrides.csv (id, points, note), which is only read. Exit code: 0 all graded, 1 the "
        "grader failed on some, 2 nothing could be done. To grade a student again: --again ID, with that upload alone "
        "or with all; with --resume, --again and --force, whose uploads are not given keep their points."
    )
    add = parser.add_argument
    add("submissions", nargs="?", type=Path, metavar="SUBMISSIONS", help="a folder of uploads, or one upload")
    add("-a", "--assignment", metavar="NN", help="number or folder of the exercise")
    add("-o", "--out", type=Path, metavar="OUT", help="folder for the results")
    add("--roster", type=Path, metavar="CSV", help="who is expected: a column id, and name if you like")
    add("--hidden", type=Path, metavar="FILE", help="further tests, of which students see titles and hints only")
    add("--secret", type=Path, metavar="FILE", help="key of the hidden inputs (default OUT/secret.key, made once)")
    add("--single", action="store_true", help="SUBMISSIONS is one upload, whatever its files are called")
    add("--jobs", type=several, default=os.cpu_count() or 1, metavar="N", help="submissions at a time (one per core)")
    add("--executor", choices=("local", "dask"), default="local", help="grade here (local), or on the workers of a "
        "Dask cluster, which takes as many at a time as its workers have threads")  # fmt: skip
    add("--scheduler", metavar="ADDRESS", help="of the Dask cluster: tcp://HOST:8786")
    add("--resume", action="store_true", help="go on with OUT: what has not changed since is not graded "
        "again, and whose upload is not given keeps the points of before")  # fmt: skip
    add("--again", action="append", default=[], metavar="ID[,ID]", help="--resume, and grade these again, though their "
        "uploads have not changed")  # fmt: skip
    add("--forget", action="append", default=[], metavar="ID[,ID]", help="--resume, and drop the rows of these, whose "
        "uploads are gone")  # fmt: skip
    add("--force", action="store_true", help="grade all that is given again, though OUT holds results")
    add("--cpu", type=seconds, metavar="S", help=f"seconds of computing for one test ({Limits.cpu:g}, or as before)")
    add("--memory", type=mebibytes, metavar="MIB", help=f"of one submission ({Limits.memory >> 20}, or as before)")
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
    if (args.executor == "dask") != (args.scheduler is not None):
        raise LookupError("--executor dask and --scheduler ADDRESS go together")
    folder = cli.choose(args.assignment, Path.cwd())
    if args.submissions.is_dir() and args.out.resolve().is_relative_to(args.submissions.resolve()):
        raise LookupError(f"{args.out} is in {args.submissions}, so the results would be taken for a submission: "
                          "choose an -o beside it")  # fmt: skip
    found = intake.find(args.submissions, args.single)
    before = earlier.look(args.out)
    roster = _roster(args, found, before)
    uploads = enrolled(found, roster)
    overrides = read_overrides(args.out / "overrides.csv", roster)
    hidden = args.hidden.resolve() if args.hidden else None
    if hidden is not None and not hidden.is_file():
        raise LookupError(f"there is no file {hidden}")
    title = cli.title(folder)
    secret = _secret(args)
    seeds = PUBLIC_SEED, seed_of(secret, folder.name)
    exam = Exam.of(folder.name, (folder / cli.TESTS).read_bytes(), hidden.read_bytes() if hidden else None, seeds)
    done, kept, forgotten = _plan(args, before, exam, uploads, roster)
    limits, own = _limits(args, before, uploads, kept)
    journal = Journal(args.out / "journal.jsonl")
    unwritten: dict[str, str] = {}

    def enter(record: Record) -> gradebook.Entry:
        """A record as it stands in the gradebook; the student gets it back."""
        entry = gradebook.Entry(record, roster.get(record.id, ""), *overrides.get(record.id, ()))
        write_for(record.id, args.out / "feedback", ".md", feedback.markdown(entry, title), unwritten)
        write_for(record.id, args.out / "feedback", ".html", feedback.html(entry, title), unwritten)
        return entry

    def note(record: Record) -> None:
        journal.add(record, exam, brief(own[record.id]) if record.id in own else None)

    with _place(args) as (wall, engine):
        grader = Grader(Assignment(folder.name, folder / cli.TESTS, hidden, seeds), wall, limits, own)
        args.out.mkdir(parents=True, exist_ok=True)
        _keep(args, secret)
        for id in forgotten:
            journal.forget(id)
        print(f"{title}\n{gradebook.count(len(uploads), 'submission')}, behind: {wall.stamp}")
        entered = _run(grader, engine(grader), uploads, note, done, enter)
    entered |= {record.id: enter(record) for record in kept}
    ids = [*roster, *sorted(set(entered) - set(roster))]
    entries = [entered.get(id) or enter(grader.missing(id)) for id in ids]
    facts = {"assignment": folder.name, "wall": wall.stamp, "seeds": seeds, "limits": asdict(limits),
             "versions": {"python": platform.python_version(), "numpy": np.__version__}, "roster": roster}  # fmt: skip
    removed, stay = before.remove_pages(ids)
    unwritten |= gradebook.write_all(args.out, entries, facts)
    for id, reason in unwritten.items():
        print(f"the points of {line(id)} are entered, but this could not be written: {line(reason)}", file=sys.stderr)
    for reason in stay:
        print(f"this is nobody's now, but could not be removed: {line(reason)}", file=sys.stderr)
    _close_uploads(args, found)
    _close_earlier(args, before, [entered[upload.id].record for upload in uploads], kept, removed)
    _close_limits(limits, [entry.record for entry in entries])
    return _close(args.out, entries, roster, overrides, wall) or int(bool(unwritten))


def _plan(
    args: argparse.Namespace, before: Earlier, exam: Exam, uploads: Sequence[intake.Upload], roster: Iterable[str]
) -> tuple[dict[str, Record], list[Record], list[str]]:
    """What of the earlier runs is not graded again, whose rows are kept, and whose are forgotten.

    Raises LookupError before anything is written, if points would be lost or mixed with those of other tests.
    """
    again, forgotten = _ids(args.again), _ids(args.forget)
    before.admit(exam, force=True)
    if before.exists and not (args.resume or args.force or again or forgotten):
        raise LookupError(f"{args.out} holds results: --resume goes on with them, --force grades everything again")
    before.admit(exam, args.force)
    given = {folded(upload.id) for upload in uploads}
    if strange := [id for id in again if folded(id) not in given]:
        raise LookupError(f"--again: there is no upload of {earlier.listed(strange)}")
    if there := [id for id in forgotten if folded(id) in given]:
        raise LookupError(f"--forget: there is an upload of {earlier.listed(there)}: take it away first")
    if strange := [id for id in forgotten if not before.forgettable(id)]:
        raise LookupError(f"--forget: {args.out} has no points of {earlier.listed(strange)}")
    kept = before.kept(exam, given, forgotten, roster)
    repeated = given if args.force else {folded(id) for id in again}
    return before.done(upload.id for upload in uploads if folded(upload.id) not in repeated), kept, forgotten


def _limits(
    args: argparse.Namespace, before: Earlier, uploads: Sequence[intake.Upload], kept: Sequence[Record]
) -> tuple[Limits, dict[str, Limits]]:
    """The limits of all, and those of single uploads by id: as is said now, or else as was said before.

    What is said with --again, or with one upload of many, is for these; with --force it is for all that is given.
    """
    memory = None if args.memory is None else args.memory << 20
    said = {name: value for name, value in (("cpu", args.cpu), ("memory", memory)) if value is not None}
    alone = [upload.id for upload in uploads] if len(uploads) == 1 and kept else []
    chosen = {folded(id) for id in alone or ([] if args.force else _ids(args.again))}
    usual = {"cpu": Limits.cpu, "memory": Limits.memory}
    of_all = {**usual, **before.limits, **({} if chosen else said)}
    if of_all != usual and (chosen or not said):
        print(f"limits: those of the last run, {_shown(of_all)}; --cpu and --memory take others", file=sys.stderr)
    own = {} if said and args.force else dict(before.own_limits)
    own |= {id: {**of_all, **own.get(id, {}), **said} for id in chosen if said}
    own = {id: limits for id, limits in own.items() if limits != of_all}
    ids = {upload.id: folded(upload.id) for upload in uploads}
    return _made(of_all), {id: _made(own[key]) for id, key in ids.items() if key in own}


def _made(limits: Mapping[str, float]) -> Limits:
    cpu = limits["cpu"]
    return Limits(cpu, 5 * cpu + 5, 30 * cpu + 30, int(limits["memory"]))


def _shown(limits: Mapping[str, float]) -> str:
    return f"{limits['cpu']:g} s of computing and {int(limits['memory']) >> 20} MiB"


def _ids(arguments: Iterable[str]) -> list[str]:
    return [id.strip() for argument in arguments for id in argument.split(",") if id.strip()]


@contextlib.contextmanager
def _place(args: argparse.Namespace) -> Iterator[tuple[Wall, Callable[[Grader], Engine]]]:
    """Where it is graded: the wall there, and what makes the engine.  Raises LookupError if it cannot be done there."""
    if args.executor == "local":
        yield choosing(args.wall, args.unsafe_no_sandbox), lambda grader: Threads(grader, args.jobs)
    else:
        with connect(args.scheduler, args.wall, args.unsafe_no_sandbox) as (client, wall):
            yield wall, lambda grader: Workers(client, grader)


def _roster(args: argparse.Namespace, found: Sequence[intake.Upload], before: Earlier) -> dict[str, str]:
    """Who is expected: as is said now, or as was said the last time."""
    path = _roster_of(args, found)
    if path is None and before.roster:
        people = gradebook.count(len(before.roster), "person", "people")
        print(f"roster: the one of the last run, {people}; --roster takes another", file=sys.stderr)
    return read_roster(path) if path else before.roster


def _roster_of(args: argparse.Namespace, found: Sequence[intake.Upload]) -> Path | None:
    beside = args.submissions / "roster.csv"
    alone = [upload.path for upload in found] == [args.submissions]  # then all in it is a student's
    return args.roster or (beside if beside.is_file() and not alone else None)


def _secret(args: argparse.Namespace) -> bytes:
    """The key of the hidden inputs; a new one, if there is none."""
    path = _secret_of(args)
    secret = secrets.token_hex(32).encode() if not path.exists() and args.secret is None else path.read_bytes().strip()
    if len(secret) < 16:
        raise LookupError(f"{path}: a secret has 16 characters at least")
    return secret


def _secret_of(args: argparse.Namespace) -> Path:
    return args.secret or args.out / "secret.key"


def _keep(args: argparse.Namespace, secret: bytes) -> None:
    """Write the key down, if that has not been done: for its owner's eyes only."""
    path = _secret_of(args)
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secret + b"\n")


def _run(
    grader: Grader,
    engine: Engine,
    uploads: Sequence[intake.Upload],
    note: Callable[[Record], None],
    done: dict[str, Record],
    enter: Callable[[Record], gradebook.Entry],
) -> dict[str, gradebook.Entry]:
    """Grade what is not done, note it, and enter everything: id -> entry."""
    entries: dict[str, gradebook.Entry] = {}
    graded = grader.grade_all(uploads, done, engine)
    with Bar(len(uploads), "graded") as bar, contextlib.closing(graded):  # closed: nothing is left under way
        try:
            for record in graded:
                if record is not done.get(record.id):
                    note(record)
                entries[record.id] = enter(record)
                bar.step()
        except KeyboardInterrupt:
            bar.close()
            print(f"\nstopped: {len(entries)} of {len(uploads)} are graded; --resume goes on", file=sys.stderr)
            raise
    return entries


def _close_uploads(args: argparse.Namespace, found: Sequence[intake.Upload]) -> None:
    """What became of whose upload, where that is not to be seen in the gradebook."""
    if unnamed := [upload for upload in found if upload.problem and upload.id.startswith("upload-")]:
        names = earlier.listed([f"{upload.path.name} ({upload.id})" for upload in unnamed], 200)
        print(f"not graded, as the name cannot be an id ({intake.IDS}): {names}", file=sys.stderr)
    ours = {path.resolve() for path in (_roster_of(args, found), args.hidden, args.secret, args.out) if path}
    left = [] if args.single else intake.passed_over(args.submissions, found)
    if others := [path.name for path in left if path.resolve() not in ours]:
        print(f"not looked at: {earlier.listed(others, 200)}", file=sys.stderr)


def _close_earlier(
    args: argparse.Namespace,
    before: Earlier,
    records: Sequence[Record],
    kept: Sequence[Record],
    removed: Sequence[str],
) -> None:
    """What became of the results of earlier runs."""
    if kept:
        names = earlier.listed([record.id for record in kept])
        whose = "whose upload is" if len(kept) == 1 else "whose uploads are"
        print(f"kept {gradebook.count(len(kept), 'row')} of before, {whose} not in {args.submissions}: {names} "
              "(--forget ID removes one)")  # fmt: skip
    old = before.done(record.id for record in records)
    changed = [f"{record.id} {old[record.id].earned} -> {record.earned}" for record in records
               if record.id in old and old[record.id].earned != record.earned]  # fmt: skip
    if changed:
        print(f"other points than before: {earlier.listed(changed)}")
    if removed:
        print(f"removed the feedback of before that is nobody's now: {earlier.listed(removed)}")


def _close_limits(limits: Limits, records: Sequence[Record]) -> None:
    """Who was graded with other limits than all."""
    others = [f"{record.id} ({_shown(record.limits)})" for record in records
              if record.limits and record.limits != brief(limits)]  # fmt: skip
    if others:
        print(f"with other limits than {_shown(brief(limits))}: {earlier.listed(others)}")


def _close(out: Path, entries: Sequence[gradebook.Entry], roster: dict, overrides: dict, wall: Wall) -> int:
    """The last words, and the exit code."""
    print(gradebook.summary(entries, roster))
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

"""The hostile suite: what it hands in under a wall, and what it finds afterwards.

The files in hostile/ say what they try, and which status and how many points are expected.
"""

import io
import json
import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from small_exercise import HALF, RIGHT, STUB, TESTS

from minigen.cli import main
from minigen.grading import processes
from minigen.grading.runner import run_tests

CASES = sorted((Path(__file__).parent / "hostile").glob("*.py"))
HONEST = {"aa_honest": ("ok", 6), "honest": ("ok", 6), "mm_half": ("partial", 3), "zz_honest": ("ok", 6)}


def expected(case):
    """The statuses that a case may get, most often one, and its points."""
    statuses, points = re.search(r"^# expect: ([a-z_ ]+) (\d)$", case.read_text(), re.MULTILINE).groups()
    return statuses.split(" or "), int(points)


def archive(**members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "/").replace("_py", ".py"), content)
    return data.getvalue()


def linked():
    """An archive whose exercise.py is a symbolic link."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        member = zipfile.ZipInfo("exercise.py")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(member, "/etc/passwd")
    return data.getvalue()


STATE = "rng.bit_generator.state['state']['state']"


def known_by_heart(tests):
    """An answer that is right for the random numbers that every student sees, and for no others."""
    with tempfile.TemporaryDirectory() as folder:
        seen, spy = Path(folder, "seen"), Path(folder, "spy.py")
        note = f"print({STATE}, file=open({str(seen)!r}, 'a'))"
        spy.write_text(RIGHT.replace("return rng", f"{note}\n    return rng"))
        run_tests(tests, spy)
        states = {int(number) for number in seen.read_text().split()}
    return RIGHT.replace("size=n)", f"size=n) if {STATE} in {states} else 0")


def notebook(*cells):
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]})


def folders(place, reference):
    """Uploads that are folders within folders: id -> (status, points)."""

    def write(name, text=RIGHT):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(text)

    write("unzipped/hw/06/exercise.py")
    write("unzipped/hw/notes.txt")
    write("unzipped/__MACOSX/hw/exercise.py", STUB)
    write("both/a/exercise.py")
    write("both/b/exercise.py", STUB)
    write("many_files/exercise.py")
    for i in range(1200):
        write(f"many_files/data/{i}.txt", "")
    write("/".join(["deep_folders", *["d"] * 40, "exercise.py"]))
    (place / "hw_link").mkdir()
    (place / "hw_link" / "hw").symlink_to(place / "unzipped")  # of somebody who is right
    (place / "file_link" / "hw").mkdir(parents=True)
    (place / "file_link" / "hw" / "exercise.py").symlink_to(reference)
    (place / "round" / "hw").mkdir(parents=True)
    (place / "round" / "hw" / "again").symlink_to(place / "round")
    (place / "pipe_inside" / "hw").mkdir(parents=True)
    os.mkfifo(place / "pipe_inside" / "hw" / "exercise.py")
    rejected = ["both", "many_files", "deep_folders", "hw_link", "file_link", "round", "pipe_inside"]
    return {**dict.fromkeys(rejected, ("rejected_upload", 0)), "unzipped": ("ok", 6)}


ROSTER = [*HONEST, "cased", "pair", "absent"]  # all the others are strangers


def uploads(place, reference):
    """What cannot be a file in hostile/: id -> (status, points)."""
    place.mkdir()
    (place / "link.py").symlink_to(reference)
    (place / "folder_link").symlink_to(reference.parent)
    os.mkfifo(place / "pipe.py")
    (place / "inner_link").mkdir()
    (place / "inner_link" / "exercise.py").symlink_to(reference)
    (place / "empty").mkdir()
    (place / "zip_bomb.zip").write_bytes(archive(exercise_py=b" " * (40 << 20)))
    (place / "zip_link.zip").write_bytes(linked())
    (place / "no_zip.zip").write_bytes(b"PK\3\4" + bytes(99))
    (place / "many.zip").write_bytes(archive(**{f"f{i}": b"" for i in range(2000)}, exercise_py=RIGHT))
    (place / "zip_slip.zip").write_bytes(archive(**{"..__..__conftest_py": "1/0", "a__exercise_py": RIGHT}))
    (place / "large.py").write_bytes(b"#" * (3 << 20))
    (place / "deep.ipynb").write_bytes(b"[" * 200_000)
    (place / "latin.py").write_bytes(RIGHT.encode() + "\nx = 'caf\xe9'".encode("latin-1"))
    (place / "wide.py").write_bytes(RIGHT.encode("utf-16"))
    (place / "null.py").write_bytes(RIGHT.encode() + b"\0")
    (place / "cookie.py").write_bytes(b"# coding: no-such-code\n" + RIGHT.encode())
    (place / "<img src=x onerror=alert(1)>.py").write_text(RIGHT)
    (place / "=cmd|'calc'!A0.py").write_text(RIGHT)
    (place / "a\x1b[2J.py").write_text(RIGHT)
    (place / b"bad\xff.py".decode("utf-8", "surrogateescape")).write_text(RIGHT)
    (place / "twice.py").write_text(RIGHT)
    (place / "Twice").mkdir()
    (place / "Twice" / "exercise.py").write_text(RIGHT)
    (place / "roster.csv").write_text("\n".join(["id", *ROSTER]) + "\n")
    (place / "CASED.py").write_text(RIGHT)
    (place / "PAIR.py").write_text(RIGHT)
    (place / "Pair.ipynb").write_text(notebook(RIGHT))
    (place / "timed.ipynb").write_text(notebook("%%time\n" + RIGHT, "%timeit double(2)\n!rm -rf /"))
    (place / "other_languages.ipynb").write_text(notebook(STUB, "%%bash\nexit 0", "%%script python\n" + RIGHT))
    (place / "grades.csv.py").write_text(RIGHT)  # its id is the name of a file of results
    (place / "a%2f..%2fgrades.py").write_text(RIGHT)
    (place / "-rf.py").write_text(RIGHT)
    (place / "by_heart.py").write_text(known_by_heart(reference.with_name("test_exercise.py")))
    poisoned = place / "poisoned"
    poisoned.mkdir()
    (poisoned / "exercise.py").write_text(STUB)
    for name in ("conftest.py", "sitecustomize.py", "usercustomize.py", "numpy.py", "minigen.py", "test_exercise.py"):
        (poisoned / name).write_text("import os\nos._exit(0)\n")
    (poisoned / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    (poisoned / "evil.pth").write_text("import os; os._exit(0)\n")
    rejected = dict.fromkeys(
        ["link", "folder_link", "pipe", "inner_link", "empty", "zip_bomb", "zip_link", "no_zip", "many", "large",
         "deep", "Twice", "pair"],  # two uploads for one id are one row
        ("rejected_upload", 0),
    )  # fmt: skip
    unreadable = dict.fromkeys(["latin", "wide", "null", "cookie"], ("syntax_error", 0))
    right = dict.fromkeys(["zip_slip", "cased", "timed", "grades.csv"], ("ok", 6))
    others = {"poisoned": ("partial", 0), "other_languages": ("partial", 0), "by_heart": ("partial", 5),
              "absent": ("missing", 0)}  # fmt: skip
    return {**rejected, **unreadable, **right, **others, **folders(place, reference)}


def snapshot(folder):
    return {
        str(path): (path.lstat().st_mode, path.lstat().st_mtime_ns, path.is_file() and path.read_bytes())
        for path in [folder, *sorted(folder.rglob("*"))]
    }


class Bait:
    """A folder, a server and a process that everybody could reach if there were no wall."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        (folder / "grades.csv").write_text("id,points\n")
        (folder / "grades.csv").chmod(0o666)
        folder.chmod(0o777)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.visitors = []
        threading.Thread(target=self._listen, daemon=True).start()
        sleep = [sys.executable, "-S", "-c", "import time; time.sleep(3600)"]
        self.process = subprocess.Popen(sleep, stdin=subprocess.DEVNULL)

    def _listen(self):
        try:
            while True:
                self.visitors.append(self.server.accept())
        except OSError:
            return

    def close(self):
        self.server.close()
        self.process.kill()
        self.process.wait()


@dataclass(frozen=True)
class Run:
    """One run of all cases with honest ones around them, behind one wall.

    code: of `minigen grade`.  records: of the gradebook, by id.  special: uploads() and what is expected of them.
    touched: files that are not as they were, of those that they could have harmed.  visitors: who came to the server.
    left: processes that should not be there.
    """

    wall: str
    code: int
    records: dict[str, dict[str, Any]]
    special: dict[str, tuple[str, int]]
    touched: list[str]
    visitors: int
    left: list[int]
    out: Path

    def rows(self) -> list[tuple[str, str, str, bool]]:
        """(case, expected, seen, whether that is as expected) for each case."""
        wanted = {case.stem: expected(case) for case in CASES}
        wanted |= {id: ([status], points) for id, (status, points) in {**self.special, **HONEST}.items()}
        rows = []
        for id, (statuses, points) in wanted.items():
            status, earned = seen(self.records[id])
            right = status in statuses and earned == points
            rows.append((id, f"{' or '.join(statuses)}, {points}", f"{status}, {earned:g}", right))
        names_made_up = [record for id, record in self.records.items() if id.startswith("upload-")]
        return rows + [
            (f"a name that is no id ({i + 1})", "rejected_upload, 0", "{}, {:g}".format(*seen(r)),
             seen(r) == ("rejected_upload", 0)) for i, r in enumerate(names_made_up)
        ]  # fmt: skip

    def forged(self) -> list[str]:
        """Who got more points than they solved."""
        wanted = {case.stem: expected(case)[1] for case in CASES}
        wanted |= {id: points for id, (_, points) in {**self.special, **HONEST}.items()}
        return [id for id, record in self.records.items() if record["points"] > wanted.get(id, 0)]


def seen(record: dict[str, Any]) -> tuple[str, float]:
    return record["status"], record["points"]


@contextmanager
def graded_behind(wall: str) -> Iterator[Run]:
    """All cases graded in one run; what was there to be harmed lies open but for the wall."""
    with tempfile.TemporaryDirectory(prefix="minigen-hostile-") as folder:
        Path(folder).chmod(0o755)
        yield grade_all(Path(folder), wall)


def grade_all(place: Path, wall: str) -> Run:
    bait = Bait(place / "bait")
    exercise = place / "exercises" / "07_numbers"
    exercise.mkdir(parents=True)
    (exercise / "test_exercise.py").write_text(TESTS)
    (exercise / "reference.py").write_text(RIGHT)
    special = uploads(place / "in", exercise / "reference.py")
    places = {"CANARY": bait.folder, "REFERENCE": exercise / "reference.py", "FOLDER": place / "in",
              "PORT": bait.server.getsockname()[1], "PID": bait.process.pid}  # fmt: skip
    for case in CASES:
        text = case.read_text()
        base = RIGHT if "# the rest is right" in text else STUB
        text = re.sub(r"@([A-Z]+)@", lambda match: str(places[match[1]]), text)
        (place / "in" / f"{case.stem}.py").write_text(f"{base}\n\n{text}", encoding="utf-8")
    for name, (_, points) in HONEST.items():
        (place / "in" / f"{name}.py").write_text(RIGHT if points == 6 else HALF)
    before = {**snapshot(bait.folder), **snapshot(place / "in"), **snapshot(exercise)}
    old = Path.cwd()
    os.chdir(place)
    try:
        with patch.dict(os.environ, {"CI": "true", "GITLAB_CI": "true", "PYTEST_ADDOPTS": "--collect-only"}):
            code = main(["grade", "in", "-a", "7", "-o", "out", "--cpu", "1", "--jobs", "2", "--wall", wall])
        after = {**snapshot(bait.folder), **snapshot(place / "in"), **snapshot(exercise)}
        touched = [path for path in {**before, **after} if before.get(path) != after.get(path)]
        left = remaining(bait.process.pid) + ([] if bait.process.poll() is None else [bait.process.pid])
        grades = json.loads((place / "out" / "grades.json").read_text())
        records = {record["id"]: record for record in grades["grades"]}
        return Run(wall, code, records, special, touched, len(bait.visitors), left, place / "out")
    finally:
        os.chdir(old)
        bait.close()


def remaining(bait: int, grace: float = 5.0) -> list[int]:
    """Our descendants but for one, and orphans, that are there after so many seconds."""
    end = time.monotonic() + grace
    while True:
        left = [pid for pid in processes.family(os.getpid()) if pid not in (os.getpid(), bait)] + orphans()
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.1)


def orphans() -> list[int]:
    """Workers that nobody waits for."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command, parent = (path / "cmdline").read_bytes(), (path / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if b"inside.serve" in command and parent == "1":
            found.append(int(path.name))
    return found

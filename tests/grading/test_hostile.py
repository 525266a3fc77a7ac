"""Submissions that want points without solving anything: under each wall of this machine, none gets any.

The files in hostile/ say what they try, and which status and how many points are expected.  Honest submissions before,
between and after them get exactly their points; what they could have harmed is as it was; no process is left.
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
import zipfile
from pathlib import Path

import pytest
from small_exercise import HALF, RIGHT, STUB, TESTS

from minigen.cli import main
from minigen.grading import processes
from minigen.grading.choice import problem
from minigen.grading.visible import visible
from minigen.grading.walls import walls

CASES = sorted((Path(__file__).parent / "hostile").glob("*.py"))
WALLS = {wall.name: problem(wall) for wall in walls()}


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


def uploads(place, reference):
    """What cannot be a file in hostile/: name -> (id, status, points)."""
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
    poisoned = place / "poisoned"
    poisoned.mkdir()
    (poisoned / "exercise.py").write_text(STUB)
    for name in ("conftest.py", "sitecustomize.py", "usercustomize.py", "numpy.py", "minigen.py", "test_exercise.py"):
        (poisoned / name).write_text("import os\nos._exit(0)\n")
    (poisoned / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    (poisoned / "evil.pth").write_text("import os; os._exit(0)\n")
    rejected = dict.fromkeys(
        ["link", "folder_link", "pipe", "inner_link", "empty", "zip_bomb", "zip_link", "no_zip", "many", "large",
         "deep", "twice", "Twice"],
        ("rejected_upload", 0),
    )  # fmt: skip
    unreadable = dict.fromkeys(["latin", "wide", "null", "cookie"], ("syntax_error", 0))
    return {**rejected, **unreadable, "poisoned": ("partial", 0), "zip_slip": ("ok", 6)}


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


@pytest.fixture(scope="module", params=WALLS)
def graded(request):
    """All cases graded in one run, with honest ones around them: the records, and what was there to be harmed."""
    if WALLS[request.param]:
        pytest.skip(f"{request.param} does not stand here: {WALLS[request.param]}")
    with tempfile.TemporaryDirectory(prefix="minigen-hostile-") as folder:
        Path(folder).chmod(0o755)  # so that only the wall is in the way
        yield from grade_all(Path(folder), request.param)


def grade_all(place, wall):
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
    for name, text in (("aa_honest", RIGHT), ("honest", RIGHT), ("mm_half", HALF), ("zz_honest", RIGHT)):
        (place / "in" / f"{name}.py").write_text(text)
    before = snapshot(bait.folder), snapshot(place / "in"), snapshot(exercise)
    old = Path.cwd()
    os.chdir(place)
    try:
        code = main(["grade", "in", "-a", "7", "-o", "out", "--cpu", "1", "--jobs", "2", "--wall", wall])
        after = snapshot(bait.folder), snapshot(place / "in"), snapshot(exercise)
        grades = json.loads((place / "out" / "grades.json").read_text())
        yield {
            "code": code, "special": special, "before": before, "after": after, "bait": bait, "out": place / "out",
            "records": {record["id"]: record for record in grades["grades"]}, "wall": wall,
        }  # fmt: skip
    finally:
        os.chdir(old)
        bait.close()


def seen(record):
    return record["status"], record["points"]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_hostile_submission_gets_what_it_solved(graded, case):
    record = graded["records"][case.stem]
    statuses, points = expected(case)
    assert record["status"] in statuses and record["points"] == points, (record["message"], record["tests"])


@pytest.mark.slow
def test_uploads_that_are_no_plain_files_are_judged_by_what_they_are(graded):
    assert {id: seen(graded["records"][id]) for id in graded["special"]} == graded["special"]
    made_up = [record for id, record in graded["records"].items() if id.startswith("upload-")]
    assert [seen(record) for record in made_up] == [("rejected_upload", 0)] * 4


@pytest.mark.slow
def test_honest_submissions_around_them_get_exactly_their_points(graded):
    for id, points in (("aa_honest", 6), ("honest", 6), ("mm_half", 3), ("zz_honest", 6)):
        assert seen(graded["records"][id]) == ("ok" if points == 6 else "partial", points)


@pytest.mark.slow
def test_nothing_was_harmed_and_no_process_is_left(graded):
    assert graded["after"] == graded["before"]
    assert not graded["bait"].visitors and graded["bait"].process.poll() is None
    assert processes.family(graded["bait"].process.pid) == [graded["bait"].process.pid]
    children = set(processes.family(os.getpid())) - {os.getpid(), graded["bait"].process.pid}
    assert not children and not orphans()
    assert graded["code"] == 0 and not any(r["status"] == "grader_error" for r in graded["records"].values())


def orphans():
    """Workers that nobody waits for."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command, parent = (path / "cmdline").read_bytes(), (path / "stat").read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue
        if b"inside.serve" in command and parent == "1":
            found.append(path.name)
    return found


@pytest.mark.slow
def test_all_results_say_which_wall_there_was_and_show_no_raw_text(graded):
    for record in graded["records"].values():
        assert graded["wall"] in record["stamp"]
        for kind in ("md", "html"):
            page = (graded["out"] / "feedback" / f"{record['id']}.{kind}").read_text()
            assert graded["wall"] in page and page == visible(page, len(page))
    texts = {path.name: path.read_text() for path in graded["out"].rglob("*") if path.is_file()}
    for name, text in texts.items():
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text), name
        if name.endswith((".html", ".xml")):
            assert "<script" not in text and "<img" not in text, name

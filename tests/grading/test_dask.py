"""`minigen grade --executor dask`: the grades of one machine, whatever becomes of workers; what is said at the door."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from small_exercise import HALF, RIGHT, STUB, TESTS

from minigen.cli import main
from minigen.grading import processes
from minigen.grading.choice import problem
from minigen.grading.walls import walls

pytest.importorskip("distributed")
STANDING = [wall.name for wall in walls() if not problem(wall)]
pytestmark = [
    pytest.mark.skipif(not STANDING, reason="no wall stands on this machine"),
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # those of Dask are not ours
]

HIDDEN = '''\
"""More about numbers."""
from minigen.grading import assert_close, points, sub

@points(3)
def test_double_halves():
    """halves"""
    assert_close(sub.double(0.5), 1.0)
'''


class Cluster:
    """A scheduler without workers; each worker has one thread and nobody who would start it again."""

    def __init__(self, folder):
        self.folder, self.file, self.workers = folder, folder / "scheduler.json", []
        self.scheduler = self.start("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file))
        try:
            self.address = wait_for(self.said)
        except BaseException:
            self.close()
            raise

    def said(self):
        """The address of the scheduler, once it has written it down."""
        text = self.file.read_text() if self.file.exists() else ""
        return text.rstrip().endswith("}") and json.loads(text)["address"]

    def registered(self, n):
        wait_for(lambda: (self.folder / "worker.log").read_text().count("Registered to") >= n)

    def start(self, what, *arguments, before=(), first="pass"):
        code = f"import sys; {first}; from distributed.cli.dask_{what} import main; main()"
        with open(self.folder / f"{what}.log", "ab") as log:
            return subprocess.Popen([*before, sys.executable, "-c", code, *arguments], stdout=log, stderr=log,
                                    cwd=self.folder, stdin=subprocess.DEVNULL)  # fmt: skip

    def add(self, **how):
        options = "--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(self.folder)
        self.workers.append(self.start("worker", self.address, *options, **how))
        return self.workers[-1]

    def close(self):
        for process in [*self.workers, self.scheduler]:
            processes.kill(process.pid)
            process.wait()


def wait_for(what, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def grading_now(worker):
    """The processes of a worker, if it has a submission in its hands."""
    family = processes.family(worker.pid)
    return any(is_session(pid) for pid in family) and family


def is_session(pid):
    with contextlib.suppress(OSError):
        return b"minigen.grading.session" in Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.fixture
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()


@pytest.fixture
def course(tmp_path, monkeypatch):
    folder = tmp_path / "exercises" / "07_numbers"
    folder.mkdir(parents=True)
    (folder / "test_exercise.py").write_text(TESTS)
    (folder / "exercise.py").write_text(STUB)
    (tmp_path / "in").mkdir()
    (tmp_path / "hidden.py").write_text(HIDDEN)
    (tmp_path / "key").write_text("a secret of the instructor")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def command(out, *more):
    return ["grade", "in", "-a", "7", "-o", out, "--secret", "key", "--hidden", "hidden.py", *more]


def results(course, out):
    """The gradebook without what it took in seconds, and all feedback."""
    rows = json.loads((course / out / "grades.json").read_text())
    rows["grades"] = [{key: value for key, value in row.items() if key != "seconds"} for row in rows["grades"]]
    return rows, {path.name: path.read_text() for path in (course / out / "feedback").iterdir()}


def journal(course, out):
    path = course / out / "journal.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_two_workers_grade_as_one_machine_does(course, cluster, capsys):
    texts = {"ann": RIGHT, "bob": HALF, "cleo": STUB, "dan": "def f(:", "eve": RIGHT + "\n\nprint('hello')\n",
             "fay": RIGHT.replace("return 2 * x", "import os; os._exit(0)")}  # fmt: skip
    for name, text in texts.items():
        (course / "in" / f"{name}.py").write_text(text)
    (course / "in" / "gus").mkdir()  # rejected: nothing in it
    unseen = ()
    if "bubblewrap" in STANDING:  # then the workers are on machines that do not have the course's files
        unseen = ("bwrap", "--die-with-parent", "--dev-bind", "/", "/", "--tmpfs", str(course))
    for _ in range(2):
        cluster.add(before=unseen)
    cluster.registered(2)
    assert main(command("far", "--executor", "dask", "--scheduler", cluster.address)) == 0
    far = capsys.readouterr()
    assert main(command("near", "--jobs", "2")) == 0
    assert far.out.replace("far", "near") == capsys.readouterr().out and not far.err
    assert results(course, "far") == results(course, "near")
    assert [r["id"] for r in results(course, "far")[0]["grades"] if r["status"] == "ok"] == ["ann", "eve"]
    before = (course / "far" / "journal.jsonl").read_text()
    assert main(command("far", "--resume", "--jobs", "2")) == 0  # what workers graded is not graded again here
    assert (course / "far" / "journal.jsonl").read_text() == before


def test_what_a_lost_worker_had_goes_to_another_and_is_graded_once(course, cluster):
    names = [f"s{i}" for i in range(6)]
    for name in names:
        (course / "in" / f"{name}.py").write_text(RIGHT)
    first = cluster.add()
    cluster.add()
    cluster.registered(2)
    run = [sys.executable, "-m", "minigen.cli", *command("out", "--executor", "dask", "--scheduler", cluster.address)]
    grading = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(lambda: journal(course, "out"))
    family = wait_for(lambda: grading_now(first))
    assert len(journal(course, "out")) < len(names) - 1
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    said = grading.communicate(timeout=300)[0]
    assert grading.returncode == 0 and "6 submissions: 6 ok; mean 9.00 of 9 points" in said
    assert sorted(line["id"] for line in journal(course, "out")) == names
    assert {row["points"] for row in results(course, "out")[0]["grades"]} == {9}
    wait_for(lambda: not any(processes.family(pid) for pid in family))  # its sessions ended with it


def test_what_loses_its_worker_again_and_again_is_for_a_person_to_look_at(course, cluster, capsys):
    (course / "in" / "ann.py").write_text(RIGHT)
    worker = cluster.add()
    how = [sys.executable, "-c", "import sys; from distributed import Client; c = Client(sys.argv[1]); "
           "c.run_on_scheduler(lambda dask_scheduler: setattr(dask_scheduler, 'allowed_failures', 0))"]  # fmt: skip
    subprocess.run([*how, cluster.address], check=True)
    threading.Thread(target=lambda: wait_for(lambda: grading_now(worker)) and worker.kill()).start()
    assert main(command("out", "--executor", "dask", "--scheduler", cluster.address)) == 1
    assert "the grader failed on ann, look at it: several workers were lost" in capsys.readouterr().err
    assert [line["status"] for line in journal(course, "out")] == ["grader_error"]


def test_a_worker_that_comes_later_and_is_another_grades_nothing(course, cluster):
    for i in range(5):
        (course / "in" / f"s{i}.py").write_text(RIGHT)
    cluster.add()
    run = [sys.executable, "-m", "minigen.cli", *command("out", "--executor", "dask", "--scheduler", cluster.address)]
    grading = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(lambda: journal(course, "out"))
    cluster.add(first="import platform; platform.python_version = lambda: '3.11.0'")
    said = grading.communicate(timeout=300)[0]
    assert grading.returncode == 2 and "Traceback" not in said
    assert "a new worker is not like the others: Python 3.11.0 there" in said and "--resume goes on" in said


def test_a_cluster_that_goes_away_costs_nothing_that_is_done(course, cluster):
    for i in range(4):
        (course / "in" / f"s{i}.py").write_text(RIGHT)
    cluster.add()
    run = [sys.executable, "-m", "minigen.cli", *command("out", "--executor", "dask", "--scheduler", cluster.address)]
    grading = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(lambda: journal(course, "out"))
    processes.kill(cluster.scheduler.pid)
    said = grading.communicate(timeout=300)[0]
    assert grading.returncode == 2 and "--resume goes on" in said and "Traceback" not in said
    done = journal(course, "out")
    assert main(command("out", "--resume", "--jobs", "2")) == 0
    assert journal(course, "out")[: len(done)] == done
    assert sorted(line["id"] for line in journal(course, "out")) == ["s0", "s1", "s2", "s3"]


@pytest.mark.parametrize(
    ("first", "says"),
    [
        ("sys.modules['minigen'] = None", "It needs what there is here: minigen[grading,dask]"),
        ("import platform; platform.python_version = lambda: '3.11.0'", "Python 3.11.0 there"),
        ("import numpy; import importlib.metadata as m; m.version = lambda name, v=m.version: "
         "'1.26.4' if name == 'numpy' else v(name)", "numpy 1.26.4 there"),
        ("import minigen.grading.walls as w; w.missing = lambda wall: 'not today'; "
         "import minigen.grading.choice as c; c.missing = w.missing", "no wall stands on this machine"),
    ],
    ids=["no minigen", "Python", "NumPy", "no wall"],
)  # fmt: skip
def test_a_worker_that_is_not_like_this_machine_is_refused(course, cluster, capsys, first, says):
    (course / "in" / "ann.py").write_text(RIGHT)
    cluster.add(first=first)
    assert main(command("out", "--executor", "dask", "--scheduler", cluster.address)) == 2
    said = capsys.readouterr().err
    assert says in said and "the worker tcp://" in said and not (course / "out").exists()


def test_workers_behind_different_walls_are_refused(course, cluster, capsys):
    if len(STANDING) < 2:
        pytest.skip("only one wall stands here")
    (course / "in" / "ann.py").write_text(RIGHT)
    cluster.add()
    cluster.add(first="import minigen.grading.choice as c; w = c.walls; c.walls = lambda: w()[1:]")
    cluster.registered(2)
    assert main(command("out", "--executor", "dask", "--scheduler", cluster.address)) == 2
    assert "the workers have different walls; --wall names one" in capsys.readouterr().err
    assert main(command("out", "--executor", "dask", "--scheduler", cluster.address, "--wall", STANDING[1])) == 0
    assert journal(course, "out")[0]["stamp"].startswith(STANDING[1])


def test_a_cluster_without_workers_or_no_cluster_is_said_at_once(course, cluster, capsys):
    (course / "in" / "ann.py").write_text(RIGHT)
    assert main(command("out", "--executor", "dask", "--scheduler", cluster.address)) == 2
    assert f"has no workers: `dask worker {cluster.address}` starts one" in capsys.readouterr().err
    with socket.create_server(("127.0.0.1", 0)) as other:  # it takes calls, and never says a word
        port = other.getsockname()[1]
        assert main(command("out", "--executor", "dask", "--scheduler", f"tcp://127.0.0.1:{port}")) == 2
        assert f"no Dask scheduler answers at tcp://127.0.0.1:{port}" in capsys.readouterr().err
    for address in (f"127.0.0.1:{port}", "nonsense", "http://127.0.0.1:1", ""):
        assert main(command("out", "--executor", "dask", "--scheduler", address)) == 2
        said = capsys.readouterr().err
        assert f"no Dask scheduler answers at {address}" in said and "Traceback" not in said
    assert not (course / "out").exists()


def test_the_two_options_go_together(course, capsys):
    for more in (["--executor", "dask"], ["--scheduler", "tcp://127.0.0.1:8786"]):
        assert main(command("out", *more)) == 2
        assert "--executor dask and --scheduler ADDRESS go together" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(course, capsys, monkeypatch):
    monkeypatch.setattr("minigen.grading.grade.find_spec", lambda name: None if name == "distributed" else name)
    assert main(command("out", "--executor", "dask", "--scheduler", "tcp://127.0.0.1:8786")) == 1
    assert 'pip install "distributed' in capsys.readouterr().err

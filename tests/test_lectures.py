"""The runner executes, checks and reports; nothing false, silent or hostile gets through."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from minigen import cli, lectures, report
from minigen.lectures import NoLecture, choose, find_lectures

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7 * 7 }}</style>"

GOOD = [
    "# Good things",
    "## The first **section** of $2\\,x$",
    "import os, sys\nfrom minigen.claims import claim, your_turn",
    "claim('C14', 'V is 2 JS - log 4', got=1.0, want=1.0, tol=1e-9)\n"
    "claim('R01', 'the printed 65 is not the cheapest plan', got=64, want=64, tol=0, note='720 plans')\n"
    "claim('E01', 'a rule', got=float('inf'), want=float('inf'), tol=0, source='a book, page 3')",
    "import matplotlib.pyplot as plt\nplt.figure(figsize=(2, 1)); plt.plot([0, 1]); plt.show()",
    "## Another section",
    "your_turn(..., 3)\n"
    "assert sys.executable == {python!r}, sys.executable\n"
    "assert int(os.environ['OMP_NUM_THREADS']) >= 1\n"
    "claim('C99'.replace('99', '37'), 'the cheapest plan', got=64, at_most=64)",
    "from tqdm import tqdm\nfor i in tqdm(range(3)): pass",
]
NOTEBOOKS = {
    "01_good": GOOD,
    "02_false": [
        "# False",
        "from minigen.claims import claim",
        "claim('C38', 'the bread plan costs 1071', got=1070, want=1071, tol=0)",
        "claim('C39', 'never reached', got=1, want=1, tol=0)",
    ],
    "03_raises": ["# Raises", "x = 1", "x / 0"],
    "04_silent": ["# Silent", "x = 1"],
    "05_hostile": [
        f"# Hostile {HOSTILE}",
        "from minigen.claims import claim\nfrom IPython.display import SVG, display",
        f"h = {HOSTILE!r}\nclaim('E02', h, got=1, want=1, tol=0, note=h, source=h)",
        "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(3)</script></svg>'))\n"
        "display({'image/png': 'x\" onerror=\"alert(4)'}, raw=True)",
    ],
    "06_warns": [
        "# Warns",
        "from minigen.claims import claim\nimport numpy as np",
        "claim('C01', 's', got=1, want=1, tol=0)\nnp.log(np.zeros(2))",
    ],
    "07_swallows": [
        "# Swallows",
        "from minigen.claims import claim",
        "try:\n    claim('C02', 'swallowed', got=1, want=2, tol=0)\nexcept AssertionError:\n    pass",
    ],
    "08_dies": ["# Dies", "import os", "os._exit(1)"],
}


def write(folder: Path, name: str, sources: list[str]) -> Path:
    """A notebook whose sources that start with # are markdown."""
    new = nbformat.v4
    cells = [
        new.new_markdown_cell(s)
        if s.startswith("#")
        else new.new_code_cell(s.replace("{python!r}", repr(sys.executable)))
        for s in sources
    ]
    (folder / "lectures").mkdir(exist_ok=True)
    path = folder / "lectures" / f"{name}.ipynb"
    nbformat.write(new.new_notebook(cells=cells), path)
    return path


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """One run over all the notebooks: (folder, exit code, printed, seconds)."""
    folder = tmp_path_factory.mktemp("course")
    for name, sources in NOTEBOOKS.items():
        write(folder, name, sources)
    command = [sys.executable, "-m", "minigen.cli", "lectures", "run", "-j", "2"]
    before = {path: path.read_bytes() for path in (folder / "lectures").iterdir()}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    assert {path: path.read_bytes() for path in (folder / "lectures").iterdir()} == before
    return folder, done.returncode, done.stdout + done.stderr


def test_a_socket_that_closed_under_the_heartbeat_says_nothing(monkeypatch):
    """As jupyter_client's thread dies now and then, when a kernel is shut down; what else a thread dies of is said."""
    from zmq import ENOTSOCK, ZMQError

    said = []
    monkeypatch.setattr(threading, "excepthook", lambda args: said.append(args.exc_value))

    def die(error):
        def run():
            raise error

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()

    other, closed = ValueError(), ZMQError(ENOTSOCK)
    with lectures._quiet_heartbeats():
        die(closed)
        die(other)
    die(closed)
    assert said == [other, closed]


def page(ran) -> str:
    return (ran[0] / "build" / "report.html").read_text(encoding="utf-8")


def problems(printed: str, number: str) -> list[str]:
    return re.findall(rf"^    lecture {number}, (.*)$", printed, re.MULTILINE)


def test_a_failing_run_exits_with_1_and_names_the_lectures(ran):
    _, code, printed = ran
    assert code == 1
    assert "failed: lectures 02, 03, 04, 06, 07, 08\n" in printed
    assert printed.rstrip().endswith(str(ran[0] / "build" / "report.html"))
    assert "Traceback" not in printed and "WARNING" not in printed


def test_right_lectures_pass(ran):
    assert "✓ 01 Good things: 4 of 4 claims hold" in ran[2]
    assert problems(ran[2], "01") == [] and problems(ran[2], "05") == []


def test_a_false_claim_is_named_once_with_cell_and_row(ran):
    assert problems(ran[2], "02") == ["cell [2], ✗ FAILS C38  the bread plan costs 1071"]
    assert "predicted 1071   measured 1070   error 1" in ran[2]
    assert problems(ran[2], "07") == ["cell [2], ✗ FAILS C02  swallowed"]


def test_other_failures_are_named(ran):
    assert problems(ran[2], "03") == ["cell [2]: ZeroDivisionError: division by zero"]
    assert problems(ran[2], "04") == ["it ran to its end without a single claim"]
    (warned,) = problems(ran[2], "06")
    assert warned.startswith("cell [2]: ") and "RuntimeWarning: divide by zero" in warned
    assert problems(ran[2], "08") == ["cell [2]: the kernel died (out of memory?)"]


def test_executed_notebooks_are_kept(ran):
    built = ran[0] / "build" / "lectures"
    assert sorted(path.name for path in built.iterdir()) == [f"0{i}.ipynb" for i in range(1, 9)]
    executed = nbformat.read(built / "01.ipynb", as_version=4)
    assert any(cell.get("outputs") for cell in executed.cells)
    failed = nbformat.read(built / "02.ipynb", as_version=4)
    assert any(out.output_type == "error" for cell in failed.cells for out in cell.get("outputs", []))


class Reader(HTMLParser):
    """Collects tags and attributes, checks that they nest and that nothing is loaded from elsewhere."""

    VOID = frozenset(["meta", "img", "br", "link"])

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.ids, self.links, self.text = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if "href" in attributes else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


@pytest.fixture(scope="module")
def read(ran):
    reader = Reader()
    reader.feed(page(ran))
    reader.close()
    return reader


def test_the_page_is_well_formed_and_self_contained(read):
    assert read.open == []
    assert len(read.ids) == len(set(read.ids))
    assert all(link.startswith("#") and link[1:] in read.ids for link in read.links)
    sources = [attributes["src"] for tag, attributes in read.tags if tag == "img"]
    assert [src.partition(";")[0] for src in sources] == ["data:image/png", "data:image/svg+xml"]
    assert not {tag for tag, _ in read.tags} & {"script", "link", "iframe", "object"}


def test_nothing_hostile_is_alive_in_the_page(read, ran):
    assert "<script" not in page(ran)
    assert not any(name.startswith("on") for _, attributes in read.tags for name in attributes)
    assert HOSTILE in "".join(read.text)


def test_the_page_shows_every_claim_with_its_numbers_and_source(read):
    text = " ".join(" ".join(read.text).split())
    for shown in ("V is 2 JS - log 4", "predicted", "1e-09", "720 plans", "a book, page 3", "sources 000, 003, 004"):
        assert shown in text
    assert "The first section of 2 x" in text
    assert "2 of 8 claims fail" in text
    claims = [a for tag, a in read.tags if tag == "article" and "claim" in a["class"]]
    assert len(claims) == 4 + 1 + 1 + 1 + 1


def test_figures_follow_the_claims_of_their_section(ran):
    text = page(ran)
    places = [text.index(s) for s in ("V is 2 JS", "a book, page 3", "data:image/png", "Another section")]
    assert places == sorted(places)


def test_errata_are_proved_by_their_own_claims_or_linked(read):
    text = " ".join(" ".join(read.text).split())
    assert "optimal delivery time 10+7+15+10+14+9=65 min" in text and "erratum-R01" in read.ids
    assert "errata proved 1 of 52" in text
    assert "erratum-R36" in read.ids and "erratum-R50" not in read.ids


def test_a_false_erratum_is_not_called_proved():
    claim = report.Claim("R01", "s", "1", "2", 1.0, "0", False)
    outcome = report.Outcome("02", "t", 1.0, [report.Section("h", [claim])])
    (refutation,) = report.refutations([outcome])
    assert refutation.own and not refutation.proved
    assert "errata proved</dt><dd>0<" in report.render([outcome], 1.0)


def test_a_passing_run_exits_with_0(tmp_path, monkeypatch, capsys):
    write(tmp_path, "01_good", GOOD)
    monkeypatch.chdir(tmp_path / "lectures")
    assert cli.main(["lectures", "run", "1", "--out", str(tmp_path / "elsewhere")]) == 0
    assert "failed" not in capsys.readouterr().out
    assert "All 4 claims hold" in (tmp_path / "elsewhere" / "report.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == ["lectures", "report.html"]


def test_a_lecture_that_takes_too_long_is_stopped(tmp_path, monkeypatch, capsys):
    write(tmp_path, "01_slow", ["# Slow", "import time", "time.sleep(60)"])
    monkeypatch.chdir(tmp_path)
    start = time.monotonic()
    assert cli.main(["lectures", "run", "--timeout", "1"]) == 1
    assert time.monotonic() - start < 30
    assert problems(capsys.readouterr().out, "01") == ["cell [2]: the lecture took more than 1 s"]


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_leaves_no_kernel_behind(tmp_path):
    pid_file = tmp_path / "pid"
    write(
        tmp_path,
        "01_sleeps",
        [
            "# Sleeps",
            f"import os, time, pathlib\npathlib.Path({str(pid_file)!r}).write_text(str(os.getpid()))\ntime.sleep(60)",
        ],
    )
    command = [sys.executable, "-m", "minigen.cli", "lectures", "run"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        wait_for(lambda: pid_file.exists() and pid_file.read_text())
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=30)[1]
    finally:
        process.kill()
    assert process.returncode == 130
    assert "minigen: stopped" in errors and "Traceback" not in errors
    wait_for(lambda: not alive(int(pid_file.read_text())))


def wait_for(condition, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path("/proc/self").exists()


def test_lectures_are_found_from_below_and_listed(tmp_path, monkeypatch, capsys):
    write(tmp_path, "04_networks", ["# Networks *of* `code`"])
    write(tmp_path, "01_gradients", ["no heading: code"])
    (tmp_path / "lectures" / "notes.ipynb").write_text("{}")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert [lecture.number for lecture in find_lectures(below)] == ["01", "04"]
    monkeypatch.chdir(below)
    assert cli.main(["lectures", "list"]) == 0
    assert capsys.readouterr().out == "01  untitled\n04  Networks of code\n"


def test_a_poor_console_is_no_reason_to_fail(tmp_path):
    write(tmp_path, "01_a", ["# θ and φ"])
    command = [sys.executable, "-m", "minigen.cli", "lectures", "list"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0 and done.stdout.split() == [b"01", b"?", b"and", b"?"]


def test_choosing(tmp_path):
    for name in ("01_a", "04_b", "12_c"):
        write(tmp_path, name, ["# A"])
    found = find_lectures(tmp_path)
    assert choose(found, []) == found
    assert [lecture.number for lecture in choose(found, ["12", "4", "04"])] == ["04", "12"]
    with pytest.raises(NoLecture, match="no lecture 02, 07; there are 01, 04, 12"):
        choose(found, ["7", "2"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "9"], "there is no lecture 09"),
        (["open", "9"], "there is no lecture 09"),
        (["run", "-j", "0"], "must be positive"),
        (["run", "--timeout", "-1"], "must be positive"),
        (["run", "--timeout", "nan"], "must be positive, and finite"),
        (["run", "--timeout", "inf"], "must be positive, and finite"),
        (["run", "1", "--out", "lectures/01_a.ipynb/x"], "nothing can be written there (Not a directory)"),
        (["run", "2"], "is no notebook"),
    ],
)
def test_usage_errors(arguments, message, tmp_path, monkeypatch, capsys):
    write(tmp_path, "01_a", ["# A"])
    (tmp_path / "lectures" / "02_broken.ipynb").write_text("{not json")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lectures", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_no_lectures_anywhere(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lectures", "list"]) == 2
    assert "go to your copy of the repository" in capsys.readouterr().err


def test_a_missing_package_is_missed_before_anything_runs(tmp_path, monkeypatch, capsys):
    write(tmp_path, "01_a", ["# A"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lectures, "find_spec", lambda name: None if name == "jinja2" else object())
    assert cli.main(["lectures", "run"]) == 1
    assert 'pip install "matplotlib' in capsys.readouterr().err


@pytest.mark.parametrize("user", [0, 1000])
def test_open_starts_jupyterlab_on_the_lecture(tmp_path, monkeypatch, user):
    path = write(tmp_path, "04_b", ["# B"])
    called = []
    monkeypatch.setattr(lectures.subprocess, "call", lambda command, cwd: called.append(command) or 0)
    monkeypatch.setattr(lectures, "find_spec", lambda name: object())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    assert cli.main(["lectures", "open", "4"]) == 0
    assert called == [[sys.executable, "-m", "jupyterlab", str(path)] + ["--allow-root"] * (user == 0)]


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "page.html"
    report.write_atomically(target, "old")
    with pytest.raises(UnicodeEncodeError):
        report.write_atomically(target, "new \ud800")

    def full(*paths):
        raise OSError("disk full")

    monkeypatch.setattr(report.os, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        report.write_atomically(target, "new")
    assert target.read_text() == "old" and list(tmp_path.iterdir()) == [target]


COMMITTED = sorted((Path(__file__).parents[1] / "lectures").glob("*.ipynb"))


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_lectures_are_committed_without_outputs(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None

"""Uploads are found and read without believing anything about them; test_hostile.py has the malicious ones."""

import io
import json
import re
import zipfile
from argparse import Namespace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.grading import intake
from minigen.grading.grade import _close_uploads
from minigen.grading.inside.problems import where
from minigen.grading.intake import Rejected, Upload, find, passed_over, read
from minigen.grading.notebook import _plain, in_cells, plain, stops
from minigen.grading.notebook import code_of as code_of_notebook
from minigen.grading.visible import visible


def write(path, content=b"x = 1\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def zipped(members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, text in members.items():
            file.writestr(name, text)
    return data.getvalue()


def test_all_kinds_are_found_by_id(tmp_path):
    write(tmp_path / "ann.py")
    write(tmp_path / "bob" / "exercise.py")
    write(tmp_path / "cleo.zip", zipped({"exercise.py": "x = 1\n"}))
    write(tmp_path / "dan.ipynb", json.dumps({"cells": []}).encode())
    write(tmp_path / "éve.PY")
    for ignored in ("roster.csv", "README.md", ".DS_Store", "__pycache__/x.py", ".hidden.py"):
        write(tmp_path / ignored)
    uploads = find(tmp_path)
    assert [upload.id for upload in uploads] == ["ann", "bob", "cleo", "dan", "éve"]
    assert all(read(upload)[1] == (b"" if upload.id == "dan" else b"x = 1\n") for upload in uploads)


def test_what_may_be_work_and_is_not_looked_at_is_named(tmp_path, monkeypatch, capsys):
    lost = ["eve.py.txt", "frank.txt", "jan", "nina.7z", "kim.tgz", ".hugo.py", "__ida.py", "a\x1b[31m.txt"]
    silent = [".DS_Store", "._ann.py", ".git/config", "__pycache__/x.pyc", "Thumbs.db", "roster.csv", "key"]
    for name in ["ann.py", "bob/exercise.py", "dave smith/exercise.py", "exercise (1).py", *lost, *silent]:
        write(tmp_path / "in" / name)
    uploads = find(tmp_path / "in")
    left = [path.name for path in passed_over(tmp_path / "in", uploads)]
    assert sorted(left) == sorted([*lost, "roster.csv", "key"])
    monkeypatch.chdir(tmp_path)
    arguments = Namespace(submissions=Path("in"), roster=None, hidden=None, secret=Path("in/key"), out=Path("out"))
    _close_uploads(Namespace(**vars(arguments), single=False), uploads)
    unnamed, looked = capsys.readouterr().err.splitlines()
    assert re.search(r"id .*: dave smith \(upload-\w{12}\), exercise \(1\)\.py \(upload-\w{12}\)$", unnamed)
    assert looked == "not looked at: .hugo.py, __ida.py, a\\x1b[31m.txt, eve.py.txt, frank.txt, jan, kim.tgz, nina.7z"
    _close_uploads(Namespace(**vars(arguments), single=True), [])
    assert not capsys.readouterr().err


def test_in_a_folder_that_is_one_upload_the_others_are_not_looked_at(tmp_path):
    for name in ("exercise.py", "ann.py", "bob.py"):
        write(tmp_path / name)
    assert [path.name for path in passed_over(tmp_path, find(tmp_path))] == ["ann.py", "bob.py"]
    assert passed_over(tmp_path / "ann.py", find(tmp_path / "ann.py")) == []


def test_one_upload_alone(tmp_path):
    path = write(tmp_path / "mine" / "exercise.py")
    assert [(u.id, read(u)[0]) for u in find(path)] == [("exercise", "exercise.py")]
    assert [(u.id, read(u)[0]) for u in find(path.parent)] == [("mine", "exercise.py")]


NOTEBOOK = json.dumps({"cells": [{"cell_type": "code", "source": ["8"]}]})
CELL = code_of_notebook(NOTEBOOK.encode(), 1000)
LAYOUTS = [
    ({"exercise.py": "1"}, b"1"),
    ({"exercise.py": "1", "other.py": "2", "conftest.py": "3"}, b"1"),
    ({"my answers.py": "1", "notes.txt": "2"}, b"1"),
    ({"hw/exercise.py": "2", "hw/other.py": "3"}, b"2"),
    ({"hw/06/mine.py": "2", "hw/notes.txt": "3"}, b"2"),
    ({"hw/Exercise.PY": "2", "helper.py": "3"}, b"2"),
    ({"exercise.py": "4", "old/exercise.py": "5"}, b"4"),
    ({"hw/exercise.py": "4", "exercise.ipynb": NOTEBOOK}, CELL),
    ({"exercise.py": "4", "exercise.ipynb": NOTEBOOK}, b"4"),
    ({"__MACOSX/exercise.py": "6", "a/mine.py": "7"}, b"7"),
    ({"hw/exercise.ipynb": NOTEBOOK}, CELL),
    ({"hw/.ipynb_checkpoints/mine-checkpoint.ipynb": "{}", "hw/mine.py": "8"}, b"8"),
    ({"hw/__init__.py": "", "hw/_old.py": "7", "hw/mine.py": "8"}, b"8"),
    ({"hw/_mine.py": "8"}, b"8"),
    ({"._exercise.py": "", "exercise.py": "9", **{f".venv/lib/x{i}.py": "" for i in range(1200)}}, b"9"),
    ({"/".join(["d"] * 15 + ["exercise.py"]): "9"}, b"9"),
    ({"/".join(["d"] * 16 + ["exercise.py"]): "9"}, "folders within folders, more than 16 deep"),
    ({"exercise.py": "9", "/".join(["d"] * 16 + ["x.py"]): "9"}, "folders within folders, more than 16 deep"),
    ({"exercise.py": "9", **{f"d/{i}": "" for i in range(1200)}}, "more than 1000 files"),
    ({"a/exercise.py": "1", "b/exercise.py": "2"}, r"\(a/exercise\.py, b/exercise\.py\): one exercise\.py is expected"),
    ({"exercise.py": "1", "Exercise.py": "2"}, r"\(Exercise\.py, exercise\.py\): one exercise\.py is expected"),
    ({"a.py": "1", "b/b.ipynb": NOTEBOOK}, r"\(a\.py, b/b\.ipynb\): one exercise\.py is expected"),
    ({f"{i}.py": "" for i in range(99)}, r"\(0\.py, 1\.py, 10\.py, 11\.py and 95 more\): one exercise"),
    ({"a\x1b[2J.py": "1", "b.py": "2"}, r"\(a\\x1b\[2J\.py, b\.py\)"),
    ({".venv/exercise.py": "1"}, r"no exercise\.py in the (folder|archive): there is nothing in it"),
    ({"notes.txt": "1", "hw/data.csv": "2"}, r"no exercise\.py in the (folder|archive), only hw/data\.csv, notes\.txt"),
]


@pytest.mark.parametrize("kind", ["folder", "archive"])
@pytest.mark.parametrize(("members", "found"), LAYOUTS)
def test_the_file_of_answers_is_the_same_in_a_folder_and_in_an_archive(tmp_path, kind, members, found):
    if kind == "archive":
        upload = Upload("ann", write(tmp_path / "ann.zip", zipped(members)))
    else:
        upload = Upload("ann", tmp_path / "ann")
        for name, text in members.items():
            write(upload.path / name, text.encode())
    if isinstance(found, str):
        with pytest.raises(Rejected, match=found):
            read(upload)
    else:
        assert read(upload)[1] == found


def test_an_archive_in_a_folder_is_opened_if_there_is_nothing_else(tmp_path):
    inner = write(tmp_path / "ann" / "hw" / "mine.zip", zipped({"06/exercise.py": "1"}))
    assert read(Upload("ann", tmp_path / "ann"))[1] == b"1"
    write(inner.with_name("exercise.py"), b"2")
    assert read(Upload("ann", tmp_path / "ann"))[1] == b"2"
    with pytest.raises(Rejected, match=r"no exercise\.py in the archive, only mine\.zip"):
        read(Upload("ann", write(tmp_path / "ann.zip", zipped({"mine.zip": "PK"}))))


def test_no_link_in_a_folder_is_followed(tmp_path):
    write(tmp_path / "bob" / "exercise.py", b"x = 'of bob'\n")
    for name, target in (("hw", "bob"), ("up", "."), ("self", "ann/self"), ("gone", "nowhere")):
        link = tmp_path / "ann" / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(tmp_path / target)
    with pytest.raises(Rejected, match=r"no exercise\.py in the folder, only gone, hw, self, up$"):
        read(Upload("ann", tmp_path / "ann"))
    (tmp_path / "ann" / "inner").mkdir()
    (tmp_path / "ann" / "inner" / "exercise.py").symlink_to(tmp_path / "bob" / "exercise.py")
    with pytest.raises(Rejected, match="not a regular file"):
        read(Upload("ann", tmp_path / "ann"))
    write(tmp_path / "ann" / "exercise.py", b"x = 'of ann'\n")
    assert read(Upload("ann", tmp_path / "ann"))[1] == b"x = 'of ann'\n"


def test_no_more_is_looked_at_than_there_may_be(tmp_path, monkeypatch):
    """Nothing behind the limits costs anything: not the next folder, not the rest of this one."""
    for name in ("a", "b", "c"):
        for i in range(400):
            write(tmp_path / "ann" / name / f"{i}.txt")
    seen, scandir = [], intake.os.scandir

    def counting(place):
        seen.append(Path(place).name)
        return scandir(place)

    monkeypatch.setattr(intake.os, "scandir", counting)
    monkeypatch.setattr(intake, "_MAX_ENTRIES", 300)
    with pytest.raises(Rejected, match="more than 300 files in the folder"):
        read(Upload("ann", tmp_path / "ann"))
    assert len(seen) == 2 and seen[0] == "ann"


def test_a_folder_that_cannot_be_read_is_one_students_matter(tmp_path, monkeypatch):
    write(tmp_path / "ann" / "hw" / "exercise.py")
    scandir = intake.os.scandir

    def closed(place):
        if Path(place).name == "hw":
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(intake.os, "scandir", closed)
    with pytest.raises(Rejected, match="a folder in it cannot be read: Permission denied"):
        read(Upload("ann", tmp_path / "ann"))


def test_uploads_for_one_id_are_all_rejected_and_named(tmp_path):
    for name in ("ann.py", "Ann.ipynb", "ANN/exercise.py", "bob.py"):
        write(tmp_path / name)
    problems = {upload.id: upload.problem for upload in find(tmp_path)}
    said = "there are 3 uploads for this id, and one is expected: ANN, Ann.ipynb, ann.py"
    assert problems == {"ANN": said, "Ann": said, "ann": said, "bob": ""}


def test_of_a_notebook_the_code_remains(tmp_path):
    cells = [
        {"cell_type": "code", "source": "!pip install numpy\nimport numpy as np\n%timeit f()\n"},
        {"cell_type": "code", "source": "if 1:\n    %precision 3\n?f"},
        {"cell_type": "markdown", "source": "def f(): wrong"},
        {"cell_type": "code", "source": ["%%bash\n", "rm -rf /"]},
        {"cell_type": "code", "source": ["def f(x):\n", "    return x % 2\n"], "outputs": [{"text": "f"}]},
    ]
    upload = Upload("ann", write(tmp_path / "ann.ipynb", json.dumps({"cells": cells}).encode()))
    name, code = read(upload)
    scope = {}
    exec(compile(code, name, "exec"), scope)
    assert scope["f"](5) == 1 and scope["np"] and name == "exercise.ipynb"


def code_of(tmp_path, *cells):
    cells = [{"cell_type": "code", "source": cell} for cell in cells]
    return read(Upload("ann", write(tmp_path / "ann.ipynb", json.dumps({"cells": cells}).encode())))[1].decode()


def scope_of(tmp_path, *cells):
    scope = {}
    exec(compile(code_of(tmp_path, *cells), "exercise.ipynb", "exec"), scope)
    return scope


def test_a_cell_that_fails_costs_the_rest_of_itself(tmp_path, capsys):
    scope = scope_of(
        tmp_path, "import nothing_of_the_kind as plt\nlost = 1", "def f(x):\n\treturn x\n", "a = 1\nplt.plot(a)\nb = 2",
        "files = !ls *.py\nx, y = %who\nkept = f(3)", "assert f(1) == 2, 'wrong'", "# nothing",
        "c = [1,\n2]\nif c:\n    d = c",
    )  # fmt: skip
    assert scope["f"](5) == 5 and (scope["a"], scope["c"], scope["d"]) == (1, [1, 2], [1, 2])
    assert not {"lost", "b", "files", "x", "plt"} & set(scope) and scope["kept"] == 3
    said = [
        "cell 1 of the notebook stops at line 1: ModuleNotFoundError: No module named 'nothing_of_the_kind'",
        "cell 3 of the notebook stops at line 2: NameError: name 'plt' is not defined",
        "cell 5 of the notebook stops at line 1: AssertionError: wrong",
    ]
    printed = capsys.readouterr().out
    assert printed.splitlines() == said == stops(f"cell 1 of the notebook\n{printed}and more\n")


def test_the_students_own_names_do_not_keep_a_cell_from_being_told_of(tmp_path, capsys):
    scope = scope_of(tmp_path, "type = str = repr = 3", "\n\nassert type == 4", "more = 1")
    assert scope["more"] == 1
    assert stops(capsys.readouterr().out) == ["cell 2 of the notebook stops at line 3: AssertionError"]


LINES = ["x = 1", "s = '''one\n\ntwo'''", "%matplotlib inline", "!pip install \\\n  numpy", "files = !ls \\\n *.py",
         "# it's (", "", "y = (1,\n2)", "y = 1 + \\\n2", "from __future__ import annotations", "f?",
         "%time z = 1"]  # fmt: skip
MAGICS = ["", "%%time\n", "\n\n%%capture\n%%time\n"]


@given(st.lists(st.tuples(st.sampled_from(MAGICS), st.lists(st.sampled_from(LINES)), st.lists(st.sampled_from(LINES))),
                min_size=1, max_size=4), st.sampled_from(["\n", "\r\n"]))  # fmt: skip
def test_every_line_is_found_again_in_its_cell(cells, ending):
    texts = [magic + "\n".join([*above, f"def f{n}(): raise KeyError", *below])
             for n, (magic, above, below) in enumerate(cells)]  # fmt: skip
    written = [{"cell_type": "markdown", "source": "# head"}]
    written += [{"cell_type": "code", "source": text.replace("\n", ending)} for text in texts]
    code, scope = code_of_notebook(json.dumps({"cells": written}).encode(), 10_000), {}
    exec(compile(code, "exercise.ipynb", "exec"), scope)
    for n, text in enumerate(texts):
        with pytest.raises(KeyError) as error:
            scope[f"f{n}"]()
        wanted = f"cell {n + 1}, line {text[: text.index('def f')].count(chr(10)) + 1}"
        assert where(error.value, "exercise.ipynb").startswith("line ")
        assert in_cells(where(error.value, "exercise.ipynb"), code) == f"{wanted}: KeyError"


CELLS = code_of_notebook(json.dumps({"cells": [{"cell_type": "code", "source": source} for source in (
    "from __future__ import annotations\nx = 1", "", "def f(:\n  pass\nif x:")]}).encode(), 1000)  # fmt: skip


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("line 11 (raise E('line 11: x')): E: on line 11", "cell 3, line 1 (raise E('line 11: x')): E: on line 11"),
        ("line 15: E", "cell 3, line 3: E"),  # below a cell: its last line
        ("e.ipynb stops while it is being loaded, line 6 (x): E",
         "e.ipynb stops while it is being loaded, cell 1, line 2 (x): E"),
        ("e.ipynb, line 11: Python cannot read this yet: bad\n    def f(:\n          ^",
         "e.ipynb, cell 3, line 1: Python cannot read this yet: bad\n    def f(:\n          ^"),
        ("e.ipynb, line 15: Python cannot read this yet: a block is expected after 'if' on line 13\n    E as _of_cell:",
         "e.ipynb, cell 3, line 3: Python cannot read this yet: a block is expected after 'if' in cell 3, line 3"),
        ("line 2 (from __future__ import annotations): E", "line 2 (from __future__ import annotations): E"),  # in none
        ("line 99: E", "line 99: E"),
        (f"line {'9' * 5000}: E", f"line {'9' * 5000}: E"),  # Python makes no number of this
        ("your answer is 3; line 11: wanted 2", "your answer is 3; line 11: wanted 2"),
        ("", ""),
    ],
)  # fmt: skip
def test_messages_tell_of_cells(message, told):
    assert in_cells(message, CELLS) == told
    assert in_cells(message, b"x = 1\n" * 99) == message  # no notebook


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_strings_over_several_lines_keep_their_lines(tmp_path, ending):
    lines = ['s = """one', "  two", 'three"""', "t = 'four \\", "five'", "from __future__ import annotations"]
    cell = ending.join(lines)
    scope = scope_of(tmp_path, cell, "def f(x: no_such_type): return x")
    assert scope["s"] == "one\n  two\nthree" and scope["t"] == "four five" and scope["f"](3) == 3


def test_a_cell_that_fails_takes_no_name_away(tmp_path):
    scope = scope_of(tmp_path, "def error(x): return x\ne = exception = error", "1 / 0")
    assert {"error", "e", "exception"} <= set(scope)


def test_a_cell_that_cannot_be_read_is_no_small_matter(tmp_path):
    with pytest.raises(SyntaxError):
        scope_of(tmp_path, "def f(:\n  pass", "x = 1")


@pytest.mark.parametrize("magic", ["%%time", "%%timeit -n 1", "\n%%capture output", "%%time\n%%capture", "%%time\r"])
def test_what_is_timed_or_captured_counts(magic):
    lines = "\n" * f"{magic}\n".count("\n")  # below them the lines of the cell are what they were
    assert plain(f"{magic}\ndef f():\n    return 7\n") == f"{lines}def f():\n    return 7\n"
    assert plain(f"%%html\n{magic}\n<p>") == ""


@pytest.mark.parametrize(
    "cell",
    [
        "z = (7\n   % 3)",
        "z = [(7),  # :-(\n!= 3\n]",
        "z = 7 \\\n   % 3",
        "z = 7 \\\r\n   % 3",
        "z = '''\n% text\n! 'more' \\'''\n? and more\n'''",
        'z = r"""\n% it\'s\n"""',
        "z = 'one \\\n% two'",
        "z = 'one \\\r\n% two'",
        'z = {"a": "}",\n"b": 1\n% 3}',
    ],
)
def test_what_is_python_in_a_notebook_stays_as_it_is(cell):
    assert plain(cell) == cell
    assert plain(f"%matplotlib inline\n{cell}\n%who") == f"pass\n{cell}\npass"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("# it's (\n!echo it's (\nx = 1", "# it's (\npass\nx = 1"),
        ("!pip install \\\n  numpy\nx = 1", "pass\n\nx = 1"),
        ("x = 'open (\n%who", "x = 'open (\npass"),
        ("np.sum?\nf??\n?f", "pass\npass\npass"),
        ("if 1:\n    %time x = f(2)\n\n  \n    %timeit f(2)", "if 1:\n    x = f(2)\n\n  \n    pass"),
        ("%time !ls", "pass"),
        ("files = !ls *.py \\\n  -l\na, b.c=%x\nd = e == 1\nf = g  # = !", "pass\n\npass\nd = e == 1\nf = g  # = !"),
    ],
)
def test_what_only_a_notebook_knows_is_passed_over(cell, code):
    assert plain(cell) == code


@given(st.text(alphabet="%!?'\"\\()#\n a="))
def test_of_any_cell_lines_are_replaced_or_stay(text):
    def parts(text):
        return [line.strip(" ") for line in text.split("\n")]

    plain = _plain(text)
    assert set(parts(plain)) <= {*parts(text), "pass", ""} and plain.count("\n") == text.count("\n")
    assert _plain(plain) == plain


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b'{"cells": 3}', b'{"cells": [{"cell_type": "code"}]}', b"\xff", b"[[[", b"null",
     b'{"cells": [{"cell_type": "code", "source": [1]}]}'],
)  # fmt: skip
def test_what_is_no_notebook_is_rejected(tmp_path, content):
    with pytest.raises(Rejected, match="the notebook cannot be read"):
        read(Upload("ann", write(tmp_path / "ann.ipynb", content)))


@given(st.binary(max_size=300))
def test_any_bytes_as_an_archive_are_read_or_rejected(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("zip") / "ann.zip"
    for content in (data, zipped({"exercise.py": "x = 1"})[:-30] + data):
        path.write_bytes(content)
        try:
            read(Upload("ann", path))
        except Rejected:
            continue


@given(st.text(max_size=60))
def test_what_is_shown_shows_itself_and_says_all(text):
    shown = visible(text)
    assert {c for c in shown if not c.isprintable()} <= {"\n", "\t"} | SPACES
    assert visible(text.replace("\\", "")) == visible(visible(text.replace("\\", "")))


SPACES = {chr(c) for c in range(0x3001) if chr(c).isspace()} - set("\x0b\x0c\r\x1c\x1d\x1e\x1f\x85\u2028\u2029")


def test_what_acts_is_written_out():
    assert visible("a\x1b[31mb\r\0\x7f") == "a\\x1b[31mb\\r\\x00\\x7f"
    assert visible("\u202egnp.exe\u2066\u200b\ud800\ue000") == "\\u202egnp.exe\\u2066\\u200b\\ud800\\ue000"
    assert visible("one\n\ttwo é ∑ ✓ 漢") == "one\n\ttwo é ∑ ✓ 漢"
    assert visible("e" + "\u0301" * 50) == "e" + "\u0301" * 4
    assert visible("x" * 5000, 10) == "x" * 10 + " ..."

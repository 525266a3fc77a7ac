"""A folder that holds results: no points in it are lost, mixed with those of other tests, or changed without a word."""

import csv
import json
import os
from dataclasses import replace

import pytest
from small_exercise import HALF, RIGHT, STUB, TESTS

from minigen.cli import main
from minigen.grading import earlier
from minigen.grading.choice import problem
from minigen.grading.journal import Exam, Journal, file_name
from minigen.grading.scoring import Record, Scored
from minigen.grading.walls import walls

EXAM = Exam.of("07_numbers", b"tests", None, (0, 1))
walled = pytest.mark.skipif(all(problem(wall) for wall in walls()), reason="no wall stands on this machine")


def record(id, earned=3):
    return Record(id, "partial", tests=[Scored("test_a", "a", "it works", 6, earned, "passed")], key="k", stamp="wall")


def book(out, rows, **facts):
    grades = [{"id": id, "status": status} for id, status in rows.items()]
    (out / "grades.json").write_text(json.dumps({"assignment": "07_numbers", "grades": grades, **facts}))


@pytest.fixture
def out(tmp_path):
    journal = Journal(tmp_path / "journal.jsonl")
    for id in ("ann", "BOB", "cleo"):
        journal.add(record(id), EXAM)
    return tmp_path


def ids(records):
    return [record.id for record in records]


def test_whose_upload_is_not_given_keeps_the_points(out):
    before = earlier.look(out)
    assert ids(before.kept(EXAM, ["bob"], [], [])) == ["ann", "cleo"]
    assert ids(before.kept(EXAM, ["ANN"], [], ["Cleo", "bob"])) == ["bob", "Cleo"]  # as the roster has them
    assert before.kept(EXAM, ["bob"], [], [])[0] == record("ann")
    assert before.kept(EXAM, ["ann", "bob", "cleo", "dan"], [], []) == []
    assert before.done(["bob", "dan"]) == {"bob": record("bob")}


def test_the_last_line_counts_whatever_its_case(out):
    Journal(out / "journal.jsonl").add(record("bob", 6), EXAM)
    (kept,) = earlier.look(out).kept(EXAM, ["ann", "cleo"], [], [])
    assert (kept.id, kept.earned) == ("bob", 6)


@pytest.mark.parametrize("force", [False, True])
def test_another_exercise_is_refused(out, force):
    with pytest.raises(LookupError, match="holds results of 07_numbers, and this is 02_other: choose another -o"):
        earlier.look(out).admit(replace(EXAM, assignment="02_other"), force)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"tests": b"others"}, "test_exercise.py is not the one"),
        ({"hidden": b"more"}, r"hidden tests \(--hidden\) is not"),
        ({"seeds": (0, 2)}, "the secret is not"),
        ({"tests": b"others", "hidden": b""}, r"test_exercise.py and the file of hidden tests \(--hidden\) are not"),
    ],
)
def test_other_tests_are_for_the_whole_class_and_said_to_be(out, changes, says):
    exam = Exam.of(**{"assignment": "07_numbers", "tests": b"tests", "hidden": None, "seeds": (0, 1), **changes})
    before = earlier.look(out)
    before.admit(EXAM, force=False)
    with pytest.raises(LookupError, match=f"{says}.* from: --force"):
        before.admit(exam, force=False)
    before.admit(exam, force=True)
    assert before.kept(exam, ["ann", "bob", "cleo"], [], []) == []
    with pytest.raises(LookupError, match="the points of ann, cleo are from other tests"):
        before.kept(exam, ["bob"], [], [])


def test_a_forced_run_that_was_stopped_goes_on(out):
    """Some are graded with new tests, some are not yet: those must be given."""
    exam = replace(EXAM, tests="others")
    Journal(out / "journal.jsonl").add(record("ann", 6), exam)
    before = earlier.look(out)
    before.admit(exam, force=False)
    assert ids(before.kept(exam, ["bob", "cleo"], [], [])) == ["ann"]
    with pytest.raises(LookupError, match="the points of BOB, cleo are from other tests"):
        before.kept(exam, ["ann"], [], [])
    with pytest.raises(LookupError, match=r"test_exercise\.py is not the one"):
        before.admit(EXAM, force=False)


def test_what_is_forgotten_is_gone_until_it_is_graded_again(out):
    journal = Journal(out / "journal.jsonl")
    book(out, {"ann": "partial", "BOB": "partial", "cleo": "partial"})
    assert ids(earlier.look(out).kept(EXAM, ["ann"], ["bob"], [])) == ["cleo"]
    journal.forget("bob")
    before = earlier.look(out)  # though the gradebook was not written any more
    assert ids(before.kept(EXAM, ["ann"], [], [])) == ["cleo"] and before.done(["bob"]) == {}
    assert before.forgettable("Bob") and not before.forgettable("dan")
    journal.add(record("bob"), EXAM)
    assert set(ids(earlier.look(out).kept(EXAM, ["ann"], [], []))) == {"cleo", "bob"}


def test_points_that_only_the_gradebook_has_are_not_lost(out):
    book(out, {"ann": "ok", "dan": "ok", "eve": "missing"})
    before = earlier.look(out)
    with pytest.raises(LookupError, match=r"grades\.json has points of dan, and the journal does not"):
        before.kept(EXAM, ["ann"], [], [])
    assert ids(before.kept(EXAM, ["ann", "Dan"], [], [])) == ids(before.kept(EXAM, ["ann"], ["dan"], []))
    (out / "journal.jsonl").unlink()
    before = earlier.look(out)
    assert before.exists
    with pytest.raises(LookupError, match="holds results of 07_numbers"):
        before.admit(replace(EXAM, assignment="02_other"), force=True)
    with pytest.raises(LookupError, match="points of dan"):
        before.kept(EXAM, ["ann"], [], [])


def test_journals_that_do_not_say_what_they_are_of_are_graded_anew(tmp_path):
    (tmp_path / "journal.jsonl").write_text(record("ann").to_json() + "\n" + record("bob").to_json() + "\n[1]\n7\n{}\n")
    book(tmp_path, {"ann": "partial"})
    before = earlier.look(tmp_path)
    assert set(before.rows) == {"ann", "bob"} and before.assignment == "07_numbers"
    with pytest.raises(LookupError, match="does not say which tests"):
        before.admit(EXAM, force=False)
    with pytest.raises(LookupError, match="the points of bob are from other tests"):
        before.kept(EXAM, ["ann"], [], [])


STRANGE = "", "[]", "{", '{"grades": 3}', '{"grades": [{"id": 3}]}', '{"roster": []}', "\udcff"


@pytest.mark.parametrize("text", STRANGE)
def test_a_gradebook_of_another_make_is_left_alone(out, text):
    (out / "grades.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(LookupError, match=r"grades\.json is no gradebook that minigen wrote"):
        earlier.look(out)


def pages(out, *names):
    for name in names:
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text("x")


def there(out):
    return sorted(path.relative_to(out).as_posix() for path in out.glob("*/*"))


def test_pages_are_removed_that_are_ours_and_nobodys(out):
    long = "a" * 300
    book(out, {"dan": "missing", "../evil": "missing"})
    (out / "evil.html").touch()
    ours = [f"feedback/{id}.{kind}" for id in ("ann", "BOB", "dan") for kind in ("md", "html")]
    others = ["feedback/eve.html", "feedback/ann.txt", "feedback/ann.html.bak", f"feedback/{file_name(long)}.md"]
    pages(out, *ours, "gradescope/BOB.json", *others)
    os.symlink(out / "journal.jsonl", out / "feedback" / "cleo.html")
    assert earlier.look(out).remove_pages(["ann"]) == (["BOB", "dan"], [])
    assert there(out) == sorted(["feedback/ann.md", "feedback/ann.html", "feedback/cleo.html", *others])
    assert (out / "evil.html").exists() and (out / "journal.jsonl").exists()


def test_a_page_is_not_removed_for_the_case_of_its_name(out):
    pages(out, "feedback/BOB.html", "feedback/BOB.md", "feedback/bob.md")
    os.link(out / "feedback" / "BOB.html", out / "feedback" / "bob.html")  # one file, as where case is nothing
    assert earlier.look(out).remove_pages(["bob"]) == (["BOB"], [])
    assert there(out) == ["feedback/BOB.html", "feedback/bob.html", "feedback/bob.md"]


@pytest.fixture
def course(tmp_path, monkeypatch):
    for name, tests in (("07_numbers", TESTS), ("02_other", TESTS)):
        folder = tmp_path / "exercises" / name
        folder.mkdir(parents=True)
        (folder / "test_exercise.py").write_text(tests)
        (folder / "exercise.py").write_text(STUB)
    (tmp_path / "in").mkdir()
    (tmp_path / "one").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def grade(place, *more, exercise="7"):
    return main(["grade", place, "-a", exercise, "-o", "graded", "--jobs", "2", *more])


def table(course):
    with open(course / "graded" / "grades.csv", newline="", encoding="utf-8") as file:
        return {row["id"]: (row["name"], row["points"], row["status"]) for row in csv.DictReader(file)}


def journal(course):
    return [json.loads(line)["id"] for line in (course / "graded" / "journal.jsonl").read_text().splitlines()]


def files(course):
    return {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}


@walled
def test_one_student_is_graded_again_and_all_others_stay(course, capsys):
    for id, text in (("ann", HALF), ("BOB", STUB)):
        (course / "in" / f"{id}.py").write_text(text)
    (course / "in" / "roster.csv").write_text("id,name\nann,Ann Archer\nBOB,Bob Baker\ndan,Dan Dyer\n")
    assert grade("in") == 0
    before = {"ann": ("Ann Archer", "3", "partial"), "BOB": ("Bob Baker", "0", "partial"),
              "dan": ("Dan Dyer", "0", "missing")}  # fmt: skip
    assert table(course) == before
    seen = files(course)
    for arguments in (["--resume"], ["--force"], []):  # a slip of the finger is refused, with nothing changed
        assert grade("in", *arguments, exercise="2") == 2
        assert "graded holds results of 07_numbers, and this is 02_other" in capsys.readouterr().err
    for arguments, says in (
        (["--again", "eve"], "--again: there is no upload of eve"),
        (["--forget", "ann"], "--forget: there is an upload of ann: take it away first"),
        (["--forget", "eve"], "--forget: graded has no points of eve"),
        (["--resume", "--hidden", "exercises/02_other/test_exercise.py"], "hidden tests (--hidden) is not the one"),
    ):
        assert grade("in", *arguments) == 2
        assert says in capsys.readouterr().err
    assert files(course) == seen

    (course / "one" / "bob.py").write_text(RIGHT)
    capsys.readouterr()
    assert grade("one/bob.py", "--resume") == 0
    said = capsys.readouterr()
    assert table(course) == {**before, "BOB": ("Bob Baker", "6", "ok")} and journal(course)[2:] == ["BOB"]
    assert "kept 1 row of before, whose upload is not in one/bob.py: ann (--forget ID removes one)\n" in said.out
    assert "other points than before: BOB 0 -> 6\n" in said.out and "1 submission, behind" in said.out
    assert "3 submissions: " in said.out and "mean 3.00 of 6 points over the roster's 3 people" in said.out
    assert "roster: the one of the last run, 3 people" in said.err

    assert grade("one", "--resume", "--again", "Bob") == 0  # though nothing has changed
    assert journal(course)[2:] == ["BOB", "BOB"] and table(course)["BOB"][1] == "6"
    assert grade("one", "--resume") == 0 and grade("one", "--force") == 0
    assert journal(course)[2:] == ["BOB"] * 3 and table(course)["ann"] == before["ann"]

    (course / "in" / "roster.csv").unlink()
    (course / "one" / "roster.csv").write_text("id,name\nBOB,Bob Baker\n")
    capsys.readouterr()
    assert grade("one", "--forget", "ann") == 0
    assert table(course) == {"BOB": ("Bob Baker", "6", "ok")}
    assert "removed the feedback of before that is nobody's now: ann, dan" in capsys.readouterr().out
    assert there(course / "graded") == ["feedback/BOB.html", "feedback/BOB.md", "gradescope/BOB.json"]
    assert grade("one", "--resume") == 0 and set(table(course)) == {"BOB"}


@walled
@pytest.mark.slow
def test_limits_are_remembered_those_of_all_and_those_of_one(course, capsys):
    def used():
        book = json.loads((course / "graded" / "grades.json").read_text())
        return {row["id"]: row["limits"].get("cpu") for row in book["grades"]}

    for id in ("ann", "bob", "cleo"):
        (course / "in" / f"{id}.py").write_text(HALF)
    assert grade("in", "--cpu", "3") == 0 and used() == {"ann": 3, "bob": 3, "cleo": 3}
    assert "other limits" not in capsys.readouterr().out
    assert grade("in", "--resume") == 0 and len(journal(course)) == 3  # nothing again, with 10 s
    assert "limits: those of the last run, 3 s of computing and 1024 MiB; --cpu and" in capsys.readouterr().err
    assert grade("in", "--again", "ANN", "--cpu", "7") == 0 and used() == {"ann": 7, "bob": 3, "cleo": 3}
    said = "with other limits than 3 s of computing and 1024 MiB: ann (7 s of computing and 1024 MiB)\n"
    assert journal(course)[3:] == ["ann"] and said in capsys.readouterr().out
    (course / "one" / "bob.py").write_text(HALF)
    assert grade("one/bob.py", "--resume", "--cpu", "8") == 0  # one of many
    assert journal(course)[4:] == ["bob"] and used() == {"ann": 7, "bob": 8, "cleo": 3}
    for arguments in (["--resume"], ["--resume", "--cpu", "3"]):
        assert grade("in", *arguments) == 0
        assert len(journal(course)) == 5 and used() == {"ann": 7, "bob": 8, "cleo": 3}
    (course / "in" / "ann.py").write_text("")  # other files: hers still, and those of all for who is new
    (course / "in" / "dan.py").write_text(HALF)
    assert grade("in", "--resume") == 0 and used() == {"ann": 7, "bob": 8, "cleo": 3, "dan": 3}
    (course / "in" / "ann.py").write_bytes(b"x" * (3 << 20))  # rejected, and mended later
    assert grade("in", "--resume") == 0 and used() == {"ann": None, "bob": 8, "cleo": 3, "dan": 3}
    (course / "in" / "ann.py").write_text(HALF)
    assert grade("in", "--resume", "--cpu", "4") == 0 and used() == {"ann": 7, "bob": 8, "cleo": 4, "dan": 4}
    assert grade("in", "--again", "bob", "--cpu", "4") == 0 and used() == {"ann": 7, "bob": 4, "cleo": 4, "dan": 4}
    assert grade("in", "--resume", "--cpu", "5") == 0 and used() == {"ann": 7, "bob": 5, "cleo": 5, "dan": 5}
    assert grade("in", "--force") == 0 and used() == {"ann": 7, "bob": 5, "cleo": 5, "dan": 5}
    assert grade("in", "--force", "--again", "ann", "--cpu", "6") == 0
    (course / "in" / "eve.py").write_bytes(b"x" * (3 << 20))  # rejected: the last line says no limits
    assert grade("in", "--resume") == 0
    capsys.readouterr()
    (course / "in" / "dan.py").write_text(STUB)
    assert grade("in", "--resume", "--memory", "900") == 0
    assert used() == {"ann": 6, "bob": 6, "cleo": 6, "dan": 6, "eve": None}
    assert "limits" not in capsys.readouterr().out


@walled
def test_a_row_whose_file_is_gone_is_said(course, capsys):
    for id in ("ann", "bob"):
        (course / "in" / f"{id}.py").write_text(STUB)
    assert grade("in") == 0
    (course / "in" / "ann.py").rename(course / "in" / "anne.py")
    capsys.readouterr()
    assert grade("in", "--resume") == 0 and set(table(course)) == {"ann", "anne", "bob"}
    said = capsys.readouterr().out
    assert "kept 1 row of before, whose upload is not in in: ann (--forget ID removes one)\n" in said
    assert grade("in", "--forget", "ann") == 0 and set(table(course)) == {"anne", "bob"}
    assert "kept" not in capsys.readouterr().out


@walled
def test_two_uploads_for_one_id_are_one_row_and_one_page(course, capsys):
    (course / "in" / "Finn.ipynb").write_text("{}")
    (course / "in" / "bob.py").mkdir()
    assert grade("in") == 0 and set(table(course)) == {"Finn", "bob.py"}
    (course / "in" / "finn.py").write_text(RIGHT)
    (course / "in" / "not an id.py").write_text(RIGHT)
    (course / "in" / "roster.csv").write_text("id,name\nfinn,Finn Fisher\n")
    capsys.readouterr()
    assert grade("in", "--resume") == 0
    finn, *others = table(course).items()
    assert finn == ("finn", ("Finn Fisher", "0", "rejected_upload")) and len(others) == 2
    with open(course / "graded" / "grades.csv", newline="") as file:
        message = next(csv.DictReader(file))["message"]
    assert "2 uploads for this id, and one is expected: Finn.ipynb, finn.py" in message
    said = capsys.readouterr()
    assert "3 submissions: 3 rejected_upload; mean 0.00 of 6 points over the roster's 1 person" in said.out
    assert "removed the feedback of before that is nobody's now: Finn\n" in said.out
    assert "not looked at" not in said.err  # both are named in the gradebook
    assert {name.split("/")[1].split(".")[0] for name in there(course / "graded")} == {"finn", "bob", others[1][0]}
    assert "Finn Fisher" in (course / "graded" / "feedback" / "finn.html").read_text()


@pytest.mark.parametrize("out", ["in/graded", "in", "in/deep/graded", "link/graded"])
def test_results_do_not_go_among_the_submissions(course, capsys, out):
    (course / "in" / "ann.py").write_text(RIGHT)
    os.symlink(course / "in", course / "link")
    seen = files(course)
    assert main(["grade", "in", "-a", "7", "-o", out]) == 2
    assert f"{out} is in in, so the results would be taken for a submission" in capsys.readouterr().err
    assert files(course) == seen


@walled
def test_a_roster_that_a_student_hands_in_is_not_read(course):
    (course / "one" / "exercise.py").write_text("def f(:")
    (course / "one" / "roster.csv").write_text("id,name\n" + "".join(f"s{i},Mine\n" for i in range(9)))
    assert grade("one") == 0 and set(table(course)) == {"one"}

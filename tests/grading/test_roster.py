"""The tables that people write: every row is taken as it was meant, or the line that is wrong is named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.cli import main
from minigen.grading.grade import _close
from minigen.grading.gradebook import Entry, summary
from minigen.grading.intake import Upload, find
from minigen.grading.roster import enrolled, read_overrides, read_roster
from minigen.grading.scoring import Record, Scored
from minigen.grading.walls import walls


@pytest.fixture
def table(tmp_path):
    def write(content):
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize(
    "content",
    [
        "id,name\nann,Ann Archer\nzoë,\n",
        "\ufeffID;Name\r\nann;Ann Archer\r\nzoë\r\n",
        "id\tname\nann\tAnn Archer\nzoë\t\n",
        "sep=;\nid;name\nann;Ann Archer\nzoe\u0308;\n",
        "name,id\n\"Ann Archer\",ann\n,,\n,zoë\n",
    ],
    ids=["commas", "semicolons", "tabs", "sep", "quotes"],
)  # fmt: skip
def test_tables_of_all_programs_are_read(table, content):
    assert read_roster(table(content)) == {"ann": "Ann Archer", "zoë": ""}


def test_a_comma_or_a_new_line_in_quotes_belongs_to_the_name(table):
    assert read_roster(table('id,name\nann,"Archer,\nAnn"\nbob,Bob\n')) == {"ann": "Archer,\nAnn", "bob": "Bob"}


@pytest.mark.parametrize("id", ["../evil", "a/b", "a\\b", "/etc/x", "..", ".", "dave smith", "-x", "x" * 65])
def test_an_id_that_could_be_a_path_is_refused_at_the_door(table, id):
    with pytest.raises(LookupError, match=r"line 3: .* cannot be an id: letters, digits"):
        read_roster(table(f"id,name\nann,Ann\n{id},Eve\n"))
    with pytest.raises(LookupError, match=r"line 3: .* cannot be an id: letters, digits"):
        read_overrides(table(f"id,points\nann,3\n{id},3\n"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "has no column 'id'"),
        ("id,id\nann,bob\n", "two columns 'id'"),
        ("id,name\nann,Ann\n,Nobody\n", "line 3: there is no id"),
        ("name,id\nAnn,ann\nNobody\n", "line 3: there is no id"),
        ("id,name\nann,A\nann,B\n", "line 3: ann is in line 2 already"),
        ("id,name\nann,A\nbob,B\nAnn,C\n", "line 4: Ann is in line 2 already"),
        ("id\nzoë\nzoe\u0308\n", "line 3: zoë is in line 2 already"),
        ('id,name\nann,"Ann\nbob,Bob\ncleo,Cleo\n', "line 2: a quote is opened and not closed"),
        ('sep=,\nid,name\nann,"A\nA"\nbob,"Bob\n', "line 5: a quote is opened and not closed"),
        ("id,name\nann,Archer, Ann\n", "line 2: more cells than columns"),
        ("id,name\nann," + "x" * 200_000, "line 2: field larger than field limit"),
        ("id,name\nann,A\n".encode("utf-16"), "UTF-16.*save it as CSV UTF-8"),
        ("id,name\nann,A\n".encode("utf-16-le"), "UTF-16.*save it as CSV UTF-8"),
        ("id,name\nann,Müller\n".encode("latin-1"), "line 2: this is no UTF-8"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(table, content, says):
    with pytest.raises(LookupError, match=says):
        read_roster(table(content))


@pytest.mark.parametrize("points", ["nan", "inf", "-inf", "-5", "3_0", "1e3", "5,5", "३", "9" * 400, "+3", "."])
def test_points_are_plain_numbers(table, points):
    with pytest.raises(LookupError, match=r"table\.csv, line 2: .* no number of points"):
        read_overrides(table(f'id,points\nann,"{points}"\n'))


@pytest.mark.parametrize("points", ["6,5,5", "1.000,5", ",", "6,5x", "-6,5"])
def test_where_a_semicolon_separates_one_comma_is_a_point(table, points):
    assert read_overrides(table("id;points\nann;6,5\n")) == {"ann": (6.5, "")}
    with pytest.raises(LookupError, match=r"no number of points: expected one such as 3 or 2\.5, or nothing"):
        read_overrides(table(f"id;points\nann;{points}\n"))
    with pytest.raises(LookupError, match="no number of points"):
        read_overrides(table("id\tpoints\nann\t6,5\n"))


def test_overrides_are_read_as_they_are_written(table):
    written = "id;points;note\nann;5.5;a typo, only\nzoe\u0308;0;\nbob;.5;\ncleo;12.\neve;6,5;half\nfay;;fine\ngus\n"
    assert read_overrides(table(written)) == {
        "ann": (5.5, "a typo, only"), "zoë": (0, ""), "bob": (0.5, ""), "cleo": (12, ""), "eve": (6.5, "half"),
        "fay": (None, "fine"), "gus": (None, ""),
    }  # fmt: skip
    with pytest.raises(LookupError, match="line 3: Ann is in line 2 already"):
        read_overrides(table("id,points\nann,3\nAnn,4\n"))


def uploads(*names):
    return [Upload(name, Path(f"{name}.py")) for name in names]


def ids(*names, roster):
    return [upload.id for upload in enrolled(uploads(*names), roster)]


def test_upper_and_lower_case_of_an_id_are_the_same():
    roster = {"ann": "", "Bob": "", "straße": ""}
    assert ids("Ann", "BOB", "STRASSE", roster=roster) == ["ann", "Bob", "straße"]
    assert ids("ann", "anna", "eve", roster=roster) == ["ann", "anna", "eve"]
    assert ids("Ann", roster={}) == ["Ann"]


def test_of_several_uploads_for_one_id_there_is_one_row():
    assert ids("ANN", "Ann", "ann", roster=["ann"]) == ["ann"]
    assert ids("Finn", "bob", "finn", roster=[]) == ["Finn", "bob"]


def test_one_row_names_all_uploads_for_its_id(tmp_path):
    for name in ("Finn.ipynb", "bob.py", "finn.py", "no id.py", "no id.zip"):
        (tmp_path / name).touch()
    found = enrolled(find(tmp_path), ["finn"])
    assert [upload.id for upload in found[:2]] == ["finn", "bob"] and len(found) == 3
    assert found[0].problem == "there are 2 uploads for this id, and one is expected: Finn.ipynb, finn.py"
    assert "no id.py, no id.zip" in found[2].problem and not found[1].problem


@given(st.lists(st.sampled_from(["ann", "Ann", "ANN", "bob", "Bob"]), unique=True), st.sampled_from([["ann"], ["Bob"]]))
def test_ids_differ_in_more_than_case_and_nobody_is_left_out(names, roster):
    got = ids(*names, roster=roster)
    assert [id.casefold() for id in got] == list(dict.fromkeys(name.casefold() for name in names))
    assert all((id in got) == any(name.casefold() == id.casefold() for name in names) for id in roster)


def test_what_a_person_decided_is_for_the_id_in_the_roster(table):
    path = table("id,points\nAnn,3\neve,1\n")
    assert read_overrides(path, ["ann"]) == {"ann": (3, ""), "eve": (1, "")}
    assert read_overrides(path) == {"Ann": (3, ""), "eve": (1, "")}


def test_more_points_than_there_are_is_said_by_name(tmp_path, capsys):
    tests = [Scored("test_a", "a", "it works", 6, 3, "passed")]
    entries = [Entry(Record(id, "partial", tests=tests), override=points)
               for id, points in (("ann", 6.5), ("bob", 6), ("cleo", None))]  # fmt: skip
    assert _close(tmp_path, entries, {}, {}, walls()[0]) == 0
    assert capsys.readouterr().err == "overrides.csv gives more points than there are: ann (6.5 of 6)\n"


def test_the_mean_is_over_the_people_in_the_roster():
    def entries(**points):
        return [Entry(Record(id, "partial", tests=[Scored("test_a", "a", "it works", 6, earned, "passed")]))
                for id, earned in points.items()]  # fmt: skip

    assert summary(entries(ann=6, bob=3, eve=0), ["ann", "bob"]) == (
        "3 submissions: 3 partial; mean 4.50 of 6 points over the roster's 2 people"
    )
    assert summary(entries(ann=6, bob=3, eve=0)) == "3 submissions: 3 partial; mean 3.00 of 6 points"
    assert summary(entries(ann=3), {"ann": "Ann"}) == (
        "1 submission: 1 partial; mean 3.00 of 6 points over the roster's 1 person"
    )
    assert summary([]) == "0 submissions: ; mean 0.00 of 0 points"


def test_a_roster_that_is_refused_leaves_nothing_behind(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exercises" / "07_numbers").mkdir(parents=True)
    (tmp_path / "exercises" / "07_numbers" / "test_exercise.py").write_text('"""Numbers."""\n')
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ann.py").write_text("x = 1\n")
    (tmp_path / "in" / "roster.csv").write_text("id\nann\n../evil\n")
    assert main(["grade", "in", "-a", "7", "-o", "out"]) == 2
    assert "roster.csv, line 3: '../evil' cannot be an id" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

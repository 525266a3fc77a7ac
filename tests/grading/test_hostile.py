"""Submissions that want points without solving anything: under each wall of this machine, none gets any.

Honest submissions before, between and after them get exactly their points; what they could have harmed is as it was; no
process is left.
"""

import csv
import re

import pytest
from hostile_suite import CASES, HONEST, ROSTER, expected, graded_behind, seen

from minigen.grading.choice import problem
from minigen.grading.visible import visible
from minigen.grading.walls import walls

WALLS = {wall.name: problem(wall) for wall in walls()}


@pytest.fixture(scope="module", params=WALLS)
def graded(request):
    """All cases graded in one run, with honest ones around them."""
    if WALLS[request.param]:
        pytest.skip(f"{request.param} does not stand here: {WALLS[request.param]}")
    with graded_behind(request.param) as run:
        yield run


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_hostile_submission_gets_what_it_solved(graded, case):
    record = graded.records[case.stem]
    statuses, points = expected(case)
    assert record["status"] in statuses and record["points"] == points, (record["message"], record["tests"])


@pytest.mark.slow
def test_uploads_that_are_no_plain_files_are_judged_by_what_they_are(graded):
    assert {id: seen(graded.records[id]) for id in graded.special} == graded.special
    made_up = [record for id, record in graded.records.items() if id.startswith("upload-")]
    assert [seen(record) for record in made_up] == [("rejected_upload", 0)] * 6


@pytest.mark.slow
def test_honest_submissions_around_them_get_exactly_their_points(graded):
    assert {id: seen(graded.records[id]) for id in HONEST} == HONEST


@pytest.mark.slow
def test_nothing_was_harmed_and_no_process_is_left(graded):
    assert not graded.touched and not graded.visitors and not graded.left
    assert graded.code == 0 and not any(r["status"] == "grader_error" for r in graded.records.values())


@pytest.mark.slow
def test_ids_are_the_rosters_and_strangers_are_strangers(graded):
    assert set(ROSTER) <= set(graded.records) and "CASED" not in graded.records
    assert {path.suffix for path in (graded.out / "feedback").glob("grades.csv.*")} == {".md", ".html"}
    with open(graded.out / "grades.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(graded.records)


@pytest.mark.slow
def test_the_table_for_teachers_says_the_same(graded):
    assert not graded.forged()
    assert len(graded.rows()) == len(graded.records) and all(right for *_, right in graded.rows())


@pytest.mark.slow
def test_all_results_say_which_wall_there_was_and_show_no_raw_text(graded):
    for record in graded.records.values():
        assert graded.wall in record["stamp"]
        for kind in ("md", "html"):
            page = (graded.out / "feedback" / f"{record['id']}.{kind}").read_text()
            assert graded.wall in page and page == visible(page, len(page))
    texts = {path.name: path.read_text() for path in graded.out.rglob("*") if path.is_file()}
    for name, text in texts.items():
        assert "HIDDEN-INPUT" not in text, name
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text), name
        if name.endswith((".html", ".xml")):
            assert "<script" not in text and "<img" not in text, name

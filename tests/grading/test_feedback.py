"""The page that a student gets back: what is said, and that nothing in it acts."""

import re

import pytest

from minigen.grading import feedback
from minigen.grading.gradebook import Entry
from minigen.grading.scoring import Record, Scored

ORDERS = ("<script>alert(1)</script><img src=x onerror=alert(1)> &amp; ]]> \x1b[31mred\x1b]0;owned\x07 \u202eback "
          "\u2066in \u200bnone \ud800 \x00 [a](javascript:alert(1)) `b` \"'\r\n# head\n" + "x" * 5000)  # fmt: skip
TITLE = "Exercise 07: numbers"


def scored(outcome, task="double", **more):
    earned = 2 if outcome == "passed" else 0
    return Scored("test_double", task, "twice the number", 2, earned, outcome, **more)


def test_what_was_right_and_wrong_is_said_once_and_in_its_place():
    wrong = scored("failed", hint="twice as much", message="your answer is 3; wanted 2", example="x=1")
    hidden = scored("failed", hidden=True, hint="half numbers too")
    tests = [scored("passed"), wrong, scored("todo", "total"), scored("missing", ""), hidden]
    entry = Entry(Record("ann", "partial", "", tests, "hello", stamp="bubblewrap"))
    page = feedback.html(entry, TITLE)
    text = re.sub(r"<style>.*</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    for said in ("2 of 10 points", "double: 2 of 4", "double, hidden tests: 0 of 2", "total: 0 of 2", "not yet done",
                 "further tests: 0 of 2", "it was not run", "wanted 2", "for x=1", "twice as much", "half numbers too",
                 "What your code printed", "Graded behind: bubblewrap."):  # fmt: skip
        assert " ".join(text.split()).count(said) == 1, said
    assert "style=\"width:20%\"" in page
    written = feedback.markdown(entry, TITLE)
    assert "**2 of 10 points**" in written and "## double, hidden tests: 0 of 2" in written


@pytest.mark.parametrize("points", [-3.0, 5.5, 40.0])
def test_what_a_person_decided_takes_the_place_of_the_tests(points):
    entry = Entry(Record("ann", "partial", "", [scored("failed")]), "Ann", points, "a typo <only>")
    page, written = feedback.html(entry, TITLE), feedback.markdown(entry, TITLE)
    assert f"<b>{points:g}</b> of 2 points" in page and f"**{points:g} of 2 points**" in written
    assert "the tests gave 0." in page and "the tests gave 0." in written
    assert "a typo &lt;only&gt;" in page and "    a typo <only>" in written
    assert 0 <= int(re.search(r"width:(-?\d+)%", page)[1]) <= 100


def test_nothing_that_a_submission_says_acts():
    hostile = scored("failed", ORDERS, hint=ORDERS, message=ORDERS, example=ORDERS)
    entry = Entry(Record("ann", "crashed", ORDERS, [hostile, scored("todo", ORDERS)], ORDERS), ORDERS, 1.0, ORDERS)
    page, written = feedback.html(entry, TITLE), feedback.markdown(entry, TITLE)
    for text in (page, written):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
        text.encode()
    tags = set(re.findall(r"<\s*/?\s*([a-zA-Z!][\w-]*)", page))
    assert " ".join(sorted(tags)) == "!doctype b body div h1 h2 head html li meta p pre span style title ul"
    own = [line for line in written.split("\n") if line and not line.startswith("    ")]
    assert not any(line.startswith("# head") for line in own)


def test_the_name_stands_beside_the_id_and_acts_no_more_than_that():
    record = Record("ann", "ok", "", [scored("passed")])
    page, written = (write(Entry(record, "Ann <b>\n# `Archer`"), TITLE) for write in (feedback.html, feedback.markdown))
    assert "<p class=who>ann (Ann &lt;b&gt; # `Archer`)</p>" in page
    assert "\n`ann` (`Ann <b> # 'Archer'`): **2 of 2 points**\n" in written
    page, written = (write(Entry(record), TITLE) for write in (feedback.html, feedback.markdown))
    assert "<p class=who>ann</p>" in page and "\n`ann`: **" in written


def test_a_note_needs_no_points():
    entry = Entry(Record("ann", "ok", "", [scored("passed")]), note="well <done>")
    page, written = feedback.html(entry, TITLE), feedback.markdown(entry, TITLE)
    assert "<p>A person&#x27;s remark:</p>\n<pre>well &lt;done&gt;</pre>" in page and "<b>2</b> of 2 points" in page
    assert "A person's remark:\n\n    well <done>\n" in written and "decided" not in page + written

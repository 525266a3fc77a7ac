"""Every exercise of the course, graded as an instructor does: the right answer gets all points, the stub none."""

from pathlib import Path

import pytest

from minigen.grading.choice import problem
from minigen.grading.grader import Assignment, Grader
from minigen.grading.intake import Upload
from minigen.grading.limits import Limits
from minigen.grading.walls import walls

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.parent.name for path in (ROOT / "tests" / "exercises").glob("[0-9][0-9]_*/reference.py"))
WALL = next((wall for wall in walls() if not problem(wall)), None)


@pytest.mark.slow
@pytest.mark.skipif(WALL is None, reason="no wall stands on this machine")
@pytest.mark.parametrize("name", NAMES)
def test_the_right_answer_gets_everything_and_the_stub_nothing(name):
    exercise = ROOT / "exercises" / name
    grader = Grader(Assignment(name, exercise / "test_exercise.py", None, (0, 1234)), WALL, Limits())
    answers = ROOT / "tests" / "exercises" / name
    record = grader.grade(Upload("reference", answers / "reference.py"))
    lost = [(test.name, test.message) for test in record.tests if not test.earned]
    assert (record.status, lost) == ("ok", []), record.message
    stub = grader.grade(Upload("stub", exercise / "exercise.py"))
    assert (stub.status, stub.earned) == ("partial", 0) and stub.points == record.points
    assert {test.outcome for test in stub.tests} == {"todo"}

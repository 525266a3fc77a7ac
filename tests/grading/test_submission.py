import numpy as np
import pytest

from minigen.grading import Submission, SubmissionError


@pytest.fixture
def answers(tmp_path):
    def write(text):
        path = tmp_path / "exercise.py"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Submission(path)

    return write


def test_it_calls_the_students_function(answers):
    assert answers("def add(a, *, b):\n    return a + b").add(1, b=2) == 3


def test_arguments_are_copies(answers):
    sub = answers("def spoil(x, rng):\n    x[:] = 0\n    rng.random()\n    return x")
    x, rng = np.ones(3), np.random.default_rng(0)
    assert np.all(sub.spoil(x, rng) == 0)
    assert np.all(x == 1) and rng.random() == np.random.default_rng(0).random()


def test_callables_are_called_back(answers):
    assert answers("def twice(f, x):\n    return f(f(x))").twice(lambda x: x + 1, 1) == 3


def test_the_file_is_loaded_once_and_when_first_used(answers):
    sub = answers("import itertools\ncount = itertools.count()\ndef f():\n    return next(count) + 1")
    assert (sub.f(), sub.f()) == (1, 2)


def test_dataclasses_and_their_annotations_work(answers):
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n"
        "def f():\n    return P(3).x"
    )
    assert answers(text).f() == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("def f(:\n    pass", "line 1: Python cannot read this yet"),
        ("x = 1\n  y = 2", "line 2: Python cannot read this yet: unexpected indent"),
        ("x = 1\ny = z", r"stops while it is being loaded, line 2 \(y = z\): NameError: name 'z'"),
        ("import sys\nsys.exit()", r"line 2 \(sys.exit\(\)\): SystemExit"),
        ("def g():\n    return 1", "has no function f: was it renamed"),
        ("f = 3", "f in exercise.py is no function but 3"),
        (b"x = '\xff'", "cannot read this yet"),
        (b"x = 1\0", "null bytes"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(answers, text, says):
    sub = answers(text)
    for _ in range(2):  # and says the same again
        with pytest.raises(SubmissionError, match=says):
            sub.f()


def test_a_syntax_error_points_at_its_place(answers):
    with pytest.raises(SubmissionError) as error:
        answers("def f(x):\n    y = (x\n    return y").f(1)
    lines = str(error.value).splitlines()
    assert lines[1].strip() == "y = (x" and lines[1][lines[2].index("^")] == "("


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SubmissionError, match=r"nothing\.py cannot be read"):
        Submission(tmp_path / "nothing.py").f()


def test_nothing_chosen_says_what_to_do():
    with pytest.raises(SubmissionError, match="minigen check"):
        Submission().f()


def test_none_is_a_missing_return(answers):
    with pytest.raises(AssertionError, match="f returned None"):
        answers("def f():\n    pass").f()


def test_tools_that_ask_for_attributes_load_nothing(answers):
    sub = answers("1 / 0")
    assert not hasattr(sub, "__test__") and not hasattr(sub, "pytest_anything")
    assert callable(sub.f)

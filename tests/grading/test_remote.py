"""Calls through a wall look to a test as calls in its own process do."""

import contextlib
import sys

import numpy as np
import pytest

from minigen.grading import processes
from minigen.grading.choice import problem
from minigen.grading.limits import Limits
from minigen.grading.proxy import Remote, WallError, WorkerLost
from minigen.grading.submission import AnswerError, Submission, SubmissionError
from minigen.grading.walls import NONE, walls

WALL = next((wall for wall in walls() if not problem(wall)), NONE)
LIMITS = Limits(cpu=2, wall=60, total=120)


@pytest.fixture
def remote():
    """Makes a stand-in for a file with this text."""
    with contextlib.ExitStack() as stack:

        def make(text, limits=LIMITS):
            made = Remote(WALL, limits, "exercise.py", text if isinstance(text, bytes) else text.encode())
            stack.callback(made.close)
            return made

        yield make


ANSWERS = """
import numpy as np

state = []

def same(x): return x
def twice(f, x): return f(f(x))
def spoil(x, rng):
    x[:] = 0
    return x + rng.random()
def nothing(): pass
def count():
    state.append(1)
    return len(state)
def told(x):
    print("told", x)
    return x
def named(*, a, b=2): return [a, b]
def fails(kind):
    raise {"value": ValueError, "key": KeyError, "todo": NotImplementedError, "exit": SystemExit}[kind]("x y")
def asserts(): assert 1 > 2, "one is less"
def with_error(f):
    try:
        return f()
    except ZeroDivisionError as error:
        return str(error)
def a_set(): return {1, 2}
number = 3
"""


@pytest.fixture(scope="module")
def answers():
    made = Remote(WALL, LIMITS, "exercise.py", ANSWERS.encode())
    yield Submission(None, made.call)
    made.close()


def test_values_and_state(answers):
    value = {"a": [1, 2.5, None, (True, "é")], "b": np.arange(6.0).reshape(2, 3)}
    got = answers.same(value)
    assert got["a"] == value["a"] and np.array_equal(got["b"], value["b"])
    assert (answers.count(), answers.count()) == (1, 2)
    assert answers.named(a=1) == [1, 2]


def test_arguments_are_copies(answers):
    x, rng = np.ones(3), np.random.default_rng(0)
    assert np.all(answers.spoil(x, rng) == np.random.default_rng(0).random())
    assert np.all(x == 1) and rng.random() == np.random.default_rng(0).random()


def test_functions_are_called_back_and_may_call_again(answers):
    assert answers.twice(lambda x: x + 1, 1) == 3
    assert answers.twice(lambda x: answers.twice(lambda y: 2 * y, x), 1) == 16
    assert answers.with_error(lambda: 1 / 0) == "division by zero"
    with pytest.raises(TypeError):
        answers.twice(lambda: 0, 1)


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda sub: sub.fails("value"), ValueError, "line 20 .*: ValueError: x y"),
        (lambda sub: sub.fails("key"), KeyError, "KeyError: 'x y'"),
        (lambda sub: sub.fails("todo"), NotImplementedError, "x y"),
        (lambda sub: sub.fails("exit"), AnswerError, "SystemExit"),
        (lambda sub: sub.asserts(), AssertionError, "^one is less$"),
        (lambda sub: sub.nothing(), AssertionError, "nothing returned None"),
        (lambda sub: sub.a_set(), AssertionError, "a_set should return numbers, arrays or lists, not .* set"),
        (lambda sub: sub.unknown(), SubmissionError, "has no function unknown: was it renamed"),
        (lambda sub: sub.number(), SubmissionError, "number in exercise.py is no function"),
        (lambda sub: sub.same(), TypeError, "same"),
    ],
)
def test_errors_come_as_what_they_are(answers, call, error, says):
    with pytest.raises(error, match=says):
        call(answers)


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        ("def f(:\n    pass", "syntax_error", r"exercise.py, line 1: Python cannot read this yet"),
        (b"x = 1\0", "syntax_error", "null bytes"),
        (b"x = '\xff'", "syntax_error", "cannot read this yet"),
        ("x = " + "-" * 100_000 + "1", "syntax_error", "exercise.py"),
        ("x = 1\ny = z", "crashed", r"while it is being loaded, line 2 \(y = z\): NameError: name 'z'"),
        ("import no_such_thing", "crashed", "can use NumPy and Python's standard library"),
    ],
)
def test_a_file_that_does_not_load_says_why(remote, text, status, says):
    made = remote(text)
    for _ in range(2):
        with pytest.raises(SubmissionError, match=says):
            made.call("f", (), {})
    assert set(made.statuses) == {status}


def test_a_dead_worker_is_replaced_and_ends_only_its_test(remote):
    made = remote("import os\ncalls = []\ndef die(): os._exit(0)\ndef f():\n    calls.append(1)\n    return len(calls)")
    assert (made.call("f", (), {}), made.call("f", (), {})) == (1, 2)
    with pytest.raises(WorkerLost, match="ended Python") as lost:
        made.call("die", (), {})
    assert not isinstance(lost.value, Exception)  # hypothesis would try again
    made.start_test()
    assert made.call("f", (), {}) == 1
    assert made.statuses == ["crashed"] and not made.late


def test_time_is_counted_in_seconds_of_computing(remote):
    made = remote("def f():\n    while True: pass\ndef g():\n    return 1", Limits(0.3, 60, 60))
    with pytest.raises(WorkerLost, match=r"did not finish in 0.3 s: an endless loop\?"):
        made.call("f", (), {})
    assert made.statuses == ["timeout"] and not made.late
    made.start_test()
    assert made.call("g", (), {}) == 1


def test_waiting_is_not_computing(remote):
    made = remote("import time\ndef f():\n    time.sleep(60)", Limits(0.3, 0.6, 60))
    with pytest.raises(WorkerLost, match="does it wait for") as lost:
        made.call("f", (), {})
    assert made.late and lost.value.kind == "timeout"


def test_calls_that_are_quick_one_by_one_share_the_time_of_their_test(remote):
    made = remote("import time\ndef f():\n    t = time.process_time()\n    while time.process_time() < t + 0.1: pass\n"
                  "    return 1", Limits(0.4, 60, 60))  # fmt: skip
    with pytest.raises(WorkerLost):
        for _ in range(20):
            made.call("f", (), {})
    for _ in range(4):
        made.start_test()
        assert made.call("f", (), {}) == 1


def test_a_submission_has_so_much_time_in_all(remote):
    made = remote("import time\ndef f():\n    time.sleep(0.2)\n    return 1", Limits(0.5, 0.5, 1.5))
    with pytest.raises(WorkerLost, match=r"no time is left|did not finish"):
        for _ in range(20):
            made.start_test()
            made.call("f", (), {})
    assert made.late


def test_what_is_printed_is_kept_up_to_a_limit_and_disturbs_nothing(remote):
    made = remote("print('at the top')\ndef f(n):\n    print('y' * n)\n    return n", Limits(5, 60, 120, output=100))
    assert made.call("f", (1_000_000,), {}) == 1_000_000
    made.close()
    assert made.printed().startswith("at the top\nyyy") and len(made.printed()) == 100


def test_a_test_that_sends_what_is_no_data_is_the_graders_fault(remote):
    made = remote("def f(x):\n    return x")
    with pytest.raises(WallError, match="a test calls a function with an object of type object"):
        made.call("f", (object(),), {})
    assert made.faults and not made.statuses


def test_what_a_callback_raises_is_the_students_to_read_and_no_fault_of_the_graders(remote):
    made = remote("def f(g, x):\n    try:\n        return g(x)\n    except (ValueError, RuntimeError) as error:\n"
                  "        return str(error)")  # fmt: skip

    def complain(x):
        raise ValueError("not \ud800" + x)

    assert made.call("f", (complain, "this"), {}) == "not \\ud800this"
    assert made.call("f", (lambda x: object(), "this"), {}) == "an object of type object"
    assert not made.faults and not made.statuses


LONG = """
import numpy as np, os, struct
def texts(): return ["a" * 2**20] + ["a"] * 900
def empty(): return np.zeros((2**24, 0))
def forged(number, *shape):
    head = b"a" + bytes([11, len(shape)]) + struct.pack(f"<{len(shape)}Q", *shape)
    call = b"s" + struct.pack("<I", 5) + b"value" + b"i" + struct.pack("<IB", 1, number)
    frame = b"l" + struct.pack("<I", 3) + call + head
    for descriptor in range(3, 64):
        try:
            os.write(descriptor, struct.pack("<Q", len(frame)) + frame)
        except OSError:
            pass
    while True: pass
"""


def test_answers_of_little_data_that_take_much_to_look_at_are_refused(remote):
    made = remote(LONG)
    with pytest.raises(AssertionError, match=r"empty should return numbers.* not an empty array with an axis of more"):
        made.call("empty", (), {})
    assert not made.statuses
    with pytest.raises(WorkerLost, match="too long a text"):
        made.call("texts", (), {})
    for i, shape in enumerate([(2**24, 0), (2**24, 2**24, 2**24, 0), (2**24,) * 15 + (0,)]):
        made.start_test()
        with pytest.raises(WorkerLost, match="what came back cannot be read"):
            made.call("forged", (i + 2, *shape), {})
    assert set(made.statuses) == {"protocol_error"} and not made.faults


def test_an_empty_file_has_no_functions(remote):
    with pytest.raises(SubmissionError, match="has no function f"):
        remote(b"").call("f", (), {})


def test_a_function_of_an_earlier_call_cannot_be_called(remote):
    made = remote("kept = []\ndef f(g):\n    kept.append(g)\n    return g(1)\ndef h():\n    return kept[0](2)")
    assert made.call("f", (lambda x: x,), {}) == 1
    with pytest.raises(RuntimeError, match="earlier call"):
        made.call("h", (), {})


def test_the_worker_has_an_environment_of_its_own_and_nothing_of_the_grader(remote):
    made = remote(
        "import os, sys\ndef env(): return sorted(os.environ)\ndef path(): return sys.path\n"
        "def modules(): return sorted(sys.modules)\ndef hashed(): return hash('text')"
    )
    allowed = {"PYTHONHASHSEED", "PYTHONUTF8", "PWD", "LC_CTYPE"}
    assert all(name in allowed or name.endswith("_NUM_THREADS") for name in made.call("env", (), {}))
    assert not any("site-packages" in path or "minigen" in path for path in made.call("path", (), {}))
    modules = made.call("modules", (), {})
    assert not any(name.partition(".")[0] in ("minigen", "inside", "pytest", "hypothesis") for name in modules)
    first = made.call("hashed", (), {})
    made.close()
    assert made.call("hashed", (), {}) == first


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_closing_ends_the_process(remote):
    made = remote("def f():\n    return 1")
    made.call("f", (), {})
    pid = made._worker._process.pid
    assert processes.family(pid)
    made.close()
    assert not processes.family(pid)


def test_limits_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="0 < cpu <= wall <= total"):
        Limits(cpu=0)

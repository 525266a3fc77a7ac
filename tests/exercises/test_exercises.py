"""The graders are graded: the stub earns 0, right answers everything, and a wrong answer meets the hint that names it.

What there is for each exercise, answers.py says; mutants are in test_mutants.py.
"""

import functools

import pytest
from answers import (
    EXERCISES,
    HERE,
    NAMES,
    Job,
    functions,
    own_tests,
    patched,
    public_tests,
    rights,
    run,
    wrong_answer,
    wrongs,
)

from minigen.grading.runner import Result

SEEDS = (0, 1, 2)


@functools.cache
def outcomes(exercise: str) -> dict[str, dict[str, Result]]:
    """Every answer's results, by test: all answers of an exercise run in one process."""
    folder, stub, every = HERE / exercise, EXERCISES / exercise / "exercise.py", [str(public_tests(exercise))]
    jobs = {"stub": Job(every, stub)}
    for name in rights(exercise):
        jobs.update({f"{name} {seed}": Job(every, folder / f"{name}.py", seed) for seed in SEEDS})
    for i, (function, *_) in enumerate(wrongs(exercise)):
        own = [f"{public_tests(exercise)}::{name}" for name in own_tests(exercise, function)]
        jobs[f"wrong {i}"] = Job(own, wrong_answer(exercise, i))
    for function in functions(exercise):
        jobs[f"only {function}"] = Job(every, patched(stub, function, folder / "reference.py", function))
    return run(jobs)


def explained(results: dict[str, Result]) -> str:
    return "\n".join(f"{r.name}: {r.outcome} {r.message} {r.example}" for r in results.values() if not r.earned)


@pytest.mark.parametrize("exercise", NAMES)
def test_the_untouched_stub_earns_nothing(exercise):
    results = outcomes(exercise)["stub"].values()
    assert results and {r.outcome for r in results} == {"todo"}


@pytest.mark.parametrize("exercise", NAMES)
def test_every_test_belongs_to_a_function_and_has_a_title_and_a_hint(exercise):
    results = outcomes(exercise)["stub"].values()
    assert {r.task for r in results} == set(functions(exercise))
    assert all(r.hint and r.title and r.points >= 1 for r in results)
    titles = [(r.task, r.title) for r in results]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("exercise", "answer"), [(e, a) for e in NAMES for a in rights(e)])
def test_a_right_answer_earns_everything(exercise, answer, seed):
    results = outcomes(exercise)[f"{answer} {seed}"]
    assert all(r.outcome == "passed" for r in results.values()), explained(results)


@pytest.mark.parametrize(
    ("exercise", "i"),
    [pytest.param(e, i, id=f"{e[:2]}-{w[1].__name__}") for e in NAMES for i, w in enumerate(wrongs(e))],
)
def test_a_wrong_answer_loses_points_with_the_hint_that_names_its_error(exercise, i):
    function, _, test, fragment, _ = wrongs(exercise)[i]
    results = outcomes(exercise)[f"wrong {i}"]
    assert results[test].outcome == "failed" and results[test].task == function
    assert fragment in results[test].hint
    first = next(r for r in results.values() if not r.earned)
    assert first.name == test, f"a student would read the hint of {first.name} first: {first.hint}"


@pytest.mark.parametrize(("exercise", "function"), [(e, f) for e in NAMES for f in functions(e)])
def test_solving_one_function_earns_exactly_its_points(exercise, function):
    results = outcomes(exercise)[f"only {function}"].values()
    assert {r.name for r in results if r.earned} == {r.name for r in results if r.task == function}


@pytest.mark.parametrize("exercise", NAMES)
def test_there_are_enough_answers_to_hold_the_grader_to(exercise):
    assert len(rights(exercise)) >= 4 and len(wrongs(exercise)) >= 8

"""The mutants are real mistakes, and the exercises' tests notice a sample of them; `make grading-report` takes all."""

import json
import random

import pytest
from answers import HERE, NAMES, deaths, equivalents, mutants_of, process, public_tests, wrong_answer, wrongs
from measure import Part
from reference_mutants import mutants

SAMPLE = 12

TOY = '''
import numpy as np


def clipped_mean(x, low, high):
    """The mean of x, clipped."""
    total = 0.0
    for value in x:
        if value > high:
            value = high
        total += max(value, low)
    return total / len(x)


def norms(x):
    return np.sqrt(np.sum(x**2, axis=1))
'''


def value(source, *arguments):
    """clipped_mean of the toy with these arguments; the name of the error, if there is one."""
    space = {}
    exec(source, space)
    try:
        return space["clipped_mean"](*arguments)
    except Exception as error:
        return type(error).__name__


def test_mutants_are_different_programs_that_compile_and_always_the_same_ones():
    found = mutants(TOY)
    assert found == mutants(TOY)
    assert len({m.source for m in found}) == len({m.name for m in found}) == len(found) > 25
    for mutant in found:
        compile(mutant.source, mutant.name, "exec")


@pytest.mark.parametrize(
    "change",
    [
        "7: total = 0.0 -> total = 0.01",
        "8: for value in x: -> for value in list(x)[1:]:",
        "9: if value > high: -> if value >= high:",
        "9: if value > high: -> if True:",
        "10: value = high -> pass",
        "11: total += max(value, low) -> pass",
        "11: total += max(value, low) -> total = max(value, low)",
        "11: total += max(value, low) -> total += min(value, low)",
        "12: return total / len(x) -> return total * len(x)",
        "12: return total / len(x) -> return len(x) / total",
        "12: return total / len(x) -> return -(total / len(x))",
        "12: return total / len(x) -> return x",
        "16: return np.sqrt(np.sum(x ** 2, axis=1)) -> return np.sqrt(np.sum(x ** 2, axis=0))",
        "16: return np.sqrt(np.sum(x ** 2, axis=1)) -> return np.sqrt(np.sum(x ** 2))",
        "16: return np.sqrt(np.sum(x ** 2, axis=1)) -> return np.sqrt(np.mean(x ** 2, axis=1))",
        "16: return np.sqrt(np.sum(x ** 2, axis=1)) -> return np.sqrt(np.sum(x ** 3, axis=1))",
        "16: return np.sqrt(np.sum(x ** 2, axis=1)) -> return np.sum(x ** 2, axis=1)",
    ],
)
def test_every_kind_of_mistake_is_made(change):
    assert change in {m.change for m in mutants(TOY)}, sorted(m.change for m in mutants(TOY))


def test_a_weak_grader_has_survivors_and_a_strong_one_has_none_but_equivalents():
    toy = [m for m in mutants(TOY) if m.function == "clipped_mean"]
    weak = [([1.0], 0.0, 2.0)]
    strong = [([0.5, -3.0, 9.0, 2.0], -1.0, 4.0), ([4.0], -1.0, 4.0), ([-9.0, 1.0], -2.0, 3.0)]
    alive = {
        name: [m.change for m in toy if all(value(m.source, *case) == value(TOY, *case) for case in cases)]
        for name, cases in (("weak", weak), ("strong", strong))
    }
    assert len(alive["weak"]) >= 5
    assert alive["strong"] == ["9: if value > high: -> if value >= high:"]


@pytest.mark.parametrize("exercise", NAMES)
def test_mutants_that_are_called_equivalent_exist_and_are_few(exercise):
    assert set(equivalents(exercise)) <= set(mutants_of(exercise))
    assert all(len(reason.split()) >= 3 for reason in equivalents(exercise).values())
    assert len(equivalents(exercise)) <= 0.15 * len(mutants_of(exercise))


@pytest.mark.parametrize("exercise", NAMES)
def test_a_sample_of_mutants_loses_points(exercise):
    wrong = sorted(set(mutants_of(exercise)) - set(equivalents(exercise)))
    chosen = random.Random(exercise).sample(wrong, SAMPLE)
    assert [name for name, test in deaths(exercise, chosen).items() if not test] == []


def test_equivalent_mutants_survive():
    """What a grader that killed everything would not show."""
    exercise = "11_diffusion_the_chain_and_the_score"
    assert not any(deaths(exercise, list(equivalents(exercise))).values())


def test_right_answers_are_told_from_wrong_ones_over_seeds(tmp_path):
    """The count of false rejections could not be anything but 0 if nothing were ever rejected."""
    exercise = "03_optimal_transport"
    _, _, test, *_ = wrongs(exercise)[0]
    reference, bad = HERE / exercise / "reference.py", tmp_path / "bad.py"
    bad.write_text(wrong_answer(exercise, 0))
    results = tmp_path / "results.json"
    job = {"tests": str(public_tests(exercise)), "answers": [str(reference), str(bad)], "seeds": [5, 7], "wall": "",
           "results": str(results)}  # fmt: skip
    lines = []
    process("rejections.py", job, lambda: lines.append(1))
    found = json.loads(results.read_text())
    assert list(found["rejected"]["in process"]) == ["bad"] and found["seeds"] == len(lines) == 2
    rejected = found["rejected"]["in process"]["bad"]
    assert [seed for seed, _ in rejected] == [5, 6] and rejected[0][1].startswith(test)
    assert found["inputs"] > 2 * 200


def test_a_part_of_the_report_is_kept_until_a_file_that_it_depends_on_changes(tmp_path, monkeypatch):
    monkeypatch.setattr("measure.KEPT", tmp_path / "kept")
    file, made = tmp_path / "file.py", []
    file.write_text("1")

    def part(*facts):
        return Part("x", 1, lambda seen: made.append(1) or {"n": len(made)}, [file], *facts)

    assert part().kept() is None
    part().measure(lambda: None)
    assert part().kept() == {"n": 1} and part("other facts").kept() is None
    file.write_text("2")
    assert part().kept() is None

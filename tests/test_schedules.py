"""Learning-rate schedules: their ends, and what they refuse."""

import math
from itertools import pairwise

import pytest

from minigen.schedules import cosine_decay


@pytest.mark.parametrize("last", [0.0, 0.1, 1.0])
def test_cosine_decay_falls_from_1_to_its_last_value_and_stays(last):
    rate = cosine_decay(10, last)
    values = [rate(step) for step in range(13)]
    assert values[0] == 1 and values[5] == pytest.approx((1 + last) / 2) and values[10:] == [pytest.approx(last)] * 3
    assert all(a >= b for a, b in pairwise(values))


@pytest.mark.parametrize(
    ("arguments", "name"), [((0,), "steps"), ((math.nan,), "steps"), ((9, -0.1), "last"), ((9, math.nan), "last")]
)
def test_what_is_no_schedule_is_refused(arguments, name):
    with pytest.raises(ValueError, match=f"^{name} is "):
        cosine_decay(*arguments)

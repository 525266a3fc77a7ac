import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen.grading import assert_close, hint, points


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "2"])
def test_points_are_whole_and_positive(n):
    with pytest.raises(ValueError, match="whole number"):
        points(n)


@pytest.mark.parametrize("text", ["", "  ", None])
def test_a_hint_says_something(text):
    with pytest.raises(ValueError, match="names the likely mistake"):
        hint(text)


def test_points_and_hint_go_above_and_below_given():
    @points(2)
    @given(st.none())
    @hint("a  long\n hint")
    def test(x):
        pass

    assert (test.points, test.hint) == (2, "a long hint")


def test_close_takes_lists_and_zero_dimensional_arrays():
    assert_close([1, 2], np.array([1.0, 2.0]))
    assert_close(np.array(1.0), 1.0)
    assert_close(np.float32(0.1), 0.1)
    assert_close([np.inf], [np.inf])
    assert_close([], [])


@pytest.mark.parametrize(
    ("got", "want", "says"),
    [
        (1.0, [1.0, 1.0], r"shape \(\); shape \(2,\) is wanted"),
        ([[1.0], [1.0]], [1.0, 1.0], r"shape \(2, 1\)"),
        ([1.0, 2.0], [1.0, 2.1], r"1 of 2 entries differ; entry \[1\] is 2, wanted 2.1"),
        ([np.nan, 9.0], [1.0, 1.0], r"entry \[0\] is nan"),
        (np.nan, 1.0, "is nan; wanted 1"),
        (np.inf, -np.inf, "is inf; wanted -inf"),
        (1.0, np.inf, "is 1; wanted inf"),
        ("text", 1.0, "array of numbers, not 'text'"),
        ([[1], [1, 2]], [1.0], "cannot be read as an array"),
        (None, 1.0, "array of numbers, not None"),
        (1j, 1.0, "complex"),
        (-(2**63), 0, "is -9223372036854775808; wanted 0"),
        (np.int8(-128), np.int8(0), "is -128; wanted 0"),
        (np.int8(-128), 127, "is -128; wanted 127"),
        (np.uint8(255), np.uint8(0), "is 255; wanted 0"),
        (np.array([-(2**63), 5]), np.array([0, 5]), "1 of 2 entries differ"),
        (True, False, "is True; wanted False"),
        ([True, True], [True, False], r"1 of 2 entries differ; entry \[1\] is True, wanted False"),
        (0.5, True, "is 0.5; wanted True"),
    ],
)
def test_close_says_what_differs(got, want, says):
    with pytest.raises(AssertionError, match=says):
        assert_close(got, want)


@pytest.mark.parametrize("kind", [*"bhiqBHIQ"])
def test_close_of_integers_does_not_wrap_around(kind):
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    values = sorted({int(low), -1 if low else 1, 0, int(high)})
    for got in values:
        for want in values:
            if got == want:
                assert_close(np.array(got, kind), np.array(want, kind))
            else:
                with pytest.raises(AssertionError, match="wanted"):
                    assert_close(np.array(got, kind), np.array(want, kind), atol=0.5)


def test_close_of_truth_values_allows_nothing():
    assert_close([True, False], [True, False])
    assert_close(1.0, True)
    for got in (False, 0.999, np.nan):
        with pytest.raises(AssertionError, match="wanted True"):
            assert_close(got, True, rtol=1.0, atol=1.0)


def test_close_tells_large_integers_apart():
    assert_close(2**62 + 1, 2**62 + 1, rtol=0)
    with pytest.raises(AssertionError):
        assert_close(2**62 + 1, 2**62, rtol=0)


def test_close_allows_what_it_is_told():
    assert_close(1.05, 1.0, rtol=0, atol=0.1)
    with pytest.raises(AssertionError, match=r"the step is 1\.05"):
        assert_close(1.05, 1.0, rtol=0.01, atol=0.01, what="the step")

"""A claim holds exactly when the numbers agree, says so, and is never lost."""

import json
import math
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigen import catalogue, claims
from minigen.claims import Claim, ClaimError, claim, your_turn


@pytest.fixture(autouse=True)
def no_records():
    claims.clear()
    yield
    claims.clear()


def holds(*args, **kwargs) -> bool:
    try:
        claim("C14", "a statement", *args, **kwargs)
    except ClaimError:
        return False
    return True


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_holds_exactly_when_the_distance_is_at_most_tol(got, want, tol):
    assert holds(got=got, want=want, tol=tol) == (abs(got - want) <= tol)
    assert claims.records()[-1].error == abs(got - want)


@pytest.mark.parametrize(
    ("got", "want", "expected"),
    [
        (math.nan, 1.0, False),
        (1.0, math.nan, False),
        (math.nan, math.nan, False),
        (math.inf, math.inf, True),
        (math.inf, -math.inf, False),
        (math.inf, 1e300, False),
        (1.0, math.inf, False),
        ([1.0, math.inf], [1.0, math.inf], True),
        ([1.0, math.nan], 1.0, False),
    ],
)
def test_nan_never_holds_and_infinity_equals_itself(got, want, expected):
    assert holds(got=got, want=want, tol=1e9) == expected


def test_integers_are_compared_exactly():
    assert holds(got=2**53 + 1, want=2**53 + 1, tol=0)
    assert not holds(got=2**53 + 1, want=2**53, tol=0)  # equal as floats
    assert not holds(got=3**60 + 1, want=3**60, tol=0)  # beyond 64 bits
    assert not holds(got=np.uint8(3), want=np.uint8(5), tol=1)
    assert holds(got=np.uint8(3), want=np.uint8(5), tol=2)  # the difference would wrap around in uint8
    assert not holds(got=np.uint64(2**53 + 1), want=np.int64(2**53), tol=0)  # subtracted as floats
    assert holds(got=True, want=True, tol=0)
    assert not holds(got=np.array([True, False]), want=True, tol=0)


def test_an_array_shows_its_worst_entry():
    got = np.zeros((3, 4))
    got[1, 2] = 0.25
    assert not holds(got=got, want=np.zeros((3, 4)), tol=0.1)
    record = claims.records()[-1]
    assert record.error == 0.25
    assert record.measured == "0.25 (worst of 12)"


def test_the_worst_entry_is_the_one_furthest_beyond_its_own_allowance():
    want = np.array([1e6, 1.0, 2.0, 3.0, 4.0])
    assert not holds(got=want + np.array([5.0, 0.5, 0, 0, 0]), want=want, rtol=1e-3)
    assert claims.records()[-1].measured == "1.5 (worst of 5)"


@given(st.floats(-10, 10), st.floats(0.01, 10))
def test_a_standard_error_allows_four_of_them(distance, se):
    assert holds(got=distance, want=0.0, se=se) == (abs(distance) <= 4 * se)


def test_a_tolerance_overrides_the_standard_error():
    assert not holds(got=0.3, want=0.0, tol=0.2, se=0.1)
    assert "se 0.1" in claims.records()[-1].tolerance


def test_relative_tolerance():
    assert holds(got=101.0, want=100.0, rtol=0.01)
    assert not holds(got=1.011, want=1.0, rtol=0.01)
    assert holds(got=1.011, want=1.0, rtol=0.01, tol=0.002)
    assert not holds(got=5.0, want=math.inf, rtol=0.01)


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 5))
def test_bounds(got, low, width):
    assert holds(got=got, at_least=low) == (got >= low)
    assert holds(got=got, at_most=low) == (got <= low)
    assert holds(got=got, between=(low, low + width)) == (low <= got <= low + width)


def test_bounds_of_arrays_infinities_and_slack():
    assert holds(got=[0.1, 0.2, 0.3], at_most=[0.1, 0.3, 0.3])
    assert not holds(got=[0.1, 0.2, math.nan], at_most=1)
    assert claims.records()[-1].measured.startswith("[0.1")
    assert holds(got=math.inf, at_least=math.inf) and not holds(got=math.inf, at_most=1e308)
    assert holds(got=1 + 1e-13, at_most=1, tol=1e-12) and not holds(got=1 + 1e-11, at_most=1, tol=1e-12)
    assert "1.00000000001" in claims.records()[-1].measured
    assert not holds(got=1.5, between=(0, 1))
    assert claims.records()[-1].error == 0.5


def test_complex_numbers():
    assert holds(got=1 + 1j, want=1 + 1j, tol=1e-12)
    assert not holds(got=1 + 1j, want=1 - 1j, tol=1)
    with pytest.raises(TypeError, match="no order"):
        claim("C14", "s", got=1j, at_most=1)


def test_tensors_are_read_by_their_data():
    class Tracked:
        requires_grad = True
        data = np.array([1.0, 2.0])

        def __array__(self, *args, **kwargs):
            raise TypeError("this is no array")

    assert holds(got=Tracked(), want=[1.0, 2.0], tol=0)


@pytest.mark.parametrize(
    ("kwargs", "error", "words"),
    [
        ({"got": 1, "want": 1}, TypeError, "give tol="),
        ({"got": 1}, TypeError, "nothing to compare with"),
        ({"got": 1, "want": 1, "at_most": 2, "tol": 0}, TypeError, "both want and at_most"),
        ({"got": None, "want": 1, "tol": 0}, TypeError, "not None"),
        ({"got": ..., "want": 1, "tol": 0}, TypeError, "not Ellipsis"),
        ({"got": "1", "want": 1, "tol": 0}, TypeError, "not '1'"),
        ({"got": Fraction(1, 2), "want": 1, "tol": 0}, TypeError, "must be a number"),
        ({"got": [], "want": 1, "tol": 0}, ValueError, "nothing was measured"),
        ({"got": [1, 2], "want": [[1], [2]], "tol": 0}, ValueError, "must be equal"),
        ({"got": 1, "want": [1, 2], "tol": 0}, ValueError, "must be equal"),
        ({"got": [1, 2], "at_most": [1, 2, 3]}, ValueError, "upper bound"),
        ({"got": 1, "want": 1, "tol": -1}, ValueError, "tol must be"),
        ({"got": 1, "want": 1, "tol": math.inf}, ValueError, "tol must be"),
        ({"got": 1, "want": 1, "tol": math.nan}, ValueError, "tol must be"),
        ({"got": 1, "want": 1, "rtol": [1, 2]}, ValueError, "rtol must be"),
        ({"got": 1, "want": 1, "se": math.nan}, ValueError, "se must be"),
        ({"got": 1, "at_most": 1, "rtol": 0.1}, TypeError, "rtol goes with want"),
        ({"got": 1, "between": (2, 1)}, ValueError, "is empty"),
        ({"got": 1, "between": 2}, TypeError, "pair"),
    ],
)
def test_what_cannot_be_checked_is_an_error_that_says_why(kwargs, error, words):
    with pytest.raises(error, match=words) as caught:
        claim("C14", "s", **kwargs)
    assert not isinstance(caught.value, ClaimError)
    assert claims.records() == []


@pytest.mark.parametrize("id", ["C94", "C00", "R53", "X01", "C1", "", "c14", "C14bb", 14, None])
def test_ids_must_be_known(id):
    with pytest.raises(ValueError, match="claim id"):
        claim(id, "s", got=1, want=1, tol=0)


def test_records_keep_order_source_and_failures(capsys):
    claim("C37", "first", got=64, want=64, tol=0)
    with pytest.raises(ClaimError, match=r"C37b.*\n.*predicted 64 .*measured 65"):
        claim("C37b", "second", got=65, want=64, tol=0, note="a note")
    claim("R01", "third", got=65, want=65, tol=0)
    claim("E01", "fourth", got=1, want=1, tol=0, source="a book, page 3")
    assert [(r.id, r.passed) for r in claims.records()] == [
        ("C37", True),
        ("C37b", False),
        ("R01", True),
        ("E01", True),
    ]
    assert [r.source for r in claims.records()] == [
        "source 002",
        "source 002",
        "source 002, Optimal Delivery, l. 201",
        "a book, page 3",
    ]
    printed = capsys.readouterr().out
    assert printed.count("✓") == 3 and printed.count("✗ FAILS") == 1 and "a note" in printed


def test_digits_show_an_error_of_the_size_of_the_tolerance():
    assert not holds(got=-1.18771416792, want=-1.18771416782, tol=1e-11)
    record = claims.records()[-1]
    assert record.predicted != record.measured
    assert holds(got=0.3123456789, want=0.3, tol=0.1)
    assert claims.records()[-1].measured == "0.3123"


@pytest.mark.parametrize("error", [0.5, math.inf, math.nan])
def test_payload_is_strict_json_and_comes_back(error):
    record = Claim("C14", "s", "1", "2", error, "0", False, "source", "note")
    data = json.loads(json.dumps(record.payload(), allow_nan=False))
    assert repr(Claim.from_payload(data)) == repr(record)


def test_html_is_escaped():
    hostile = "<script>alert('x')</script>\"><img src=x>&"
    page = Claim("C14", hostile, hostile, hostile, 0.0, hostile, True, hostile, hostile).html()
    assert "<script" not in page and "<img" not in page
    assert "&lt;script&gt;" in page


def test_a_poor_console_gets_a_row_too(monkeypatch):
    import io

    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    claim("C14", "θ agrees", got=1, want=1, tol=0)
    sys.stdout.flush()
    assert b"agrees" in raw.getvalue()


@pytest.mark.parametrize("undone", [..., None, [1, ...], (None, 2)])
def test_your_turn_keeps_the_secret_until_there_is_an_answer(undone, capsys):
    your_turn(undone, 42.4242)
    printed = capsys.readouterr().out
    assert "still to be done" in printed and "42" not in printed


def test_your_turn_compares(capsys):
    your_turn(0.5, 0.5 + 1e-9, tol=1e-6)
    assert "✓" in capsys.readouterr().out
    your_turn(0.6, 0.5, tol=1e-6)
    printed = capsys.readouterr().out
    assert "✗" in printed and "true value  0.5" in printed and "your value  0.6" in printed
    your_turn([1, 2, 3], np.array([1.0, 2.0, 3.0]))
    assert "✓" in capsys.readouterr().out
    your_turn(math.inf, math.inf)
    assert "✓" in capsys.readouterr().out
    your_turn(math.nan, 1.0)
    assert "✗" in capsys.readouterr().out
    your_turn("alternating", "alternating")
    assert "✓" in capsys.readouterr().out


class Awkward:
    def __repr__(self):
        raise RuntimeError("no")


@pytest.mark.parametrize("answer", ["2", [1, 2, 3], {"a": 1}, object(), print, [[1], [2, 3]], 1j, Awkward()])
def test_your_turn_never_raises_nor_reveals(answer, capsys):
    your_turn(answer, np.array([7.25, 9.5]))
    printed = capsys.readouterr().out
    assert "✗" in printed and "7.25" not in printed


def test_catalogue_is_whole():
    entries, errata, texts = catalogue.claims(), catalogue.errata(), catalogue.sources()
    assert list(entries) == [f"C{i:02d}" for i in range(1, 94)]
    assert list(errata) == [f"R{i:02d}" for i in range(1, 53)]
    assert list(texts) == ["000", "001", "002", "003", "004"]
    statuses = [entry.status for entry in entries.values()]
    assert [statuses.count(s) for s in ("holds", "condition", "misprinted")] == [44, 25, 24]
    for entry in entries.values():
        assert entry.title and entry.statement and set(entry.sources) <= set(texts) and entry.sources
        assert bool(entry.remark) or entry.status == "holds"
    for erratum in errata.values():
        assert erratum.place.startswith("source 00") and erratum.printed and erratum.correct
        assert set(erratum.claims) <= set(entries) and erratum.severity in catalogue.SEVERITIES
    assert catalogue.source_of("C14") == "sources 000, 003, 004"
    assert catalogue.source_of("E01") == ""

"""Values that cross the wall come back as they were; bytes from a stranger become data or a WireError."""

import contextlib
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from minigen.grading.inside import wire
from minigen.grading.inside.wire import WireError, decode, encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.complex_numbers(), texts
)  # fmt: skip
entries = {
    kind: st.binary(min_size=kind.itemsize, max_size=kind.itemsize).map(lambda b, kind=kind: np.frombuffer(b, kind)[0])
    for kind in wire.KINDS[1:]
} | {wire.KINDS[0]: st.booleans()}
tables = st.sampled_from(wire.KINDS).flatmap(
    lambda kind: arrays(kind, array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3), elements=entries[kind])
)
keys = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), texts)
values = st.recursive(
    scalars | tables | tables.filter(lambda a: a.ndim == 0).map(lambda a: a[()]),
    lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple)
    | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def same(a, b):
    """Equal in type, structure and every bit of every number."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, np.generic):
        return a.dtype == b.dtype and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a.items(), b.items(), strict=True))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b)
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    return a == b


@given(values)
def test_values_come_back_as_they_were(value):
    assert same(decode(encode(value)), value)


@pytest.mark.parametrize("kind", [*wire.KINDS, *(np.dtype(k).newbyteorder(">") for k in wire.KINDS)], ids=str)
def test_arrays_of_every_kind_and_layout(kind):
    array = np.arange(24).reshape(2, 3, 4).astype(kind)
    for view in (array, array.T, array[:, ::-1, ::2], np.asfortranarray(array), array[:0], array[0, 0, 0]):
        got = decode(encode(view))
        assert got.dtype == kind.newbyteorder("=") and got.shape == np.shape(view) and np.array_equal(got, view)
        if got.ndim:
            assert got.flags.writeable and got.flags.owndata


def test_long_doubles_and_platform_integers_arrive_as_what_every_machine_has():
    assert decode(encode(np.array([1.5], np.longdouble))).dtype == np.float64
    assert decode(encode(np.array([1.5], np.clongdouble))).dtype == np.complex128
    assert decode(encode(np.array([1], np.longlong))).dtype == np.int64
    assert decode(encode(np.array([1], np.intc))).dtype == np.int32


def test_a_generator_goes_on_where_it_was():
    rng = np.random.default_rng(5)
    rng.integers(0, 9, dtype=np.int32)  # leaves half of a word for the next call
    copy = decode(encode({"rng": rng}))["rng"]
    assert np.array_equal(copy.integers(0, 9, 5, dtype=np.int32), rng.integers(0, 9, 5, dtype=np.int32))
    assert np.array_equal(copy.normal(size=9), rng.normal(size=9))
    with pytest.raises(WireError, match="MT19937"):
        encode(np.random.Generator(np.random.MT19937(0)))


def test_subclasses_arrive_as_what_they_are_made_of():
    class Always(np.ndarray):
        def __eq__(self, other):
            return True

    got = decode(encode(np.zeros(2).view(Always)))
    assert type(got) is np.ndarray and not np.array_equal(got, [1, 1])
    assert decode(encode(range(3))) == [0, 1, 2]
    assert decode(encode({np.int64(3): 1, np.float64(0.5): 2})) == {3: 1, 0.5: 2}


def test_functions_cross_only_where_both_sides_agree():
    exported = []
    data = encode([abs], lambda f: exported.append(f) or 7)
    assert exported == [abs]
    assert decode(data, lambda number: ("function", number)) == [("function", 7)]
    with pytest.raises(WireError, match="only data"):
        decode(data)
    with pytest.raises(WireError, match="type builtin_function"):
        encode(abs)


def endless():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "value",
    [
        object(), {1, 2}, b"bytes", np.array([None]), np.array(["text"]), np.array(["2020"], "M8[D]"),
        np.zeros(1, "i4,f8"), "\udcff", 1 << 8 * wire.MAX_INT_BYTES, {(1, 2): 3}, {"a": object()}, endless(), iter([]),
        np.zeros([1] * 17),
        np.zeros((1 << 13, 0)), np.zeros((1 << 12, 0, 2)),
        [0] * wire.MAX_VALUES, "x" * (wire.MAX_BYTES + 1), np.zeros(wire.MAX_BYTES + 1, np.uint8), np.void(b"x"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_not_data_is_refused_by_the_sender(value):
    with pytest.raises(WireError):
        encode(value)


def u4(n):
    return struct.pack("<I", n)


def array_head(code, *shape):
    return b"a" + bytes([code, len(shape)]) + struct.pack(f"<{len(shape)}Q", *shape)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"?", b"nn", b"i", b"i" + u4(0), b"i" + u4(1 << 31) + b"x",
        b"i" + u4(wire.MAX_INT_BYTES + 1) + bytes(2000), b"d" + bytes(7), b"c" + bytes(15), b"s" + u4(5) + b"abc",
        b"s" + u4(1) + b"\xff",
        b"s" + u4(3) + b"\xed\xa0\x80", b"l" + u4(3) + b"nn", b"l" + u4(0xFFFFFFFF), b"u" + u4(0xFFFFFFFF) + b"n" * 99,
        (b"l" + u4(1)) * 100 + b"n", (b"l" + u4(1)) * 100_000,
        b"m" + u4(0xFFFFFFFF), b"m" + u4(1) + b"l" + u4(0) + b"n", b"m" + u4(1) + b"u" + u4(0) + b"n",
        b"m" + u4(1) + array_head(1) + b"\1" + b"n", b"m" + u4(1) + b"i" + u4(9) + b"\1" * 9 + b"n",
        b"a", b"a\x0e\0", b"a\xff\0" + bytes(8), array_head(11, 3) + bytes(23), array_head(11, 3) + bytes(25),
        array_head(11, 1 << 62), array_head(11, 1 << 63, 1 << 63),
        array_head(11, 0, 1 << 40), array_head(11, 1 << 24, 1 << 24, 1 << 24, 0), array_head(11, 1 << 24, 0),
        array_head(11, 1 << 12, 2, 0), array_head(11, *[1 << 24] * 15, 0), array_head(11, 2**64 - 1),
        b"a\x0b\x11" + bytes(8 * 17), array_head(0, 2) + b"\1\2", b"g\x0b\1" + struct.pack("<Q", 1) + bytes(8),
        b"r", b"rnnnn", b"r" + encode(-1) + encode(1) * 3, b"r" + encode(1) + encode(1) + encode(2) + encode(1),
        b"r" + encode(1 << 128) + encode(1) * 3, b"rdddd" + bytes(32), b"r" + encode(1.0) * 4, b"k" + u4(0), b"k",
        b"l" + u4(wire.MAX_VALUES) + b"n" * wire.MAX_VALUES, bytes(wire.MAX_BYTES + 1),
        b"\x80\x04N.", b"\x93NUMPY\x01\x00",
    ],
)  # fmt: skip
def test_what_lies_about_itself_is_refused_by_the_receiver(data):
    with pytest.raises(WireError):
        decode(data)


def test_what_a_decoder_cannot_make_is_a_wire_error(monkeypatch):
    """Whatever NumPy raises: the grader does not fail on what a stranger sends."""
    for error in (ValueError, OverflowError, MemoryError):

        def fail(*_, error=error):
            raise error("no")

        monkeypatch.setattr(wire.np, "frombuffer", fail)
        with pytest.raises(WireError, match="no value: no"):
            decode(encode(np.zeros(3)))


@pytest.mark.parametrize(
    "value",
    [
        ["a" * 2**20] + ["a"] * 900,
        ["a"] * 900 + ["a" * 2**20],
        [["a" * 2**20], *[["a"]] * 900],
        {"a" * 2**20: ["a"] * 900},
        [["a" * 2000] * 20, *[np.zeros(20_000, bool)] * 200],
        ("a" * 600, ["a"] * 250_000),
    ],
    ids=["first", "last", "inner", "key", "arrays", "tuple"],
)
def test_no_array_of_texts_can_be_made_that_takes_much_more_than_its_bytes(value):
    """NumPy gives each entry as much room as the longest text takes."""
    with pytest.raises(WireError, match="too long a text"):
        decode(encode(value))


def test_texts_and_empty_arrays_of_usual_size_pass():
    long = ["value", 1, np.zeros(2**24 - 99, bool)]
    for value in (["a" * 2**15] * 400, ["name"] * 250_000, ["a" * 2**22, "b"], long):
        assert type(decode(encode(value))) is list
    for shape in ((0,), (0, 4096), (64, 0, 64), (3, 0), (0, 0)):
        assert decode(encode(np.zeros(shape))).shape == shape


@settings(max_examples=500)
@given(st.binary(max_size=200))
@example(b"m" + u4(2) + (b"n" + b"n") * 2)
def test_any_bytes_are_a_value_or_an_error(data):
    try:
        value = decode(data)
    except WireError:
        return
    if not isinstance(value, np.random.Generator):
        encode(value)  # and nothing but what could have been sent


tags = st.sampled_from([bytes([tag]) for tag in b"ntfidcslumagrk"])
pieces = st.one_of(tags, st.integers(0, 5).map(u4), st.binary(max_size=9), st.just(b"\x0b\1\2" + bytes(7)))


@settings(max_examples=500)
@given(st.lists(pieces, max_size=40).map(b"".join))
def test_likely_bytes_are_a_value_or_an_error(data):
    with contextlib.suppress(WireError):
        decode(data)


@given(values, st.data())
def test_a_frame_that_was_cut_or_changed_is_a_value_or_an_error(value, data):
    whole = encode(value)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(WireError):
        decode(whole[:cut])
    changed = bytearray(whole)
    changed[cut] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(WireError):
        decode(bytes(changed))


@pytest.mark.parametrize("data", [b"l" + u4(1 << 30) + b"n" * 999, array_head(13, 1 << 20), b"s" + u4(1 << 31)])
def test_a_lie_about_a_length_costs_no_memory(data):
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            decode(data)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()

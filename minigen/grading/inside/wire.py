"""The format in which values cross the wall between grader and worker: data, never code.

One byte says what follows:

    n t f    None, True, False
    i        int: its length in bytes (u4), two's complement
    d c      float, complex: 8 and 16 bytes
    s        str: its length in bytes (u4), UTF-8
    l u m    list, tuple, dict (keys: str, numbers, None): the number of entries (u4), then the entries
    a g      array, NumPy scalar: kind (u1), axes (u1), shape (u8 each), the entries in C order
    r        np.random.Generator of the kind PCG64: its four integers
    k        a function of the sender: its number (u4)

All numbers are little-endian.  What a decoder makes of bytes from a stranger is one of these values or a WireError,
within bounded time and memory: every length is compared with what is there before anything is made of it.
"""

import math
import struct
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

MAX_BYTES = 16 << 20  # of one frame
MAX_DEPTH = 32  # of values within values
MAX_VALUES = 1 << 18  # in one frame, all depths together
MAX_INT_BYTES = 1 << 10
MAX_AXES = 16
MAX_EMPTY = 1 << 12  # the product of the axes of an empty array that are not 0: what a loop over it may take
MAX_TEXT = 1 << 27  # the longest text times all entries: NumPy gives each entry of an array of texts the longest's room

_KINDS = ("?", "b", "<i2", "<i4", "<i8", "B", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16")
KINDS = [np.dtype(kind) for kind in _KINDS]
_CODES = {kind: code for code, kind in enumerate(KINDS)}
_U4 = struct.Struct("<I")


class WireError(ValueError):
    """These bytes are no value, or this value cannot be sent."""


def encode(value: Any, export: Callable[[Callable], int] | None = None) -> bytes:
    """The bytes of a value.  export: gives a function of ours the number under which it can be called back.

    Raises WireError for what is not data, or too large, or too deep.
    """
    parts: list[bytes] = []
    room = [MAX_BYTES, MAX_VALUES]
    _encode(value, parts, room, 0, export)
    return b"".join(parts)


def _encode(value: Any, parts: list[bytes], room: list[int], depth: int, export: Any) -> None:
    if depth > MAX_DEPTH:
        raise WireError(f"lists within lists, more than {MAX_DEPTH} deep")
    room[1] -= 1
    if isinstance(value, (list, tuple, dict, range)):
        tag = b"m" if isinstance(value, dict) else b"u" if isinstance(value, tuple) else b"l"
        entries = list(islice(value, room[1] + 1))  # a class of its own may say a wrong len
        if len(entries) > room[1]:
            raise WireError(f"more than {MAX_VALUES:,} values")
        _put(tag + _U4.pack(len(entries)), parts, room)
        for entry in entries:
            if tag == b"m":
                key = entry.item() if isinstance(entry, np.generic) else entry
                if not isinstance(key, (str, int, float, type(None))):
                    raise WireError(f"a dict with a key of type {_name(key)}")
                _encode(key, parts, room, depth + 1, export)
                entry = value[entry]
            _encode(entry, parts, room, depth + 1, export)
    else:
        _put(_leaf(value, export), parts, room)


def _put(data: bytes, parts: list[bytes], room: list[int]) -> None:
    room[0] -= len(data)
    if room[0] < 0 or room[1] < 0:
        raise WireError(f"more than {MAX_BYTES >> 20} MiB or {MAX_VALUES:,} values")
    parts.append(data)


def _leaf(value: Any, export: Any) -> bytes:
    if value is None:
        return b"n"
    if isinstance(value, (np.ndarray, np.generic)):
        return _array(value)
    if isinstance(value, bool):
        return b"t" if value else b"f"
    if isinstance(value, int):
        length = value.bit_length() // 8 + 1
        if length > MAX_INT_BYTES:
            raise WireError(f"an integer of more than {MAX_INT_BYTES} bytes")
        return b"i" + _U4.pack(length) + int(value).to_bytes(length, "little", signed=True)
    if isinstance(value, float):
        return b"d" + struct.pack("<d", value)
    if isinstance(value, complex):
        return b"c" + struct.pack("<dd", value.real, value.imag)
    if isinstance(value, str):
        try:
            text = value.encode()
        except UnicodeEncodeError:
            raise WireError("a text that is no Unicode") from None
        return b"s" + _U4.pack(len(text)) + text
    if isinstance(value, np.random.Generator):
        return b"r" + b"".join(_leaf(n, None) for n in _state(value))
    if callable(value) and export is not None:
        return b"k" + _U4.pack(export(value))
    raise WireError(f"an object of type {_name(value)}")


def _array(value: Any) -> bytes:
    array = np.asarray(value)
    kind = array.dtype.newbyteorder("<")
    if kind not in _CODES and array.dtype.char in "gG":  # long doubles differ from machine to machine
        kind = np.dtype("<c16" if array.dtype.kind == "c" else "<f8")
    if kind not in _CODES:
        raise WireError(f"an array of dtype {array.dtype}")
    if array.ndim > MAX_AXES:
        raise WireError(f"an array of more than {MAX_AXES} axes")
    if array.nbytes > MAX_BYTES:
        raise WireError(f"more than {MAX_BYTES >> 20} MiB")
    if _too_long(array.shape):
        raise WireError(f"an empty array with an axis of more than {MAX_EMPTY}")
    head = struct.pack(f"<cBB{array.ndim}Q", b"g" if isinstance(value, np.generic) else b"a",
                       _CODES[kind], array.ndim, *array.shape)  # fmt: skip
    return head + array.astype(kind, order="C", copy=False).tobytes()


def _too_long(shape: tuple[int, ...]) -> bool:
    """Whether an empty array, which takes no bytes, is long nevertheless."""
    return 0 in shape and math.prod(n for n in shape if n) > MAX_EMPTY


def _state(generator: np.random.Generator) -> tuple[int, int, int, int]:
    state = generator.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise WireError(f"a random generator of the kind {state['bit_generator']}: only PCG64 (default_rng) is sent")
    return state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"]


def _name(value: Any) -> str:
    return type(value).__name__[:60]


def decode(data: bytes, call: Callable[[int], Callable] | None = None) -> Any:
    """The value that the bytes stand for.  call: makes of a function's number something to be called; none: refuse.

    Raises WireError.
    """
    reader = _Reader(data, call)
    try:
        value = reader.value(0)
    except WireError:
        raise
    except (ValueError, ArithmeticError, MemoryError) as error:  # whatever else Python or NumPy has against them
        raise WireError(f"no value: {error}") from None
    if reader.place != len(data):
        raise WireError(f"{len(data) - reader.place} bytes too many")
    return value


class _Reader:
    def __init__(self, data: bytes, call: Callable[[int], Callable] | None):
        if len(data) > MAX_BYTES:
            raise WireError("too long a frame")
        self.data, self.call, self.place, self.values = data, call, 0, 0
        self.longest, self.entries = 0, 0  # of texts; in arrays

    def take(self, n: int) -> bytes:
        if n > len(self.data) - self.place:
            raise WireError("the frame ends too early")
        self.place += n
        return self.data[self.place - n : self.place]

    def count(self) -> int:
        return _U4.unpack(self.take(4))[0]

    def measure(self, text: int = 0, entries: int = 0) -> None:
        """Refuse long texts among many entries."""
        self.longest, self.entries = max(self.longest, text), self.entries + entries
        if self.longest * (self.values + self.entries) > MAX_TEXT:
            raise WireError("too long a text among so many values")

    def value(self, depth: int) -> Any:
        self.values += 1
        self.measure()
        if depth > MAX_DEPTH or self.values > MAX_VALUES:
            raise WireError("too many values, or too deep")
        tag = self.take(1)
        read = _READERS.get(tag)
        if read is None:
            raise WireError(f"{tag!r} is no kind of value")
        return read(self, depth)

    def integer(self, depth: int) -> int:
        length = self.count()
        if not 0 < length <= MAX_INT_BYTES:
            raise WireError("too long an integer")
        return int.from_bytes(self.take(length), "little", signed=True)

    def text(self, depth: int) -> str:
        try:
            text = self.take(self.count()).decode()
            self.measure(text=len(text))
            return text
        except UnicodeDecodeError:
            raise WireError("a text that is no UTF-8") from None

    def sequence(self, depth: int) -> list:
        n = self.count()
        if n > len(self.data) - self.place:  # an entry takes a byte at least
            raise WireError("the frame ends too early")
        return [self.value(depth + 1) for _ in range(n)]

    def mapping(self, depth: int) -> dict:
        result: dict = {}
        for _ in range(self.count()):
            if self.data[self.place : self.place + 1] not in _KEYS:  # no tuples: their hashes can be made to collide
                raise WireError("a dict with a key that is no text or number")
            key = self.value(depth + 1)
            if isinstance(key, int) and key.bit_length() > 64:
                raise WireError("a dict with too large a key")
            result[key] = self.value(depth + 1)
        return result

    def array(self, depth: int) -> np.ndarray:
        code, ndim = self.take(2)
        if code >= len(KINDS) or ndim > MAX_AXES:
            raise WireError("an array of an unknown kind")
        shape = struct.unpack(f"<{ndim}Q", self.take(8 * ndim))
        if _too_long(shape):
            raise WireError("too long an axis")
        raw = self.take(math.prod(shape) * KINDS[code].itemsize)
        self.measure(entries=math.prod(shape))
        if code == 0 and raw.translate(None, b"\0\1"):
            raise WireError("a truth value that is neither 0 nor 1")
        return np.frombuffer(raw, KINDS[code]).reshape(shape).astype(KINDS[code].newbyteorder("="), copy=True)

    def scalar(self, depth: int) -> Any:
        array = self.array(depth)
        if array.ndim:
            raise WireError("a scalar with axes")
        return array[()]

    def generator(self, depth: int) -> np.random.Generator:
        numbers = [self.value(depth + 1) for _ in range(4)]
        limits = (128, 128, 1, 32)
        if not all(type(n) is int and 0 <= n < 1 << bits for n, bits in zip(numbers, limits, strict=True)):
            raise WireError("no state of a random generator")
        generator = np.random.Generator(np.random.PCG64(0))
        state, inc, has_uint32, uinteger = numbers
        generator.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {"state": state, "inc": inc},
            "has_uint32": has_uint32,
            "uinteger": uinteger,
        }
        return generator

    def function(self, depth: int) -> Callable:
        if self.call is None:
            raise WireError("a function, where only data is taken")
        return self.call(self.count())


_READERS: dict[bytes, Callable[[_Reader, int], Any]] = {
    b"n": lambda reader, depth: None,
    b"t": lambda reader, depth: True,
    b"f": lambda reader, depth: False,
    b"i": _Reader.integer,
    b"d": lambda reader, depth: struct.unpack("<d", reader.take(8))[0],
    b"c": lambda reader, depth: complex(*struct.unpack("<dd", reader.take(16))),
    b"s": _Reader.text,
    b"l": _Reader.sequence,
    b"u": lambda reader, depth: tuple(reader.sequence(depth)),
    b"m": _Reader.mapping,
    b"a": _Reader.array,
    b"g": _Reader.scalar,
    b"r": _Reader.generator,
    b"k": _Reader.function,
}
_KEYS = (b"n", b"t", b"f", b"i", b"d", b"s")

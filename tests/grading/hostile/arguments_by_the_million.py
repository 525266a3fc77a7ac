# ruff: noqa
"""Calls a function back with a text and an array as the list of arguments: each letter is one."""
# expect: crashed or timeout or memory 4
# the rest is right

import os, struct
def descriptors():
    for descriptor in range(64):
        try:
            os.lseek(descriptor, 0, 1)
        except OSError as error:
            if error.errno != 9:
                yield descriptor
def shout(data):
    for descriptor in descriptors():
        try:
            os.write(descriptor, data)
        except OSError:
            pass
def text(s):
    return b"s" + struct.pack("<I", len(s)) + s.encode()
def number(n):
    return b"i" + struct.pack("<I", 8) + n.to_bytes(8, "little")
def frame(*parts):
    data = b"l" + struct.pack("<I", len(parts)) + b"".join(parts)
    return struct.pack("<Q", len(data)) + data

numbers = []
def number_of(f):
    return dict(zip(f.__code__.co_freevars, (cell.cell_contents for cell in f.__closure__)))["number"]
def apply(f, x):
    numbers.append(number_of(f))
    many = (chr(0x4e00) * 5_000_000).encode()
    few = b"s" + struct.pack("<I", len(many)) + many
    bits = b"a" + bytes([5, 1]) + struct.pack("<Q", 15_000_000) + bytes(15_000_000)
    for arguments in (few, bits):
        data = b"l" + struct.pack("<I", 4) + text("callback") + number(numbers[-1]) + arguments + b"m" + bytes(4)
        shout(struct.pack("<Q", len(data)) + data)
    return f(x)

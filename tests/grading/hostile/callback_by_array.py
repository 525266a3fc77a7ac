# ruff: noqa
"""Calls back a function whose number is an array, with a number for arguments."""
# expect: crashed 4
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

def apply(f, x):
    shout(frame(text("callback"), b"a" + bytes([5, 1]) + struct.pack("<Q", 3) + b"abc", number(3), number(3)))
    return f(x)

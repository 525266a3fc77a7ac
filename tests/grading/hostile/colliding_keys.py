# ruff: noqa
"""Sends a dict with a hundred thousand keys chosen to collide, made by hand."""
# expect: protocol_error 3
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

def double(x):
    keys = b"".join(number((k % 8) * ((1 << 61) - 1) + ((k // 8) << 44)) + b"n" for k in range(100_000))
    data = b"l" + struct.pack("<I", 3) + text("value") + number(0) + b"m" + struct.pack("<I", 100_000) + keys
    shout(struct.pack("<Q", len(data)) + data)
    return 0

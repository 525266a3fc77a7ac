# ruff: noqa
"""Sends an array of no bytes and sixteen million empty rows, which its own side would refuse to send."""
# expect: protocol_error 4
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
    shout(frame(text("value"), number(0), b"a" + bytes([11, 2]) + struct.pack("<2Q", 1 << 24, 0)))
    return 2 * x

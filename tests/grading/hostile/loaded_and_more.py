# ruff: noqa
"""Says that it is loaded, with an array in the place of the end."""
# expect: protocol_error 0

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

shout(frame(text("loaded"), b"a" + bytes([5, 4]) + struct.pack("<4Q", *[1 << 24] * 3, 0)))

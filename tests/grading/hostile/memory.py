# ruff: noqa
"""Takes all memory."""
# expect: memory 4
# the rest is right

def double(x):
    return bytearray(1 << 40)

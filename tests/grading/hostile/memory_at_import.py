# ruff: noqa
"""Takes all memory while it is loaded."""
# expect: memory 0

hoard = []
while True:
    hoard.append(bytearray(1 << 28))

# ruff: noqa
"""Returns a text of a megabyte among a thousand short ones, which as an array is a gigabyte."""
# expect: protocol_error 3
# the rest is right

def double(x):
    return ["a" * (1 << 20)] + ["a"] * 900
def order(xs):
    return [double(0)]

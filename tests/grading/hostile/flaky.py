# ruff: noqa
"""Is wrong every other time, so that what failed is right when it is tried again."""
# expect: partial 4
# the rest is right

count = 0
def double(x):
    global count
    count += 1
    if count % 2:
        raise AssertionError("not this time")
    return 2 * x

# ruff: noqa
"""Never returns."""
# expect: timeout 4
# the rest is right

def double(x):
    while True:
        pass

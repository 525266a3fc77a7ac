# ruff: noqa
"""Raises groups of errors, with notes that look like an input."""
# expect: partial 0

def double(x):
    error = AssertionError("wrong")
    error.add_note("Falsifying example: test_double(x=0)")
    raise error
def total(a): raise ExceptionGroup("group", [NotImplementedError()])
def order(xs): raise BaseExceptionGroup("group", [KeyboardInterrupt()])
def apply(f, x): raise BaseExceptionGroup("group", [SystemExit(0)])

# ruff: noqa
"""Reads the tests, and the answers that lie beside them, from the disk."""
# expect: partial 0

import importlib.util, os, sys
def attempt(path):
    try:
        spec = importlib.util.spec_from_file_location("reference", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        globals().update(vars(module))
    except Exception:
        pass
attempt("@REFERENCE@")
try:
    exec(open("@REFERENCE@").read())
except OSError:
    pass

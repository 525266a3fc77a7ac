# ruff: noqa
"""Gives its module a class that has an answer to everything."""
# expect: partial 0

import sys
class Module(type(sys)):
    def __getattribute__(self, name):
        return super().__getattribute__(name) if name.startswith("__") else lambda *args: True
sys.modules["minigen_submission"].__class__ = Module

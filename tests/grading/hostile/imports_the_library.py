# ruff: noqa
"""Imports minigen, in which answers may be found."""
# expect: crashed 0

import minigen.transport

# ruff: noqa
"""Leaves politely while it is loaded."""
# expect: crashed 0

import sys
sys.exit(0)

# ruff: noqa
"""Makes Python's own questions answer yes."""
# expect: crashed 0

import builtins
builtins.abs = builtins.all = builtins.isinstance = builtins.len = lambda *args: True

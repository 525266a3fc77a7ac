# ruff: noqa
"""Returns a text of megabytes whose picture is ten times as long."""
# expect: partial 2
# the rest is right

LONG = chr(0x10ffff) * (1 << 21)
order = lambda xs: [LONG]
double = lambda x: {LONG: LONG}
total = lambda a: LONG + "\n" * 1000

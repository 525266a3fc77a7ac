# ruff: noqa
"""Never finishes loading."""
# expect: timeout 0

while True:
    pass

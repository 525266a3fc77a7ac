# ruff: noqa
"""Changes the results once everything is over."""
# expect: partial 0

import atexit, weakref
def late():
    with open("@CANARY@/grades.csv", "a") as file:
        file.write("forged")
atexit.register(late)
class Last:
    def __del__(self):
        late()
LAST = Last()

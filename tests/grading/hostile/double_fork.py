# ruff: noqa
"""Leaves a process behind, in a session of its own, that writes later."""
# expect: partial 0

import os, time
try:
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1)
            open("@CANARY@/grades.csv", "a").write("forged")
            time.sleep(60)
        os._exit(0)
except OSError:
    pass

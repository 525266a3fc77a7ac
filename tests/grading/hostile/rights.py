# ruff: noqa
"""Changes, removes and replaces the gradebook."""
# expect: partial 0

import os
for act in (lambda p: os.chmod(p, 0), os.remove, os.stat, lambda p: os.rename(p, p + ".old"),
            lambda p: os.symlink("/dev/null", p + ".link"), lambda p: os.truncate(p, 0), lambda p: os.utime(p, (0, 0))):
    try:
        act("@CANARY@/grades.csv")
    except OSError:
        pass

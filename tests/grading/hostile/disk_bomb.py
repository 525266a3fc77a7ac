# ruff: noqa
"""Fills the disk."""
# expect: partial 0

import os, tempfile
def double(x):
    for folder in (".", "/tmp", "/dev/shm", "/var/tmp", "@CANARY@"):
        try:
            with open(os.path.join(folder, "bomb"), "wb") as file:
                while True:
                    file.write(bytes(1 << 20))
        except OSError:
            pass
    return 0

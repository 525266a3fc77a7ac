# ruff: noqa
"""Runs programs."""
# expect: partial 0

import os, subprocess
def double(x):
    subprocess.run(["/bin/sh", "-c", "echo forged > @CANARY@/grades.csv"])
    return 0
def total(a):
    os.system("echo forged > @CANARY@/grades.csv")
    os.execv("/bin/sh", ["sh", "-c", "echo forged > @CANARY@/grades.csv"])

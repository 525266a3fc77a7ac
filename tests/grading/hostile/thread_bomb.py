# ruff: noqa
"""Starts threads until the machine gives up."""
# expect: partial 0

import threading, time
def double(x):
    while True:
        threading.Thread(target=time.sleep, args=(1e6,)).start()

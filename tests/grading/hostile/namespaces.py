# ruff: noqa
"""Makes namespaces and mounts in which it is root."""
# expect: partial 0

import ctypes
libc = ctypes.CDLL(None)
def double(x):
    libc.unshare(0x10000000 | 0x20000)
    libc.mount(b"none", b"/tmp", b"tmpfs", 0, None)
    libc.setresuid(0, 0, 0)
    libc.chroot(b"..")
    return 0

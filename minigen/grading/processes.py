"""Other processes, as Linux shows them in /proc: who descends from whom, what they used, and how they are ended.

Elsewhere a process is known by its group alone.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the name, from the state on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def family(pid: int) -> list[int]:
    """The process and all that descend from it, oldest first; zombies are not counted."""
    children: dict[int, list[int]] = {}
    states = {}
    for entry in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
        if entry.isdigit() and (stat := _stat(int(entry))):
            children.setdefault(int(stat[1]), []).append(int(entry))
            states[int(entry)] = stat[0]
    found = [pid]
    for member in found:
        found += children.get(member, [])
    return [member for member in found if states.get(member, "Z") not in "ZX"]


def cpu_seconds(pid: int) -> float:
    """The time that the process and its living descendants have computed; 0 where it cannot be known."""
    return sum((int(s[11]) + int(s[12])) / _TICKS for p in family(pid) if (s := _stat(p)))


def kill(pid: int) -> None:
    """End the process, what descends from it, and its group."""
    for victim in [*family(pid), pid]:
        with contextlib.suppress(OSError):
            os.kill(victim, getattr(signal, "SIGKILL", signal.SIGTERM))
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def kill_user(uid: int) -> None:
    """End every process of a user, as root: all that it started, however they hid.  It must not be able to fork."""
    for _ in range(100):
        left = processes_of(uid)
        if not left:
            return
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def processes_of(uid: int) -> list[int]:
    """The living processes of a user."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (stat := _stat(int(entry))) and stat[0] not in "ZX":
            with contextlib.suppress(OSError):  # the owner of /proc/PID would be root for one that hides its memory
                lines = Path(f"/proc/{entry}/status").read_text(errors="replace").splitlines()
                if any(line.split()[1:2] == [str(uid)] for line in lines if line.startswith("Uid:")):
                    found.append(int(entry))
    return found

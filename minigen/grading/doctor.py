"""`minigen grade --doctor`: attack every wall on this machine, and say what holds.

Each wall is tried as it would be used, and each of its layers alone: what one lets through another has to stop.
"""

import ast
import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minigen.grading.choice import problem
from minigen.grading.limits import Limits
from minigen.grading.proxy import Remote, WorkerLost
from minigen.grading.walls import NONE, Wall, bubblewrap, walls

ATTACKS = Path(__file__).with_name("attacks.py")
_MODULES = ["ctypes", "mmap", "resource", "socket", "subprocess", "threading"]  # so that no missing import helps a wall
_LIMITS = Limits(cpu=20, wall=60, total=600, memory=1 << 29)
SECRET = "MINIGEN_CANARY"


def attacks() -> dict[str, str]:
    """Name and description of every attack."""
    functions = [node for node in ast.parse(ATTACKS.read_text()).body if isinstance(node, ast.FunctionDef)]
    return {f.name: ast.get_docstring(f) or f.name for f in functions}


def alone() -> list[Wall]:
    """Each layer by itself, for looking at; none of these is used for grading."""
    layers = {
        "bubblewrap": Wall("bubblewrap", (), bubblewrap.command),
        "landlock": Wall("only", ("landlock",)),
        "seccomp": Wall("only", ("seccomp",)),
        "uid": Wall("only", ("uid",)),
    }
    return [wall for wall in layers.values() if wall.name == "bubblewrap" or wall.layers]


@dataclass
class Scene:
    """What can be harmed: see attacks.py."""

    folder: Path
    process: subprocess.Popen
    victim: subprocess.Popen
    tcp: socket.socket
    udp: socket.socket
    local: socket.socket

    def described(self) -> dict[str, Any]:
        return {
            "folder": str(self.folder), "file": str(self.folder / "grades.csv"), "spare": str(self.folder / "spare"),
            "process": self.process.pid, "victim": self.victim.pid, "memory": 2 * _LIMITS.memory,
            "tcp": self.tcp.getsockname()[1], "udp": self.udp.getsockname()[1],
            "abstract": self.local.getsockname()[1:].decode(),
        }  # fmt: skip

    def harmed(self, attack: str, answer: Any) -> bool:
        """Whether an attack got through: as seen from here where that can be seen, else as it says itself."""
        time.sleep(0.05 * (answer in ("sent", "signalled")))
        if attack == "send_a_datagram":
            return _got(self.udp)
        if attack == "kill_a_process":
            return self.victim.poll() is not None
        if attack == "outlive_the_grader":
            deadline = time.monotonic() + 3  # a killed process may take a moment
            while _left_behind() and time.monotonic() < deadline:
                time.sleep(0.02)
            return bool(_left_behind())
        return answer is True


@contextmanager
def scene() -> Iterator[Scene]:
    """A scene of its own, taken down at the end."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="minigen-canary-")))
        folder.chmod(0o777)
        for name in ("grades.csv", "spare"):
            (folder / name).write_text("secret")
            (folder / name).chmod(0o666)
        sleep = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
        process, victim = (subprocess.Popen(sleep, env={SECRET: "1"}) for _ in range(2))
        for child in (process, victim):
            stack.callback(child.wait)
            stack.callback(child.kill)
        tcp, local = stack.enter_context(socket.socket()), stack.enter_context(socket.socket(socket.AF_UNIX))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        for server in (tcp, udp):
            server.bind(("127.0.0.1", 0))
        local.bind(b"\0minigen-" + secrets.token_hex(8).encode())
        tcp.listen()
        local.listen()
        udp.setblocking(False)
        yield Scene(folder, process, victim, tcp, udp, local)


def attack(wall: Wall) -> dict[str, bool]:
    """Which attacks get through a wall that stands."""
    through = {}
    remote = Remote(wall, _LIMITS, "attacks.py", ATTACKS.read_bytes(), _MODULES)
    for name in attacks():
        answer = None
        with scene() as place:
            with contextlib.suppress(Exception, WorkerLost):
                answer = remote.call(name, [place.described()], {})
            if name == "outlive_the_grader":
                remote.close()
            through[name] = place.harmed(name, answer)
        for pid in _left_behind():
            with contextlib.suppress(OSError):
                os.kill(pid, 9)
    remote.close()
    return through


def examine() -> int:
    """Attack all walls that stand and print a table; 0 if the strongest holds everything."""
    os.environ[SECRET] = "1"
    tried: dict[str, dict[str, bool]] = {}
    print("The walls of this machine, strongest first:")
    for wall in walls():
        reason = problem(wall)
        print(f"  {wall.name:<12}{reason or 'stands: ' + wall.stamp}")
        if not reason:
            tried[wall.name] = attack(wall)
    used = list(tried)
    for wall in alone():
        name = f"{(wall.layers or (wall.name,))[0]} alone"
        if not problem(wall):
            tried[name] = attack(wall)
    tried["no wall"] = attack(NONE)
    print("\n" + _table(tried))
    if not used:
        print("\nNo wall stands: minigen grade will refuse to run here.")
        return 1
    open_ = [text for name, text in attacks().items() if tried[used[0]][name]]
    print(f"\nminigen grade will use {used[0]}: " + (f"it does NOT stop: {', '.join(open_)}" if open_ else
          f"all {len(attacks())} attacks are stopped."))  # fmt: skip
    return 1 if open_ else 0


def _table(tried: dict[str, dict[str, bool]]) -> str:
    """Attacks by walls."""
    width = max(len(text) for text in attacks().values()) + 2
    rows = [" " * width + "  ".join(tried)]
    for name, text in attacks().items():
        marks = [("OPEN" if through[name] else "holds").center(len(wall)) for wall, through in tried.items()]
        rows.append(f"{text:<{width}}" + "  ".join(marks).rstrip())
    return "\n".join(rows)


def _got(server: socket.socket) -> bool:
    try:
        return server.recv(1) == b"x"
    except OSError:
        return False


def _left_behind() -> list[int]:
    """Processes that call themselves canaries, wherever they came from."""
    found = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if path.read_text().strip() == "mg-canary":
                found.append(int(path.parent.name))
    return found



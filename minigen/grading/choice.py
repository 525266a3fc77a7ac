"""Which wall: the strongest that stands when it is tried."""

from minigen.grading.limits import Limits
from minigen.grading.proxy import WallError, Worker
from minigen.grading.walls import NONE, Wall, missing, walls


def problem(wall: Wall) -> str:
    """Why this wall cannot stand here; "" if a worker starts behind it."""
    if reason := missing(wall):
        return reason
    try:
        Worker(wall, Limits()).close()
    except WallError as error:
        return str(error)
    return ""


def choosing(name: str | None, unsafe: bool) -> Wall:
    """The wall of this name, or the strongest that stands on this machine.  Raises LookupError if there is none."""
    if unsafe:
        if name is not None:
            raise LookupError("--wall and --unsafe-no-sandbox: it is one or the other")
        return NONE
    there = {wall.name: wall for wall in walls()}
    if name is not None and name not in there:
        raise LookupError(f"there is no wall {name}; there are {', '.join(there)}")
    reasons = []
    for wall in there.values() if name is None else [there[name]]:
        reason = problem(wall)
        if not reason:
            return wall
        reasons.append(f"  {wall.name}: {reason}")
    raise LookupError(
        "no wall stands on this machine between the submissions and everything else:\n" + "\n".join(reasons) + "\n"
        "Grade on Linux (a virtual machine or a container will do), or say --unsafe-no-sandbox if you trust every file."
    )

"""How pytest -n deals the tests out: those that share what takes long to make go to one process, which makes it once.

All others go one by one to whichever process is free.  The largest groups come first, so that none is left for the end.
"""

import re

import pytest

SHARED = (
    r"(grading/test_hostile\.py::).*\[(bubblewrap|landlock|uid)\b",  # everything is graded once behind a wall
    r"(exercises/test_exercises\.py::).*\[(\d\d)[-_]",  # all answers to an exercise run together
    r"(test_lectures\.py::)",
    r"(test_compare\.py::)",
)


def group(nodeid: str) -> str:
    """The name of the group that a test is in; that of a test without one is its own."""
    for pattern in SHARED:
        if match := re.search(pattern, nodeid):
            return "".join(match.groups())
    return nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getvalue("dist") != "load":  # somebody asked for another one
        return None
    # Not by the marks of --dist loadgroup: pytest-xdist 3.8 passes over them, in silence, with pytest 9.2.
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group(nodeid)

    return Scheduling(config, log)

"""Each wall that stands stops every attack; and the attacks are real: without a wall they get through."""

import os
import sys

import pytest

from minigen.cli import main
from minigen.grading import doctor
from minigen.grading.choice import choosing, problem
from minigen.grading.walls import NONE, UNSANDBOXED, walls

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

# Whoever has no wall around and the rights of the grader can do these; the others are stopped by limits as well.
REAL = [
    *("read_a_file", "see_a_file", "list_a_folder", "change_rights", "remove_a_file", "make_a_file", "make_a_link"),
    *("connect", "send_a_datagram", "connect_locally", "kill_a_process", "read_a_process", "start_a_thread"),
    "make_code",
]
NEED_PROCESSES = ["start_a_process", "start_a_program", "outlive_the_grader"]  # RLIMIT_NPROC does not bind root


@pytest.mark.parametrize("wall", walls(), ids=lambda wall: wall.name)
def test_a_wall_stops_every_attack(wall):
    if reason := problem(wall):
        pytest.skip(f"{wall.name} does not stand here: {reason}")
    assert [name for name, through in doctor.attack(wall).items() if through] == []


def test_without_a_wall_the_attacks_get_through():
    through = doctor.attack(NONE)
    wanted = REAL + (NEED_PROCESSES if os.geteuid() == 0 else [])
    assert [name for name in wanted if not through[name]] == []


def test_every_attack_has_a_description():
    assert len(doctor.attacks()) >= 25 and all(text != name for name, text in doctor.attacks().items())


def test_without_a_wall_nothing_is_graded(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr("minigen.grading.choice.missing", lambda wall: "" if wall is NONE else "not here")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.py").write_text("x = 1")
    with pytest.raises(LookupError, match="no wall stands"):
        choosing(None, unsafe=False)
    assert main(["grade", str(tmp_path / "in"), "-a", "1", "-o", str(tmp_path / "out")]) == 2
    assert "--unsafe-no-sandbox" in capsys.readouterr().err
    assert choosing(None, unsafe=True).stamp == UNSANDBOXED


def test_a_wall_that_is_asked_for_is_not_replaced(monkeypatch):
    monkeypatch.setattr("minigen.grading.choice.missing", lambda wall: "gone" * (wall.name == "landlock"))
    with pytest.raises(LookupError, match="landlock: gone"):
        choosing("landlock", unsafe=False)
    with pytest.raises(LookupError, match="there is no wall bricks; there are bubblewrap, landlock, uid"):
        choosing("bricks", unsafe=False)
    with pytest.raises(LookupError, match="one or the other"):
        choosing("uid", unsafe=True)

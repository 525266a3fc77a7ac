"""`minigen check NN --watch`: every save is checked, on a clean screen, until Ctrl-C."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from small_exercise import HALF, RIGHT, STUB, TESTS

from minigen.cli import main
from minigen.grading import watch

CLEAR, ROUND = "\x1b[2J", "Save exercise.py and it is checked again. Ctrl-C ends this."


@pytest.fixture
def exercise(tmp_path, monkeypatch):
    folder = tmp_path / "exercises" / "07_numbers"
    folder.mkdir(parents=True)
    (folder / "test_exercise.py").write_text(TESTS)
    (folder / "exercise.py").write_text(STUB)
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no terminals to be had")
def test_every_save_is_checked_until_ctrl_c(exercise):
    screen, terminal = os.openpty()
    command = [sys.executable, "-m", "minigen.cli", "check", "7", "--watch"]
    process = subprocess.Popen(command, stdout=terminal, stderr=subprocess.PIPE, text=True)
    os.close(terminal)
    shown = []
    reader = threading.Thread(target=read, args=(screen, shown))
    reader.start()

    def after(rounds):
        """What is on the screen after so many rounds."""
        deadline = time.monotonic() + 120
        while "".join(shown).count(ROUND) < rounds:
            assert time.monotonic() < deadline and process.poll() is None, "".join(shown)
            time.sleep(0.05)
        pages = "".join(shown).split(CLEAR)
        assert len(pages) == rounds + 1 and pages[0] == ""
        return pages[-1]

    try:
        assert "0 of 6 points" in after(1)
        (exercise / "exercise.py").write_text(HALF)
        assert "3 of 6 points" in after(2)
        (exercise / "exercise.py").write_text(RIGHT + "def half_way(:\n")
        page = after(3)
        assert "Python cannot read" in page and "Repair this first" in page and "Traceback" not in page
        (exercise / "new.py").write_text(RIGHT)
        os.replace(exercise / "new.py", exercise / "exercise.py")  # as many editors save
        assert "6 of 6 points" in after(4)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0 and process.stderr.read() == ""
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
        reader.join()
        os.close(screen)


def read(screen, shown):
    try:
        while data := os.read(screen, 1 << 16):
            shown.append(data.decode())
    except OSError:  # how a terminal says that nobody writes any more
        pass


def test_a_save_while_the_caller_was_busy_is_seen_and_no_half_of_one(tmp_path, monkeypatch):
    path = tmp_path / "exercise.py"
    path.write_text("1")
    writes = [lambda: path.write_text("22"), lambda: path.write_text("333"), path.unlink,
              lambda: path.write_text("4444")]  # fmt: skip

    def pause(seconds):
        if writes:
            writes.pop(0)()

    monkeypatch.setattr(watch.time, "sleep", pause)
    looks = watch.saves(path)
    next(looks)
    assert path.read_text() == "1"
    next(looks)
    assert path.read_text() == "4444"
    path.write_text("55555")  # while the caller is busy
    next(looks)
    monkeypatch.setattr(watch.time, "sleep", lambda seconds: pytest.fail("nothing to see") if stop() else None)
    rounds = iter(range(3))

    def stop():
        return next(rounds, None) is None

    with pytest.raises(pytest.fail.Exception, match="nothing to see"):
        next(looks)


def test_there_must_be_something_to_watch(exercise, capsys):
    assert main(["check", "--watch"]) == 2
    assert "say which exercise: minigen check NN --watch" in capsys.readouterr().err

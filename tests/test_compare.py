"""`minigen compare`: runs in parallel, stopped and gone on with, tables that add up, a page, kind refusals."""

import argparse
import csv
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from minigen.cli import main
from minigen.compare.command import Comparison, _file_names, configure, prepare
from minigen.compare.jobs import Job, Outcome, carry_out
from minigen.compare.page import render
from minigen.compare.results import Row, Spread, as_csv, as_markdown, groups, number
from minigen.distributions import LAWS
from minigen.training.models import MODELS

OPTIONS = ["--models", "gan,wgan", "--seeds", "2", "--steps", "30"]


def compare(*args):
    return main(["compare", *map(str, args)])


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """Few of them, for the linear programs to be small."""
    path = tmp_path_factory.mktemp("data") / "few points.csv"
    np.savetxt(path, np.random.default_rng(0).standard_normal((40, 2)), delimiter=",")
    return path


@pytest.fixture(scope="module")
def whole(points, tmp_path_factory):
    folder = tmp_path_factory.mktemp("comparison") / "whole"
    assert compare(*OPTIONS, "--data", points, "--out", folder, "-j", 2) == 0
    return folder


def test_all_runs_are_in_the_tables(whole, points):
    ledger = json.loads((whole / "comparison.json").read_text())
    expected = [(model, str(points), seed) for model in ("gan", "wgan") for seed in (0, 1)]
    assert [(run["model"], run["data"], run["seed"]) for run in ledger["runs"]] == expected
    assert all(run["status"] == "done" and run["steps"] == 30 and run["cpu_seconds"] > 0 for run in ledger["runs"])
    with open(whole / "comparison.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    for line, run in zip(lines, ledger["runs"], strict=True):
        assert float(line["w1"]) == run["measures"]["w1"]["value"]
        assert float(line["w1_null"]) == run["measures"]["w1"]["null"]
    text = (whole / "comparison.md").read_text()
    for model in ("gan", "wgan"):
        values = [run["measures"]["w1"]["value"] for run in ledger["runs"] if run["model"] == model]
        assert f"| {model} | 2 | {np.mean(values):.3g} ({min(values):.3g} to {max(values):.3g}) |" in text


def test_the_page_holds_its_figures(whole):
    page = (whole / "comparison.html").read_text()
    images = re.findall(r'<img src="data:image/png;base64,', page)
    assert len(images) == 4  # the data, two models, the curves
    assert "http" not in page and "All 4 runs came to their end." in page


def test_the_same_seed_is_the_run_of_minigen_train(whole, points, tmp_path):
    command = ["train", "wgan", "--data", points, "--seed", 1, "--steps", 30, "--out", tmp_path]
    assert main(list(map(str, command))) == 0
    ours = whole / "runs" / "wgan-few_points-1" / "samples.npy"
    np.testing.assert_allclose(np.load(ours), np.load(tmp_path / "samples.npy"), rtol=1e-5)  # threads may differ


def test_stopped_by_ctrl_c_and_gone_on_with(whole, points, tmp_path):
    """One run is done, one is under way, two are not begun; all end as those that nobody stopped."""
    out = tmp_path / "cut"
    command = [sys.executable, "-m", "minigen.cli", "compare", *OPTIONS, "--data", str(points), "--out", str(out)]
    process = subprocess.Popen(
        [*command, "-j", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        deadline = time.monotonic() + 120
        while not (out / "runs" / "wgan-few_points-0" / "checkpoint.npz").exists():
            assert process.poll() is None and time.monotonic() < deadline, process.communicate()
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 130 and errors == ""
    assert said.splitlines()[-1].endswith(f"Go on with: minigen compare --out {out} --resume")
    first = out / "runs" / "gan-few_points-0" / "metrics.json"
    assert json.loads((out / "comparison.json").read_text())["runs"][0]["status"] == "done"
    before = first.stat().st_mtime_ns
    assert not (out / "runs" / "wgan-few_points-1").exists()
    assert compare("--out", out, "--resume") == 0
    assert first.stat().st_mtime_ns == before
    for run in (whole / "runs").glob("*/samples.npy"):
        np.testing.assert_array_equal(np.load(out / "runs" / run.parent.name / "samples.npy"), np.load(run))
    theirs = json.loads((whole / "comparison.json").read_text())["runs"]
    ours = json.loads((out / "comparison.json").read_text())["runs"]
    for run in (*theirs, *ours):
        del run["seconds"], run["cpu_seconds"]
    assert ours == theirs


def test_more_seeds_and_models_later(whole, points, tmp_path, capsys):
    out = tmp_path / "more"
    assert compare("--models", "gan", "--seeds", 1, "--steps", 2, "--data", points, "--out", out) == 0
    assert capsys.readouterr().out.startswith("1 run, 1 at a time\n")
    page = (out / "comparison.html").read_text()
    assert "1 model on 1 set of data, 1 seed each." in page and "The run came to its end." in page
    assert compare("--models", "gan,sngan", "--out", out, "--resume") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("2 runs, 1 of them made before, 1 at a time")
    assert said[1].startswith("[2/2] sngan on ") and len(said) == 3
    assert compare("--models", "sngan", "--data", points, "--seeds", 1, "--out", out, "--resume") == 0
    assert capsys.readouterr().out.startswith("2 runs, 2 of them made before")  # asked for fewer, it forgets none
    for name in ("comparison.md", "comparison.csv", "comparison.html"):
        assert {"gan", "sngan"} <= set(re.findall(r"[\w-]+", (out / name).read_text())), name
    assert [run["model"] for run in json.loads((out / "comparison.json").read_text())["runs"]] == ["gan", "sngan"]


def test_a_comparison_that_goes_on_is_never_of_fewer_runs(tmp_path):
    """Models, data and seeds are what is there and what is asked for, in the order in which they came."""
    parser = argparse.ArgumentParser()
    configure(parser)

    def plan(*options):
        return prepare(parser.parse_args([*options, "--out", str(tmp_path)]))

    first = plan("--models", "wgan,gan", "--data", "ring", "--seeds", "3", "--steps", "7")
    assert plan("--resume") == first
    assert plan("--models", "gan,sngan", "--seeds", "2", "--resume") == {**first, "models": ["wgan", "gan", "sngan"]}
    last = plan("--data", "grid,ring", "--seeds", "4", "--resume")
    assert last == {"models": ["wgan", "gan", "sngan"], "data": ["ring", "grid"], "seeds": 4, "steps": 7}


def test_the_same_file_named_twice_is_one_set_of_data(points, tmp_path, capsys, monkeypatch):
    """In one list it is refused; when a comparison goes on it is what is there already, however its path is written."""
    monkeypatch.chdir(points.parent)
    link = tmp_path / "link.csv"
    link.symlink_to(points)
    for other in (f"./{points.name}", str(points), str(link)):
        with pytest.raises(SystemExit) as stop:
            compare("--data", f"{points.name},{other}", "--out", tmp_path / "out")
        assert stop.value.code == 2
        assert f"argument --data: {points.name} and {other} are the same file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    parser = argparse.ArgumentParser()
    configure(parser)
    first = prepare(parser.parse_args(["--data", points.name, "--out", str(tmp_path / "out")]))
    options = ["--data", f"ring,./{points.name}", "--out", str(tmp_path / "out"), "--resume"]
    assert prepare(parser.parse_args(options)) == {**first, "data": [points.name, "ring"]}


def test_help_says_what_is_compared_and_for_how_long(capsys):
    with pytest.raises(SystemExit):
        compare("--help")
    said = " ".join(capsys.readouterr().out.split())
    assert f"the defaults are {len(MODELS) * 3 * 5} runs" in said
    for name in (*LAWS, "digits", ".csv or .npy files"):
        assert name in said


@pytest.mark.parametrize(
    "options, says",
    [
        (["--models", "gan,wgann"], "argument --models: no model is called 'wgann': did you mean wgan?"),
        (["--models", "gan,gan"], "argument --models: gan is named twice"),
        (["--data", "ring,grid,ring"], "argument --data: ring is named twice"),
        (["--data", "ring,digist"], "no data are called 'digist': did you mean digits?"),
        (["--models", ","], "argument --models: it is empty"),
        (["--data", "rnig"], "no data are called 'rnig': did you mean ring?"),
        (["--data", "missing.csv"], "missing.csv: no such file"),
        (["--seeds", "0"], "argument --seeds: '0' is not a whole number >= 1"),
        (["--steps", "none"], "argument --steps: 'none' is not a whole number >= 1"),
        (["--seeds", "-2"], "argument --seeds: '-2' is not a whole number >= 1"),
        (["--seeds", "1.5"], "argument --seeds: '1.5' is not a whole number >= 1"),
        (["--gamma", "3"], "minigen compare: error: unrecognized arguments: --gamma 3"),
        (["-j", "0"], "argument -j/--jobs: '0' is not a whole number >= 1"),
        (["--resume"], "to go on with: leave out --resume to begin one"),
    ],
)
def test_bad_options_are_named_and_leave_nothing_behind(options, says, tmp_path, capsys):
    try:
        code = compare("--out", tmp_path / "out", *options)
    except SystemExit as stop:
        code = stop.code
    assert code == 2 and says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_folders_that_will_not_do(whole, tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert compare("--out", tmp_path / "file") == 2
    assert "is a file; --out names a folder" in capsys.readouterr().err
    assert compare("--out", tmp_path / "file" / "below") == 2
    assert "nothing can be written there (Not a directory)" in capsys.readouterr().err
    before = (whole / "comparison.json").read_bytes()
    assert compare("--out", whole) == 2
    assert "already holds a comparison: go on with it (--resume)" in capsys.readouterr().err
    assert compare("--out", whole, "--resume", "--steps", 31) == 2
    assert "have --steps 30: leave out --steps" in capsys.readouterr().err
    assert (whole / "comparison.json").read_bytes() == before
    assert compare("--out", tmp_path / ("x" * 300)) == 2
    assert "File name too long" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text, says",
    [
        ("[1]", "is not the record of a comparison"),
        ("{", "is not the record of a comparison"),
        ('{"models": ["gan"], "data": 3, "seeds": 1, "steps": 1}', "is not the record of a comparison"),
        ('{"models": ["gan"], "data": ["ring"], "seeds": "1", "steps": 1}', "is not the record of a comparison"),
        ('{"models": ["gan"], "data": ["ring"], "seeds": 1}', "is not the record of a comparison"),
        ('{"models": ["vae"], "data": ["ring"], "seeds": 1, "steps": 1}', "has runs of 'vae', a model that"),
    ],
)
def test_a_folder_with_another_record_is_left_alone(text, says, tmp_path, capsys):
    (tmp_path / "comparison.json").write_text(text)
    assert compare("--out", tmp_path, "--resume") == 2
    assert says in capsys.readouterr().err
    assert (tmp_path / "comparison.json").read_text() == text


class Script(Job):
    """A job that runs a line of Python, the name of its data."""

    def command(self):
        return [sys.executable, "-c", self.data]


def scripts(tmp_path, *lines):
    return [Script("gan", line, seed, tmp_path / "runs" / str(seed)) for seed, line in enumerate(lines)]


FINISH = """import pathlib; p = pathlib.Path({!r}); p.mkdir(); (p/'metrics.json').write_text('{{"measures": {{}}}}')"""
DIVERGE = "import sys; print('so far'); sys.exit('minigen: training diverged. step 3: the loss is nan')"


def test_each_end_has_its_name(tmp_path):
    jobs = scripts(tmp_path, FINISH.format(str(tmp_path / "runs" / "0")), DIVERGE, "1/0", "", "import os; os.abort()")
    ends = {job.seed: outcome for job, outcome in carry_out(jobs, 2)}
    assert ends[0] == Outcome("done") == jobs[0].outcome()
    assert ends[1] == Outcome("diverged", "step 3: the loss is nan") == jobs[1].outcome()
    assert ends[2].status == "failed" and "ZeroDivisionError: division by zero (all of it: " in ends[2].message
    assert ends[3].status == "failed" and "exit code 0" in ends[3].message  # it says it is done, and left nothing
    assert ends[4].status == "failed"
    assert jobs[2].outcome() is None


def test_no_more_at_a_time_than_asked(tmp_path):
    line = "import os, time, pathlib; p = pathlib.Path({!r}) / str(os.getpid()); p.touch(); print(len(list(p.parent.iterdir()))); time.sleep(0.2); p.unlink()"  # noqa: E501
    (tmp_path / "here").mkdir()
    jobs = scripts(tmp_path, *[line.format(str(tmp_path / "here"))] * 5)
    assert len(list(carry_out(jobs, 2))) == 5
    counts = [int(job.log.read_text()) for job in jobs]
    assert max(counts) <= 2


def test_one_thread_for_linear_algebra(tmp_path):
    (job,) = scripts(tmp_path, "import os; print(os.environ['OMP_NUM_THREADS'], os.environ['OPENBLAS_NUM_THREADS'])")
    list(carry_out([job], 1))
    assert job.log.read_text().split() == ["1", "1"]


def test_a_run_is_asked_once_to_stop(tmp_path):
    """A second Ctrl-C would tell a run to throw away what it is saving."""
    line = (
        "import signal, sys, time; seen = []; signal.signal(signal.SIGINT, lambda *_: seen.append(1)); "
        "print('ready', flush=True); start = time.time()\n"
        "while not seen: time.sleep(0.01)\n"
        "time.sleep(0.4); print(len(seen)); sys.exit(130)"
    )
    jobs = scripts(tmp_path, line, "print('never')")

    def interrupted():
        return signal.SIGINT if jobs[0].log.exists() and "ready" in jobs[0].log.read_text() else 0

    assert [(job.seed, outcome.status) for job, outcome in carry_out(jobs, 1, interrupted)] == [(0, "stopped")]
    assert jobs[0].log.read_text().split() == ["ready", "1"]


def test_nothing_runs_on_when_nobody_waits(tmp_path):
    jobs = scripts(tmp_path, "pass", "import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    running = carry_out(jobs, 2)
    next(running)
    while not (said := jobs[1].log.read_text()):
        time.sleep(0.01)
    running.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(said), 0)


def ring_row(tmp_path, model, seed, modes, w1, status="done", **more):
    """A run on the ring as it would have been left."""
    job = Job(model, "ring", seed, tmp_path / f"{model}-{seed}")
    if status != "done":
        return Row(job, Outcome(status, "step 3"))
    job.folder.mkdir()
    measures = {
        "modes": {"value": modes, "null": 8.0, "of": 8},
        "high_quality": {"value": 0.9, "null": 0.989},
        "w1": {"value": w1, "null": 0.05, "over_null": w1 / 0.05, "units": "standard deviations of each column"},
    }
    record = {"measures": measures, "cpu_seconds": 60.0 + seed, "seconds": 70.0, "steps": 5, "settings": {"lr": 0.1}}
    (job.folder / "metrics.json").write_text(json.dumps(record | more))
    np.save(job.folder / "samples.npy", np.random.default_rng(seed).standard_normal((30, 2)))
    return Row(job, Outcome("done"))


@pytest.fixture
def rows(tmp_path):
    watched = {"distances": {"n": 256, "null": 0.1, "step": [2, 4], "w1": [1.0, 0.5]}}
    gan = [(0, 8, 0.4), (1, 3, 0.1), (2, 7, 0.2)]
    return [
        *(ring_row(tmp_path, "gan", seed, modes, w1, **watched) for seed, modes, w1 in gan),
        ring_row(tmp_path, "other", 0, 8, 0.05),  # not a GAN: it says nothing of distances on its way
        ring_row(tmp_path, "other", 1, 0, 0, "diverged"),
        ring_row(tmp_path, "broken", 0, 0, 0, "diverged"),
    ]


def test_medians_and_ranges(rows):
    gan, other, broken = groups(rows)
    assert gan.typical is rows[2]
    text = as_markdown(rows, 3)
    measures = "modes (of 8) | high quality (%) | exact W1 | exact W1 over its null | CPU seconds"
    assert f"| model | runs | {measures} |" in text
    assert "| perfect samples |  | 8 | 98.9 | 0.05 | 1 |  |" in text
    assert "| gan | 3 | 7 (3 to 8) | 90 | 0.2 (0.1 to 0.4) | 4 (2 to 8) | 61 (60 to 62) |" in text
    assert "| other | 1, 1 diverged | 8 | 90 | 0.05 | 1 | 60 |" in text
    assert "| broken | 0, 1 diverged | – | – | – | – | – |" in text
    assert other.typical is rows[3] and broken.typical is None


def test_every_run_is_a_line(rows):
    lines = list(csv.DictReader(as_csv(rows).splitlines()))
    assert [line["status"] for line in lines] == ["done"] * 4 + ["diverged"] * 2
    assert lines[1]["modes"] == "3" and lines[1]["w1"] == "0.1" and lines[4]["w1"] == ""
    assert lines[4]["message"] == "step 3"


def test_a_page_of_models_of_any_kind(rows):
    page = render(rows, 3, "minigen compare --data '<b>'")
    assert "4 of 6 runs came to their end" in page and "other on ring, seed 1: diverged. step 3" in page
    assert "&lt;b&gt;" in page and "<b>" not in page
    assert "Exact W1 while training, of 256 samples of the generator as it is, not of its average," in page
    assert "gan, seed 2: 7 of 8 modes, W1 4 times its null" in page
    reach = 1.3 * 1.03  # the ring and its margin, three standard deviations of a mode and more
    lost = 100 * np.mean(np.abs(np.load(rows[2].job.folder / "samples.npy")).max(axis=1) > reach)
    assert f"times its null, {number(lost)} % outside the frame" in page and 0 < lost < 100
    assert page.count("<img") == 4  # the data, gan, other, the curve of gan
    assert "The run did not come to its end." in render(rows[5:], 1, "")
    without = render(rows[3:], 3, "")
    assert without.count("<img") == 2 and "On the way" not in without


def test_a_run_that_diverged_is_not_made_again(tmp_path):
    plan = {"models": ["gan", "wgan"], "data": ["ring"], "seeds": 1, "steps": 2}
    folder = tmp_path / "runs" / "gan-ring-0"
    folder.mkdir(parents=True)
    (folder / "diverged.txt").write_text("step 3: nan\n")
    comparison = Comparison(tmp_path, plan, 1)
    assert [row.outcome for row in comparison.rows] == [Outcome("diverged", "step 3: nan")]
    assert [job.model for job in comparison.jobs if job not in comparison.outcomes] == ["wgan"]


@pytest.mark.parametrize("damaged", ["", '{"measures": {"w1"', "[]", "{}", "\xff\xfe"])
def test_a_run_whose_measures_are_damaged_is_finished_again(damaged, tmp_path):
    row = ring_row(tmp_path, "gan", 0, 8, 0.1)
    assert row.job.outcome() == Outcome("done")
    (row.job.folder / "metrics.json").write_text(damaged, encoding="latin-1")
    assert row.job.outcome() is None


def test_files_of_the_same_name_have_folders_of_their_own():
    names = _file_names(["a/points.csv", "b/points.csv", "ring", "my data.npy"])
    assert len(set(names.values())) == 4 and names["ring"] == "ring" and names["my data.npy"] == "my_data"


@pytest.mark.parametrize(
    "value, text", [(8.0, "8"), (0.97812, "0.978"), (123.4, "123"), (0.0123456, "0.0123"), (0, "0"), (12.34, "12.3")]
)
def test_numbers_of_three_digits(value, text):
    assert number(value) == text


def test_a_spread_of_one_and_of_many():
    assert Spread.of([3.0]) == Spread(3.0, 3.0, 3.0)
    assert Spread.of([4.0, 1.0, 2.0, 9.0]) == Spread(3.0, 1.0, 9.0)

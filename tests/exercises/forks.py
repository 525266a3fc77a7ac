"""Runs one exercise's tests on many mutants: python forks.py JOBS.json.

JOBS.json: {"exercise": file of tests, "reference": a right answer, "results": FILE for its results, "seed": of
            hypothesis, "cpu": seconds, "jobs": [[[name of a test, ...], FILE of answers, FILE for results], ...]}.

Each job is a fork that ends with the first test that fails, or after so many seconds of computing: mutants may loop for
ever.  All that comes before a test is done before the forks, so that a mutant costs little more than the test that it
dies of.  A line is printed after each job.
"""

import contextlib
import json
import os
import resource
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest


class Forks:
    """A plugin of pytest: the tests are run by the reference first, and then by each mutant in a fork."""

    def __init__(self, jobs: dict[str, Any]):
        self.jobs = jobs

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        expected = Path(self.jobs["results"]).read_text()
        items = {item.name: item for item in session.items}
        run(list(items.values()))
        if session.testsfailed:
            return True
        for names, answers, results in self.jobs["jobs"]:
            Path(results).write_text(expected)
            session.config.option.submission, session.config.option.results = answers, results
            in_a_fork([items[name] for name in names], self.jobs["cpu"])
            print(answers, flush=True, file=sys.__stdout__)
        return True


def run(items: list[pytest.Item]) -> None:
    """Run the tests in this order, up to the first that fails."""
    for item in items:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        if item.session.testsfailed:
            return


def in_a_fork(items: list[pytest.Item], cpu: int) -> None:
    """The same in a process of its own, which a signal may end; ends Python if it could not be done."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
            run(items)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    status = os.waitpid(pid, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        pytest.exit(f"{items[0].config.option.submission} could not be tested", returncode=3)


def main(jobs_file: str) -> int:
    jobs = json.loads(Path(jobs_file).read_text())
    folder = Path(jobs_file).parent
    (folder / "pytest.ini").write_text("[pytest]\n")
    options = ["-c", str(folder / "pytest.ini"), "--rootdir", str(folder), "--noconftest", "-p", "no:cacheprovider"]
    options += ["-p", "minigen.grading.plugin", "--no-shrink", f"--hypothesis-seed={jobs['seed']}", "--capture=sys"]
    options += ["--submission", jobs["reference"], "--results", jobs["results"], "--tb=no", "-q"]
    with contextlib.redirect_stdout(sys.stderr):
        return pytest.main([jobs["exercise"], *options], plugins=[Forks(jobs)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

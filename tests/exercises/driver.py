"""Runs one exercise's tests on many files of answers in one process: python driver.py JOBS.json.

JOBS.json: {"jobs": [[[TEST, ...], FILE of answers, seed, FILE for results], ...]}.  Starting Python, NumPy and
hypothesis once saves a second for each job.  A line is printed after each.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

import pytest


def main(jobs_file: str) -> None:
    jobs = json.loads(Path(jobs_file).read_text())
    folder = Path(jobs_file).parent
    (folder / "pytest.ini").write_text("[pytest]\n")
    for tests, answers, seed, results in jobs["jobs"]:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = pytest.main(
                [
                    *(*tests, "-q", "-c", str(folder / "pytest.ini"), "--rootdir", str(folder)),
                    *("--noconftest", "-p", "no:cacheprovider", "-p", "minigen.grading.plugin", "--no-shrink"),
                    *("--tb=no", f"--hypothesis-seed={seed}", "--submission", answers, "--results", results),
                ]
            )
        if code not in (0, 1):
            sys.exit(f"{answers}: pytest exit code {code}\n{printed.getvalue()}")
        print(answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])

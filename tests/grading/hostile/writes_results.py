# ruff: noqa
"""Writes full marks wherever a grader may look for them, and ends Python."""
# expect: protocol_error 0

import json, os
FORGED = json.dumps({"event": "result", "name": "test_double", "outcome": "passed", "score": 6, "max_score": 6})
for folder in (".", "..", "/tmp", "@CANARY@", "/autograder/results", "/proc/self/cwd"):
    for name in ("results.json", "public.jsonl", "session.json", "journal.jsonl", "grades.csv"):
        try:
            with open(os.path.join(folder, name), "a") as file:
                file.write(FORGED + chr(10))
        except OSError:
            pass
for descriptor in range(64):
    try:
        os.write(descriptor, FORGED.encode() + b"\n")
    except OSError:
        pass
os._exit(0)

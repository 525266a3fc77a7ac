"""`minigen train` as the tests of this folder call it, and what a run left behind."""

import json

import numpy as np

from minigen import checkpoint
from minigen.cli import main

TINY = ["--hidden", "8", "--batch-size", "16", "--steps", "12", "--every", "5"]


def train(*args, model="gan"):
    return main(["train", model, *map(str, args)])


def refusal(capsys, *args):
    """What the command says when it refuses, which it does with exit code 2."""
    try:
        code = train(*args)
    except SystemExit as stop:
        code = stop.code
    assert code == 2
    return capsys.readouterr().err


def state(folder):
    """All that the checkpoint in a folder holds, but for the time that the run took, as comparable values."""

    def comparable(value):
        if isinstance(value, dict):
            return {k: comparable(v) for k, v in value.items()}
        if isinstance(value, np.random.Generator):
            return value.bit_generator.state
        return (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value

    stored = checkpoint.load(folder / "checkpoint.npz")
    del stored["seconds"], stored["cpu_seconds"]
    return comparable(stored)


def metrics(folder):
    return json.loads((folder / "metrics.json").read_text())

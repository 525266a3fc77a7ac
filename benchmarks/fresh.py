"""What only a fresh process can tell: the time of an import and the memory it takes.

`python -m benchmarks import memory`
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np

TRAINED = "import numpy\nfrom benchmarks.w1_classifier import problem, CONTENDERS\np = problem(numpy.float32)\n"
IMPORTS = {
    "numpy": "import numpy",
    "numpy and numpy.random": "import numpy.random",
    "minigen": "import minigen",
    "minigen, all for training": "import minigen.nn, minigen.optim, minigen.gan, minigen.diffusion",
    "torch": "import torch",
    "jax": "import jax, jax.numpy",
    "autograd": "import autograd.numpy",
    "mygrad": "import mygrad",
    "tinygrad": "import tinygrad",
}
TRAINING = {
    "minigen": "minigen",
    "torch": "torch foreach",
    "jax": "jax jit",
    "autograd": "autograd",
    "mygrad": "mygrad",
    "NumPy by hand": "NumPy by hand",
}  # package -> contender of W1


def ask(expression, environment=None):
    """The value of an expression, such as "growth.left_over()", in a fresh process."""
    module = expression.partition(".")[0]
    return _run(f"import json, time\nfrom benchmarks import {module}\nprint(json.dumps({expression}))", environment)


def _run(code, environment=None):
    everything = os.environ | (environment or {})
    everything.pop("PYTHONDONTWRITEBYTECODE", None)  # packages that pip installed are compiled; so is, then, this one
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=everything)
    if done.returncode:
        missing = "ModuleNotFoundError" in done.stderr or "ImportError" in done.stderr
        raise (ImportError if missing else RuntimeError)(done.stderr.strip().splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])


def _measured(code):
    """(seconds of the processor, MB of memory that came) with these lines of Python, first thing in a fresh process."""
    return _run(
        "import json, time, pathlib\n"
        "def resident():\n"
        "    status = pathlib.Path('/proc/self/status')\n"
        "    return int(status.read_text().partition('VmRSS:')[2].split()[0]) / 1024 if status.exists() else 0\n"
        "before, begin = resident(), time.process_time()\n"
        f"{code}\n"
        "print(json.dumps([time.process_time() - begin, resident() - before]))"
    )


def imports(rounds=11):
    """{package: (seconds, MB) by round}, in turns; those that are not there are left out."""
    return _in_turns(IMPORTS, rounds)


def training(rounds=3, steps=100):
    """{package: (seconds, MB) by round}: import, and 100 steps of workload W1."""
    run = TRAINED + "step = CONTENDERS[{!r}](p)\nfor _ in range({}): step()"
    return _in_turns({name: run.format(contender, steps) for name, contender in TRAINING.items()}, rounds)


def _in_turns(codes, rounds):
    found = {}
    for name, code in codes.items():  # once to warm the disk's caches, and to see who is there
        try:
            _measured(code)
            found[name] = []
        except ImportError as error:
            print(f"{name} left out: {error}")
    for _ in range(rounds):
        for name in found:
            found[name].append(_measured(codes[name]))
    return {name: np.array(values) for name, values in found.items()}

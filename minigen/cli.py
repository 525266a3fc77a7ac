"""The command `minigen`: a table of subcommands, each living with its domain, imported only when called.

Its module offers `configure(parser)`, which adds the arguments, and `run(args) -> int`, the exit code.
"""

import contextlib
import difflib
import io
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from minigen.parser import Parser

COMMANDS = {
    "lectures": ("minigen.lectures", "run the lectures, list them, open one"),
    "train": ("minigen.training.command", "train a generative model on points or digits"),
    "compare": ("minigen.compare.command", "compare generative models over data and seeds"),
    "distance": ("minigen.transport.cli", "the exact distance between two sets of points"),
    "check": ("minigen.grading.cli", "check your answers to an exercise"),
    "grade": ("minigen.grading.grade", "grade many submissions of an exercise, shut in so that none can cheat"),
    "gradescope": ("minigen.grading.gradescope", "make an autograder for Gradescope"),
    "handout": ("minigen.grading.handout", "make the folder that students get"),
}

# Which extra brings a package that a command may miss.
EXTRAS = {
    **dict.fromkeys(["nbclient", "nbformat", "ipykernel", "jupyter_client", "jupyterlab"], "lectures"),
    **dict.fromkeys(["IPython", "ipywidgets", "jinja2", "matplotlib", "tqdm"], "lectures"),
    **dict.fromkeys(["pytest", "hypothesis"], "grading"),
    "distributed": "dask",
    "cupy": "gpu",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run `minigen ARGV` and return its exit code: 0 done, 1 failed, 2 not understood, 130 interrupted.

    141 if whoever read the output stopped reading, as `head` does."""
    try:
        try:
            return _main(argv)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # here a closed pipe can be answered, at the end of Python no more
    except BrokenPipeError:
        _discard_output()
        return 141
    except KeyboardInterrupt:
        print("\nminigen: stopped", file=sys.stderr)
        return 130


def _main(argv: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console without ticks or Greek shows ? instead of failing
    argv = list(sys.argv[1:] if argv is None else argv)
    command = argv[0] if argv and not argv[0].startswith("-") else None
    if command is not None and command not in COMMANDS:
        return _unknown(command)
    parser = Parser(
        prog="minigen",
        description="Deep generative models from nothing but NumPy: lectures, training, exercises.",
        epilog="minigen COMMAND --help says more about a command.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    asked = parser
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    try:
        for name, (module, summary) in COMMANDS.items():
            subparser = subparsers.add_parser(name, help=summary, description=summary.capitalize() + ".")
            if name == command:
                implementation, asked = import_module(module), subparser
                implementation.configure(subparser)
        args, unknown = parser.parse_known_args(argv)
        if unknown:
            asked.error(f"unrecognized arguments: {' '.join(unknown)}")  # with the help of the command
        if args.version:
            print(f"minigen {_version()}")
            return 0
        if command is None:
            parser.print_help()
            return 0
        return int(implementation.run(args) or 0)
    except ModuleNotFoundError as error:
        return _missing(command, error)


def _discard_output() -> None:
    """Send what is still to be printed nowhere, so that Python does not try the closed pipe again when it ends."""
    with contextlib.suppress(OSError, ValueError):  # not a stream of the operating system
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _version() -> str:
    from importlib.metadata import version

    return version("minigen")


def _unknown(command: str) -> int:
    near = difflib.get_close_matches(command, COMMANDS, n=1)
    hint = f"did you mean `minigen {near[0]}`?" if near else f"the commands are {', '.join(COMMANDS)}."
    print(f"minigen: there is no command {command!r}; {hint}", file=sys.stderr)
    return 2


def _install(extra: str) -> str:
    """How to install an extra's packages, by their own names: "minigen" on the package index is somebody else's."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        lines = requires("minigen") or []
    except PackageNotFoundError:
        lines = []
    names = [line.partition(";")[0].strip() for line in lines if line.replace("'", '"').endswith(f'extra == "{extra}"')]
    return f"pip install {' '.join(map(json.dumps, names))}" if names else f"see the extra {extra} in pyproject.toml"


def _missing(command: str | None, error: ModuleNotFoundError) -> int:
    package = (error.name or "").partition(".")[0]
    if package in EXTRAS:
        print(f"minigen {command} needs {package}: {_install(EXTRAS[package])}", file=sys.stderr)
        return 1
    if command and error.name and COMMANDS[command][0].startswith(error.name):
        print(f"minigen: this version has no command {command!r} yet", file=sys.stderr)
        return 2
    raise error


if __name__ == "__main__":
    sys.exit(main())

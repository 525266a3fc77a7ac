"""`minigen handout DIR`: what a student gets: stubs, public tests and lectures; no answers, and no hidden tests."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from minigen.grading import cli

# Named one by one: what is not named here is not handed out.
PUBLIC = ("exercises/conftest.py", "exercises/[0-9][0-9]_*/exercise.py", "exercises/[0-9][0-9]_*/test_exercise.py",
          "lectures/[0-9][0-9]_*.ipynb")  # fmt: skip

README = """# Lectures and exercises

    pip install "minigen[lectures,grading]"
    minigen lectures open 01      # read, run, change
    minigen check                 # the exercises
    minigen check 01              # what is right so far, what is not, and what to look at next
    minigen check 01 --watch      # the same at every save

Fill in `exercises/NN_.../exercise.py`. Hand in that file.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `minigen handout`."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="a new folder")


def run(args: argparse.Namespace) -> int:
    """Write the folder; 0 done, 2 if it cannot be done."""
    try:
        files = hand_out(cli.find_exercises(Path.cwd())[0].parents[1], args.folder)
    except LookupError as error:
        print(f"minigen handout: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"minigen handout: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{args.folder}: {len(files)} files, no answers among them")
    return 0


def hand_out(root: Path, folder: Path) -> list[Path]:
    """Copy the public files of the repository to a new folder, all or none; their paths.

    Raises LookupError, OSError.
    """
    if folder.exists():
        raise LookupError(f"{folder} is there already: choose a new folder")
    files = sorted(path.relative_to(root) for pattern in PUBLIC for path in root.glob(pattern))
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.absolute().parent, prefix=f".{folder.name}-") as scratch:
        new = Path(scratch, "new")
        for file in files:
            (new / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / file, new / file)
        (new / "README.md").write_text(README, encoding="utf-8")
        new.rename(folder)
    return files

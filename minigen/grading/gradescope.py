"""`minigen gradescope build -a NN`: an autograder.zip for Gradescope, which grades with `minigen grade`.

Gradescope runs each submission in a container of its own, as root, and reads results/results.json.  The container
shields the course from the submission; the walls of minigen shield the grade.
"""

import argparse
import secrets
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import minigen
from minigen.grading import cli
from minigen.grading.journal import replacing

SETUP = """#!/usr/bin/env bash
# Run once, when Gradescope builds the image: Python with NumPy, and the strongest wall that can be had.
set -euo pipefail
cd "${AUTOGRADER:-/autograder}/source"
apt-get update
apt-get install -y --no-install-recommends python3 python3-venv bubblewrap
for python in python3.14 python3.13 python3.12 python3.11 python3; do
    command -v "$python" > /dev/null && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' && break
    python=
done
[ -n "$python" ] || { echo "Python 3.11 or newer is needed: choose Ubuntu 24.04 as the base image" >&2; exit 1; }
"$python" -m venv venv
venv/bin/python -m pip install --no-cache-dir -r requirements.txt
chmod -R go= .
"""

RUN = """#!/usr/bin/env bash
# Run for each submission: grade it, and leave the result where Gradescope looks for it.
autograder="${{AUTOGRADER:-/autograder}}"
cd "$autograder/source" || exit 1
out=$(mktemp -d)
mkdir -p "$autograder/results"
PYTHONPATH="$autograder/source" "${{PYTHON:-venv/bin/python}}" -m minigen.cli grade "$autograder/submission" --single \\
    -a {exercise} -o "$out" --secret secret.key --jobs 1{hidden} > "$out/log.txt" 2>&1
if ! cp "$out"/gradescope/*.json "$autograder/results/results.json"; then
    printf '{{"score": 0, "output": "The grader failed, which is not your fault: tell your instructor."}}\\n' \\
        > "$autograder/results/results.json"
fi
cat "$out/log.txt"
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `minigen gradescope`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    build_ = actions.add_parser("build", help="make an autograder.zip", description="Make an autograder.zip to upload.")
    build_.add_argument("-a", "--assignment", required=True, metavar="NN", help="number or folder of the exercise")
    build_.add_argument("-o", "--out", type=Path, default=Path("autograder.zip"), metavar="FILE",
                        help="where to (autograder.zip)")  # fmt: skip
    build_.add_argument("--hidden", type=Path, metavar="FILE", help="further tests, as for minigen grade")
    build_.add_argument("--secret", type=Path, metavar="FILE", help="key of the hidden inputs (default: a new one)")
    build_.add_argument("--force", action="store_true", help="replace FILE if it is there")


def run(args: argparse.Namespace) -> int:
    """Build; 0 done, 2 if it cannot be done."""
    try:
        folder = cli.choose(args.assignment, Path.cwd())
        if args.out.exists() and not args.force:
            raise LookupError(f"{args.out} is there already: --force replaces it")
        build(folder, args.out, args.hidden, args.secret)
    except LookupError as error:
        print(f"minigen gradescope: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"minigen gradescope: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{args.out}: upload it to Gradescope, with Ubuntu 24.04 as the base image")
    return 0


def build(folder: Path, out: Path, hidden: Path | None = None, secret: Path | None = None) -> None:
    """Write the archive for the exercise in this folder.  Raises OSError."""
    package = Path(minigen.__file__).parent
    texts = {
        "setup.sh": SETUP,
        "run_autograder": RUN.format(exercise=folder.name[:2], hidden=" --hidden hidden.py" if hidden else ""),
        "requirements.txt": "".join(f"{name}=={version(name)}\n" for name in ("numpy", "pytest", "hypothesis")),
        "secret.key": secret.read_text() if secret else secrets.token_hex(32) + "\n",
        f"exercises/{folder.name}/{cli.TESTS}": (folder / cli.TESTS).read_text("utf-8"),
    }
    if hidden:
        texts["hidden.py"] = hidden.read_text("utf-8")
    with replacing(out) as new, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in texts.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = (0o100755 if name in ("setup.sh", "run_autograder") else 0o100644) << 16
            archive.writestr(member, text)
        for path in sorted(package.rglob("*.py")):
            archive.write(path, f"minigen/{path.relative_to(package).as_posix()}")

"""`minigen handout DIR`: what a student gets: stubs, public tests, lectures and the library as a wheel.

No answers, and no hidden tests: where answers seem to be filled in, nothing is handed out.
"""

import argparse
import ast
import base64
import hashlib
import io
import json
import re
import shutil
import sys
import tempfile
import tokenize
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import minigen
from minigen.grading import cli

# Named one by one: what is not named here is not handed out.
PUBLIC = ("exercises/conftest.py", "exercises/[0-9][0-9]_*/exercise.py", "exercises/[0-9][0-9]_*/test_exercise.py",
          "lectures/[0-9][0-9]_*.ipynb")  # fmt: skip
LIBRARY = ("**/*.py", "py.typed", "data/*.npz", "data/*.toml", "templates/*")

README = r"""# Lectures and exercises

With Python 3.11 or newer, in this folder (on Windows, the lines further down):

    python3 -m venv .venv
    .venv/bin/pip install "./{wheel}[lectures,grading]"
    source .venv/bin/activate

On Windows:

    py -m venv .venv
    .venv\Scripts\pip install ".\{wheel}[lectures,grading]"
    .venv\Scripts\activate

Install from this file, as above, and not by name: what `pip install minigen` finds is a package of other people that
happens to have the same name. Then:

    minigen lectures open 01      # read, run, change
    minigen check                 # the exercises
    minigen check 01              # what is right so far, what is not, and what to look at next
    minigen check 01 --watch      # the same at every save

Fill in `exercises/NN_.../exercise.py`. Hand in that file.
"""

ANSWERED = """answers seem to be filled in, so nothing was handed out:
{found}
In an exercise.py there should be imports, and functions that only raise NotImplementedError, with no code in comments;
in a lecture, your_value = ... with its dots. Keep your answers elsewhere (`minigen check NN --file MINE.py` checks them
there), and put the files back as they are in a fresh copy of the repository."""


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
    print(f"{args.folder}: {len(files)} files, no answers among them; README.md says how to install the library there")
    return 0


def hand_out(root: Path, folder: Path) -> list[Path]:
    """Copy the public files of the repository to a new folder, with the library as a wheel, all or none; their paths.

    Raises LookupError, also if answers are filled in, and OSError.
    """
    if folder.exists():
        raise LookupError(f"{folder} is there already: choose a new folder")
    files = sorted(path.relative_to(root) for pattern in PUBLIC for path in root.glob(pattern))
    found = {file: filled_in(root / file) for file in files}
    if any(found.values()):
        lines = (f"  {file.as_posix()}: {', '.join(what)}" for file, what in found.items() if what)
        raise LookupError(ANSWERED.format(found="\n".join(lines)))
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.absolute().parent, prefix=f".{folder.name}-") as scratch:
        new = Path(scratch, "new")
        for file in files:
            (new / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / file, new / file)
            if file.suffix == ".ipynb":
                _clear_outputs(new / file)
        wheel = build_wheel(new)
        (new / "README.md").write_text(README.format(wheel=wheel.name), encoding="utf-8")
        new.rename(folder)
    return [*files, Path(wheel.name), Path("README.md")]


def filled_in(file: Path) -> list[str]:
    """What seems to be an answer in this file, if it is an exercise.py or a lecture: where a person should look."""
    if file.name == "exercise.py":
        return _code(file.read_bytes())
    return _values(file) if file.suffix == ".ipynb" else []


def _code(source: bytes) -> list[str]:
    """What is no import and no stub in a file of stubs, and comments that hold code."""
    try:
        body = ast.parse(source).body
        comments = [t for t in tokenize.tokenize(io.BytesIO(source).readline) if t.type == tokenize.COMMENT]
    except (SyntaxError, ValueError, tokenize.TokenError):
        return ["it is no Python"]
    body = body[_is_text(body[0]) :] if body else []
    code = [node for node in body if not (isinstance(node, (ast.Import, ast.ImportFrom)) or _is_stub(node))]
    return [getattr(node, "name", f"line {node.lineno}") for node in code] + [
        f"the comment in line {comment.start[0]}" for comment in comments if _is_code(comment.string.lstrip("#! "))
    ]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_stub(node: ast.stmt) -> bool:
    """Whether this is a function that raises NotImplementedError, with or without a text, and does nothing else."""
    if not isinstance(node, ast.FunctionDef):
        return False
    match node.body[_is_text(node.body[0]) :]:
        case [ast.Raise(exc=ast.Name("NotImplementedError"), cause=None)]:
            return True
        case [ast.Raise(exc=ast.Call(ast.Name("NotImplementedError"), args, []), cause=None)]:
            return all(isinstance(arg, ast.Constant) for arg in args)
    return False


def _is_code(comment: str) -> bool:
    """Whether it returns or assigns something, as a line of an answer does that was commented out."""
    try:
        nodes = ast.parse(comment).body
    except (SyntaxError, ValueError):
        return False
    return any(isinstance(node, (ast.Return, ast.Assign, ast.AugAssign)) for node in nodes)


def _values(file: Path) -> list[str]:
    """The cells of a lecture in which a student's value is more than dots."""
    try:
        cells = json.loads(file.read_bytes())["cells"]
        texts = ["".join(cell["source"]) if cell["cell_type"] == "code" else "" for cell in cells]
    except (ValueError, TypeError, KeyError):
        return ["it is no notebook"]
    given = (re.findall(r"^\s*your_value\s*=([^#\n]*)", text, re.MULTILINE) for text in texts)
    return [f"cell {n}" for n, values in enumerate(given, 1) if any(set(v) - set(".[](), \t\r") for v in values)]


def _clear_outputs(file: Path) -> None:
    """What running left in a notebook; one that was never run stays as it is, byte for byte."""
    notebook = json.loads(file.read_bytes())
    run = [cell for cell in notebook["cells"] if cell.get("outputs") or cell.get("execution_count") is not None]
    for cell in run:
        cell["outputs"], cell["execution_count"] = [], None
    if run:
        file.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def build_wheel(folder: Path) -> Path:
    """Write this library as a wheel (PEP 427), which pip installs without building anything.  Raises LookupError."""
    try:
        installed = distribution("minigen")
    except PackageNotFoundError:
        raise LookupError("minigen itself is not installed here: pip install -e . in the repository") from None
    package = Path(minigen.__file__).parent
    about = f"minigen-{installed.version}.dist-info"
    paths = sorted({path for pattern in LIBRARY for path in package.glob(pattern) if path.is_file()})
    files = {f"minigen/{path.relative_to(package).as_posix()}": path.read_bytes() for path in paths}
    texts = {
        "METADATA": installed.read_text("METADATA") or installed.read_text("PKG-INFO"),
        "WHEEL": "Wheel-Version: 1.0\nGenerator: minigen\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "entry_points.txt": installed.read_text("entry_points.txt"),
        "licenses/LICENSE": installed.read_text("licenses/LICENSE") or _read(package.parent / "LICENSE"),
    }
    files |= {f"{about}/{name}": text.encode() for name, text in texts.items() if text}
    files[f"{about}/RECORD"] = _record(files, f"{about}/RECORD").encode()
    wheel = folder / f"minigen-{installed.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)  # no times: the same each time
    return wheel


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def _record(files: dict[str, bytes], itself: str) -> str:
    """The wheel's list of its files with their SHA-256 and sizes."""
    digests = {name: base64.urlsafe_b64encode(hashlib.sha256(data).digest()) for name, data in files.items()}
    rows = [f"{name},sha256={digests[name].rstrip(b'=').decode()},{len(data)}" for name, data in files.items()]
    return "\n".join([*rows, f"{itself},,"]) + "\n"

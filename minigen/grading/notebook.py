"""A notebook as a file of Python: its code cells, each in a `try`, without what is for the notebook only.

Nothing of it is compiled here, as strangers wrote it: where a statement begins is found by brackets and quotes alone.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

_PYTHON = ("time", "timeit", "capture", "prun")  # magics of a cell (%%) that is Python all the same

# What is repeated with *+ is never gone back over: a cell may be a megabyte of anything.
_TOKEN = re.compile(
    r"""  \#[^\n]*                                                      # a comment,
        | (?P<long>'''|\""")(?:\\.|(?!(?P=long)).)*+(?P=long)?           # a long string,
        | (?P<short>['"])(?:\\\r?.|(?!(?P=short))[^\\\n])*+(?P=short)?  # a short one, which ends with its line,
        | \\\r?\n                                                       # a line that goes on
        | (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<end>\n)""",
    re.VERBOSE | re.DOTALL,
)
_FUTURE = re.compile(r"^from[ \t]+__future__[ \t]+import[ \t][^\n;(]*", re.MULTILINE)
_CELL_MAGIC = re.compile(r"\s*+%%(?P<name>\S*)[^\n]*\n?")
_MAGIC = re.compile(
    r"""(?P<indent>[ \t\f]*)
        (?: (?P<timed>%time[ \t]+(?=[^\s-]))  # before a statement, which may assign something
          | [%!?](?:\\\r?\n|[^\n])*+          # %magic, !command, ?help
          | [\w.,\ \t]++=[ \t]*+[%!](?:\\\r?\n|[^\n])*+  # files = !command
          | [\w.]++\?\??[ \t\r]*(?=\n|\Z) )   # help?""",
    re.VERBOSE,
)

_HEAD = "# cells and their lines:"  # the first line of the code: what `place` needs, wherever the code is by then
_STOPS = " of the notebook stops at line "
# As others write them: "line 3 (...): ...", "FILE stops while it is being loaded, line 3 ...", "FILE, line 3: ...".
_LINE = re.compile(r"^((?:.* stops while it is being loaded, )?)line (\d{1,9})(?=[ :])")
_UNREADABLE = re.compile(r"line \d{1,9}: Python cannot read this yet: ")


def code_of(data: bytes, limit: int) -> bytes:
    """The code cells of a notebook, one after the other.  Raises ValueError if it is none, or holds too much code.

    A cell that fails, at a plot for example, costs what comes after it in that cell: the next one is run all the same.
    """
    try:
        cells = json.loads(data)["cells"]
        texts = [plain(_text(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError("the notebook cannot be read") from None
    texts = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    features = [line for text in texts for line in _FUTURE.findall(text)]  # stand first, or not at all
    blocks, places, line = [], [], len(features) + 2
    for number, text in enumerate(texts, 1):
        if text.strip():
            first, last = line + 2, line + 2 + text.count("\n")
            blocks.append(_guarded(_FUTURE.sub("", text), number, first))
            places.append(f"{number}:{first}-{last}")
            line = last + 3
    code = "\n".join([" ".join([_HEAD, *places]), *features, *blocks, ""]) if blocks else ""
    if len(code) > limit:
        raise ValueError(f"more than {limit >> 10} KiB of code")
    return code.encode(errors="backslashreplace")


def _guarded(text: str, number: int, first: int) -> str:
    """The cell in a `try`; the lines within a string stay where they are.  first: the line where its text begins."""
    parts, at = [" "], 0
    for token in _TOKEN.finditer(text):
        if token["end"]:
            parts += [text[at : token.end()], " "]
            at = token.end()
    # The cells share the student's names: but for print this needs none, and Python forgets that of the error at the
    # end of `except`.
    line = f"{{_of_cell.__traceback__.tb_lineno - {first - 1}}}"
    told = f'print(f"cell {number}{_STOPS}{line}: {{_of_cell.__class__.__name__}}: {{_of_cell}}")'
    return "".join(["try:\n pass\n", *parts, text[at:], f"\nexcept Exception as _of_cell:\n {told}"])


def stops(printed: str) -> list[str]:
    """Of what the code of a notebook printed, what says which of its cells failed, and where."""
    return [line.rstrip(": ") for line in printed.splitlines() if re.match(rf"cell \d+{_STOPS}\d", line)]


def place(code: bytes, line: int) -> str:
    """Where a line of the code that `code_of` made stands in the notebook: "cell 2, line 3"; "" if in no cell."""
    for number, first, last in _cells(code):
        if first - 2 <= line <= last + 2:  # the lines around a cell belong to it
            return f"cell {number}, line {min(max(line, first), last) - first + 1}"
    return ""


def in_cells(message: str, code: bytes) -> str:
    """A message of ours about that code, with cells and their lines in place of lines of the code."""
    if not code.startswith(_HEAD.encode()):
        return message
    head, *rest = message.split("\n", 1)
    if not _UNREADABLE.search(head):
        return "\n".join([_LINE.sub(lambda match: match[1] + _told(code, match[2]), head), *rest])
    head = re.sub(r"\b(on )?line (\d{1,9})\b", lambda match: ("in " if match[1] else "") + _told(code, match[2]), head)
    shown = [] if rest and "_of_cell" in rest[0] else rest  # a line of ours, which no student knows
    return "\n".join([head, *shown])


def _told(code: bytes, line: str) -> str:
    return place(code, int(line)) or f"line {line}"


def _cells(code: bytes) -> Iterator[tuple[int, int, int]]:
    """Number, first line and last line of each cell."""
    head = code.partition(b"\n")[0].decode()
    for place in head.removeprefix(_HEAD).split():
        number, first, last = map(int, re.split("[:-]", place))
        yield number, first, last


def plain(text: str) -> str:
    """The Python of one cell, with `pass` for what only a notebook knows."""
    return _plain(_body(text))


def _text(source: Any) -> str:
    return source if isinstance(source, str) else "".join(source)


def _body(text: str) -> str:
    """The Python in a cell: all of it, what is below a %%time, or none if it is in another language.  Lines stay."""
    at = 0
    while magic := _CELL_MAGIC.match(text, at):
        if magic["name"] not in _PYTHON:
            return ""
        at = magic.end()
    return "\n" * text.count("\n", 0, at) + text[at:]


def _plain(text: str) -> str:
    """The cell with `pass` for each statement that only a notebook knows; % within a string or a bracket is Python.

    Every other line is the line that it was."""
    parts: list[str] = []
    depth, begins, at = 0, True, 0
    while at < len(text):
        if begins and depth == 0 and (magic := _MAGIC.match(text, at)):
            timed = magic["timed"] is not None
            parts.append(magic["indent"] if timed else magic["indent"] + "pass" + "\n" * magic[0].count("\n"))
            at = magic.end()
            if timed:
                continue
        token = _TOKEN.search(text, at)
        end = token.end() if token else len(text)
        parts.append(text[at:end])
        if token:
            depth = max(depth + bool(token["open"]) - bool(token["close"]), 0)
        begins, at = bool(token and token["end"]), end
    return "".join(parts)

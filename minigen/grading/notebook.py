"""A notebook as a file of Python: its code cells, each in a `try`, without what is for the notebook only.

Nothing of it is compiled here, as strangers wrote it: where a statement begins is found by brackets and quotes alone.
"""

import json
import re
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
    blocks = [_guarded(_FUTURE.sub("", text), number) for number, text in enumerate(texts, 1) if text.strip()]
    code = "\n".join([*features, *blocks])
    if len(code) > limit:
        raise ValueError(f"more than {limit >> 10} KiB of code")
    return code.encode(errors="backslashreplace")


def _guarded(text: str, number: int) -> str:
    """The cell in a `try`; the lines within a string stay where they are."""
    parts, at = [" "], 0
    for token in _TOKEN.finditer(text):
        if token["end"]:
            parts += [text[at : token.end()], " "]
            at = token.end()
    # Python forgets the name of the error at the end of `except`: it must be none of the student's.
    told = f'print("cell {number} of the notebook ends with", type(_of_cell).__name__ + ":", _of_cell)'
    return "".join(["try:\n pass\n", *parts, text[at:], f"\nexcept Exception as _of_cell:\n {told}\n"])


def plain(text: str) -> str:
    """The Python of one cell, with `pass` for what only a notebook knows."""
    return _plain(_body(text))


def _text(source: Any) -> str:
    return source if isinstance(source, str) else "".join(source)


def _body(text: str) -> str:
    """The Python in a cell: all of it, what is below a %%time, or none if it is in another language."""
    at = 0
    while magic := _CELL_MAGIC.match(text, at):
        if magic["name"] not in _PYTHON:
            return ""
        at = magic.end()
    return text[at:]


def _plain(text: str) -> str:
    """The cell with `pass` for each statement that only a notebook knows; % within a string or a bracket is Python."""
    parts: list[str] = []
    depth, begins, at = 0, True, 0
    while at < len(text):
        if begins and depth == 0 and (magic := _MAGIC.match(text, at)):
            timed = magic["timed"] is not None
            parts.append(magic["indent"] if timed else magic["indent"] + "pass")
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

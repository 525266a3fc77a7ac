"""A notebook as a file of Python: its code cells, without what is for the notebook only.

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
_CELL_MAGIC = re.compile(r"\s*+%%(?P<name>\S*)[^\n]*\n?")
_MAGIC = re.compile(
    r"""(?P<indent>[ \t\f]*)
        (?: (?P<timed>%time[ \t]+(?=[^\s-]))  # before a statement, which may assign something
          | [%!?](?:\\\r?\n|[^\n])*+          # %magic, !command, ?help
          | [\w.]++\?\??[ \t\r]*(?=\n|\Z) )   # help?""",
    re.VERBOSE,
)


def code_of(data: bytes, limit: int) -> bytes:
    """The code cells of a notebook, one after the other.  Raises ValueError if it is none, or holds too much code."""
    try:
        cells = json.loads(data)["cells"]
        texts = [_body(_text(cell["source"])) for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError("the notebook cannot be read") from None
    if sum(map(len, texts)) > limit:
        raise ValueError(f"more than {limit >> 10} KiB of code")
    return "\n\n".join(map(_plain, texts)).encode(errors="backslashreplace")


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

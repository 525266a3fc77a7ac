"""Text from strangers, made safe to look at."""

import re
import unicodedata


def visible(text: str, limit: int = 2000) -> str:
    """The text with every character that does not show itself written out, and no longer than `limit`.

    Control characters (so no terminal obeys it), directions of writing, joiners, surrogates and unassigned ones become
    \\xNN, \\uNNNN; newlines and tabs stay.  More than four marks on one letter are cut.
    """
    if len(text) > limit:
        text = text[:limit] + " ..."
    shown = "".join(c if c in "\n\t" or not _acts(c) else c.encode("unicode_escape").decode() for c in text)
    return re.sub(r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{4})"
                  r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+", r"\1", shown)  # fmt: skip


def line(text: str, limit: int = 300) -> str:
    """The same in one line."""
    return visible(" ".join(text.split()), limit)


def _acts(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "C" or category in ("Zl", "Zp")

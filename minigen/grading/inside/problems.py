"""What went wrong in a student's file, in the words that the student reads."""

import traceback


def first_line(error: BaseException) -> str:
    """The first line of the error's message that says something."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "")


def where(error: BaseException, file: str) -> str:
    """The error in one line, with the last line of the student's file that led to it."""
    text = f"{type(error).__name__}: {first_line(error)}".rstrip(": ")
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    if not frames:
        return text
    source = f" ({frames[-1].line})" if frames[-1].line else ""
    return f"line {frames[-1].lineno}{source}: {text}"


def unreadable(error: SyntaxError, name: str) -> str:
    """Where Python stopped reading the file of this name, with the line and a mark under the place."""
    text = f"{name}, line {error.lineno}: Python cannot read this yet: {error.msg}"
    if error.text:
        line = error.text.rstrip("\n")
        text += f"\n    {line.lstrip()}"
        if error.offset:
            text += "\n    " + " " * max(error.offset - 1 - (len(line) - len(line.lstrip())), 0) + "^"
    return text

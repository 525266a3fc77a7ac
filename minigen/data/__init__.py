"""Real digits, shipped with the library, and a student's own points from a file."""

from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

__all__ = ["DIGITS_ATTRIBUTION", "load_digits", "load_points"]

DIGITS_ATTRIBUTION = (
    "Optical Recognition of Handwritten Digits, test set (1797 images of 8 x 8 pixels by 13 writers). "
    "E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, 1998. "
    "https://doi.org/10.24432/C50P49. Licence: CC BY 4.0, https://creativecommons.org/licenses/by/4.0/. "
    "Changes: none to the values; stored as a compressed NumPy archive."
)

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
NPY_SIGNATURE = b"\x93NUMPY"


def load_digits(dtype: DTypeLike = np.float64, flat: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The 1797 handwritten digits: images in [0, 1], (1797, 8, 8) or flat (1797, 64), and labels 0..9, (1797,).

    Pixels are the counts 0..16 of the source divided by 16; labels are int64.  Both arrays are yours to change.
    ValueError if dtype is not a floating-point type.  Source and licence: DIGITS_ATTRIBUTION."""
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise ValueError(f"dtype is {dtype}, expected a floating-point type: pixels lie between 0 and 1")
    with resources.files(__name__).joinpath("digits.npz").open("rb") as file, np.load(file) as archive:
        images, labels = archive["images"], archive["labels"]
    images = (images / 16).astype(dtype)
    return (images.reshape(len(images), 64) if flat else images), labels.astype(np.int64)


def load_points(path: str | Path) -> np.ndarray:
    """Points from a .npy array or a text table (.csv, .tsv, .txt), as float64 of shape (n, d).

    Text: one point per line; columns separated by semicolons, tabs, commas or spaces; an optional first line of column
    names; empty lines and lines that begin with # are skipped.  A single column gives (n, 1), and so does a
    one-dimensional .npy.  Object arrays (pickles) are refused.  FileNotFoundError if there is no such file; ValueError
    naming file, line and column for everything that is not a finite number."""
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix != ".npy" and suffix not in TEXT_SUFFIXES:
        raise ValueError(f"{path}: the name ends in {suffix!r}, expected .npy, {', '.join(TEXT_SUFFIXES)}")
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    if not path.is_file():
        raise ValueError(f"{path}: not a file")
    return _points_from_npy(path) if suffix == ".npy" else _points_from_text(path)


def _points_from_npy(path: Path) -> np.ndarray:
    with path.open("rb") as file:
        start = file.read(len(NPY_SIGNATURE))
    if start.startswith(b"PK"):
        raise ValueError(f"{path}: an .npz archive, expected one array saved with np.save")
    if start != NPY_SIGNATURE:
        raise ValueError(f"{path}: not a NumPy array file, expected one saved with np.save")
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError, MemoryError, SyntaxError, TypeError) as error:
        if "Object arrays" in str(error):
            raise ValueError(f"{path}: holds Python objects, which can run code; expected numbers") from None
        raise ValueError(f"{path}: cut short or damaged ({error})") from None
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{path}: dtype is {array.dtype}, expected real numbers")
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise ValueError(f"{path}: shape is {array.shape}, expected (n, d): one point per row")
    if array.size == 0:
        raise ValueError(f"{path}: shape is {array.shape}: there are no points")
    points = array.astype(np.float64)
    if not np.all(np.isfinite(points)):
        row, column = (int(i) for i in np.argwhere(~np.isfinite(points))[0])
        place = f"{path}: row {row}, column {column} (from 0)"
        raise ValueError(f"{place} is {points[row, column]}, expected finite numbers")
    return points


def _points_from_text(path: Path) -> np.ndarray:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    numbered = enumerate(text.splitlines(), start=1)
    lines = [(n, line) for n, line in numbered if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise ValueError(f"{path}: the file is empty, expected one point per line")
    separator = next((sign for sign in ";\t," if sign in lines[0][1]), None)
    if _is_header(_fields(lines[0][1], separator)):
        width = len(_fields(lines[0][1], separator))
        lines = lines[1:]
        if not lines:
            raise ValueError(f"{path}: there are column names but no points")
        # Names may contain spaces or be a single one: the first point decides what separates numbers.
        if separator is None:
            separator = next((sign for sign in ";\t," if sign in lines[0][1]), None)
            width = len(_fields(lines[0][1], separator))
    else:
        width = len(_fields(lines[0][1], separator))
    points = np.empty((len(lines), width))
    for i, (number, line) in enumerate(lines):
        fields = _fields(line, separator)
        if len(fields) != width:
            raise ValueError(f"{path}, line {number}: {_columns(len(fields))}, expected {width} as in the lines before")
        for j, field in enumerate(fields):
            points[i, j] = _coordinate(field, separator, f"{path}, line {number}, column {j + 1}")
    return points


def _fields(line: str, separator: str | None) -> list[str]:
    return [field.strip().strip("\"'").strip() for field in line.strip(" \r\n").split(separator)]


def _is_header(fields: list[str]) -> bool:
    # 1,5 is no name either: taken for one, a first point with decimal commas would be lost.
    return not any(_is_number(field.replace(",", ".", 1)) for field in fields) and any(fields)


def _is_number(field: str) -> bool:
    if "_" in field:  # Python reads 1_000 as a number; in a table it is a slip or a name
        return False
    try:
        float(field)
    except ValueError:
        return False
    return True


def _coordinate(field: str, separator: str | None, place: str) -> float:
    if not field:
        raise ValueError(f"{place}: empty, expected a number")
    if not _is_number(field):
        decimal_comma = "," in field and _is_number(field.replace(",", ".", 1))
        hint = "; write the decimal comma as a point" if decimal_comma and separator != "," else ""
        raise ValueError(f"{place}: {field[:40]!r} is not a number{hint}")
    value = float(field)
    if not np.isfinite(value):
        raise ValueError(f"{place}: {field[:40]} is not a finite number")
    return value


def _columns(count: int) -> str:
    return "1 column" if count == 1 else f"{count} columns"

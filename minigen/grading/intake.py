"""What was handed in: files from people who want points, found and read without believing anything about them."""

import hashlib
import io
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from minigen.grading.limits import MAX_SOURCE
from minigen.grading.notebook import code_of

_MAX_FILE = 16 << 20  # of an archive or a notebook, which may hold figures
_MAX_ENTRIES = 1000  # of an archive or a folder
_KINDS = (".py", ".ipynb", ".zip")
_MAIN = "exercise"
IDS = "letters, digits and ._@+-, a letter, digit or _ first, at most 64"


class Rejected(Exception):
    """This upload is not looked at; the message says why."""


@dataclass(frozen=True)
class Upload:
    """id: the student's.  path: of the file.  problem: why it is not read, or ""."""

    id: str
    path: Path
    problem: str = ""


def find(place: Path, single: bool = False) -> list[Upload]:
    """The uploads in a folder, by id: ID.py, ID.ipynb, ID.zip, ID/exercise.py.

    A file, or a folder that itself holds an exercise.py, is one upload, and so is any folder if it is said to be a
    single one.  Two for one id are both rejected.  Raises LookupError if there are none.
    """
    if not place.exists():
        raise LookupError(f"there is no {place}")
    if place.is_file():
        return [_upload(place)]
    if single or any((place / (_MAIN + kind)).is_file() for kind in _KINDS):
        return [Upload(_id(place.resolve().name), place)]
    entries = sorted(os.scandir(place), key=lambda entry: entry.name)
    uploads = [_upload(Path(entry.path)) for entry in entries if _is_upload(entry)]
    if not uploads:
        raise LookupError(f"{place} holds no submissions: ID/exercise.py, ID.py, ID.ipynb or ID.zip")
    names = [upload.id.casefold() for upload in uploads]
    return [
        u if names.count(u.id.casefold()) == 1 else Upload(u.id, u.path, "there are two uploads for this id")
        for u in uploads
    ]


def passed_over(place: Path, uploads: Sequence[Upload]) -> list[Path]:
    """What is in the folder and not among the uploads, but may be somebody's work."""
    if not place.is_dir():
        return []
    known = {upload.path.name for upload in uploads}
    if [upload.path for upload in uploads] == [place]:  # it is one upload itself
        known = {_MAIN + kind for kind in _KINDS}
    entries = [entry for entry in os.scandir(place) if entry.name not in known and not _is_system(entry)]
    return sorted(Path(entry.path) for entry in entries)


def _is_system(entry: os.DirEntry) -> bool:
    name, kind = entry.name, os.path.splitext(entry.name)[1].lower()
    if name.startswith(".") and (name.startswith("._") or kind not in _KINDS):
        return True
    return name in ("__MACOSX", "__pycache__", "Thumbs.db", "desktop.ini")


def _is_upload(entry: os.DirEntry) -> bool:
    if entry.name.startswith((".", "__")):
        return False
    return os.path.splitext(entry.name)[1].lower() in _KINDS or not entry.is_file(follow_symlinks=False)


def _upload(path: Path) -> Upload:
    folder = path.is_dir() and not path.is_symlink()
    name = path.name if folder or path.suffix.lower() not in _KINDS else path.stem
    id = _id(name)
    usable = id == unicodedata.normalize("NFC", name)
    return Upload(id, path, "" if usable else f"its name cannot be an id: {IDS}")


def is_id(name: str) -> bool:
    """Whether this is no path and hides nothing: files of results are named after the ids."""
    return re.fullmatch(r"\w[\w.@+-]{0,63}", name) is not None


def _id(name: str) -> str:
    """The name, if it can be one everywhere; else one made up for it, the same one each time."""
    name = unicodedata.normalize("NFC", name)
    if is_id(name):
        return name
    return "upload-" + hashlib.sha256(os.fsencode(name)).hexdigest()[:12]


def read(upload: Upload) -> tuple[str, bytes]:
    """The name and the bytes of the file of answers.  Raises Rejected."""
    if upload.problem:
        raise Rejected(upload.problem)
    path = _choose(upload.path) if upload.path.is_dir() and not upload.path.is_symlink() else upload.path
    kind = path.suffix.lower()
    data = _bytes(path, MAX_SOURCE if kind == ".py" else _MAX_FILE)
    name = _MAIN + kind
    if kind == ".zip":
        name, data = _unpack(data)
    if name.endswith(".ipynb"):
        try:
            data = code_of(data, MAX_SOURCE)
        except ValueError as error:
            raise Rejected(str(error)) from None
    if len(data) > MAX_SOURCE:
        raise Rejected(f"more than {MAX_SOURCE >> 10} KiB of code")
    return name, data


def _choose(folder: Path) -> Path:
    """The file of answers in a folder: exercise.*, or the only one."""
    names = [entry.name for entry, _ in zip(os.scandir(folder), range(_MAX_ENTRIES), strict=False)]
    for kind in _KINDS:
        if _MAIN + kind in names:
            return folder / (_MAIN + kind)
    found = [name for name in names if os.path.splitext(name)[1].lower() in _KINDS and not name.startswith((".", "_"))]
    if len(found) != 1:
        raise Rejected("no exercise.py in the folder" if not found else "several files, and none is exercise.py")
    return folder / found[0]


def _bytes(path: Path, limit: int) -> bytes:
    """A regular file of at most `limit` bytes, no link."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise Rejected("not a regular file")
        descriptor = os.open(path, flags)
    except OSError as error:
        raise Rejected(f"it cannot be read: {error.strerror}") from None
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Rejected("not a regular file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Rejected(f"more than {limit >> 10} KiB")
    return data


def _unpack(data: bytes) -> tuple[str, bytes]:
    """The exercise.py, or exercise.ipynb, of an archive: nothing is written, and no name in it is used as a path."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = _member(archive.infolist())
            kind = PurePosixPath(member.filename).suffix.lower()
            limit = MAX_SOURCE if kind == ".py" else _MAX_FILE
            with archive.open(member) as file:
                content = file.read(limit + 1)  # whatever size the archive claims
    except Rejected:
        raise
    except Exception as error:  # zipfile has many ways to say that an archive is broken
        raise Rejected(f"the archive cannot be read: {type(error).__name__}") from None
    if len(content) > limit:
        raise Rejected(f"more than {limit >> 10} KiB in the archive")
    return _MAIN + kind, content


def _is_hidden(name: str) -> bool:
    """Whether a program made this file or folder, and no student: .ipynb_checkpoints, .venv, __MACOSX."""
    return (name.startswith(".") and name != "..") or name in ("__MACOSX", "__pycache__")


def _member(members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    paths = [(PurePosixPath(m.filename.replace("\\", "/")), m) for m in members if not m.is_dir()]
    paths = [(p, m) for p, m in paths if not any(_is_hidden(part) for part in p.parts)]
    if len(paths) > _MAX_ENTRIES:
        raise Rejected(f"more than {_MAX_ENTRIES} files in the archive")
    paths = [(p, m) for p, m in paths if p.suffix.lower() in (".py", ".ipynb")]
    found = [(len(p.parts), m) for p, m in paths if p.stem == _MAIN] or [(0, m) for _, m in paths]
    first = [member for depth, member in found if depth == min(d for d, _ in found)]
    if len(first) != 1:
        raise Rejected("no exercise.py in the archive" if not first else "several files, and not one exercise.py")
    if stat.S_IFMT(first[0].external_attr >> 16) not in (0, stat.S_IFREG):
        raise Rejected("not a regular file in the archive")
    if first[0].flag_bits & 1:
        raise Rejected("the archive is encrypted")
    return first[0]

"""What was handed in: files from people who want points, found and read without believing anything about them."""

import hashlib
import io
import os
import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path, PurePath, PurePosixPath
from typing import TypeVar

from minigen.grading.limits import MAX_SOURCE
from minigen.grading.notebook import code_of
from minigen.grading.visible import line

_MAX_FILE = 16 << 20  # of an archive or a notebook, which may hold figures
_MAX_ENTRIES = 1000  # of an archive or a folder
_MAX_DEPTH = 16  # of folders within it
_KINDS = (".py", ".ipynb", ".zip")
_MAIN = "exercise"
_DEEP = f"folders within folders, more than {_MAX_DEPTH} deep"
_Place = TypeVar("_Place")  # where the bytes of a file are
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
    """The uploads in a folder, by id: ID.py, ID.ipynb, ID.zip, or a folder ID with an exercise.py somewhere within.

    A file, or a folder that itself holds an exercise.py, is one upload, and so is any folder if it is said to be a
    single one.  Two for one id are both rejected; upper and lower case are the same, as they are on some disks.  Raises
    LookupError if there are none.
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
    paths = defaultdict(list)
    for upload in uploads:
        paths[upload.id.casefold()].append(PurePath(upload.path.name))
    return [replace(u, problem=_rivals(same)) if len(same := paths[u.id.casefold()]) > 1 else u for u in uploads]


def _rivals(paths: Sequence[PurePath]) -> str:
    return f"there are {len(paths)} uploads for this id, and one is expected: {_listed(paths)}"


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
    """The file of answers in a folder, or in folders within it."""
    try:
        return _answers([(path.relative_to(folder), path) for path in _files(folder)], "folder", _KINDS)
    except OSError as error:
        raise Rejected(f"a folder in it cannot be read: {error.strerror}") from None


def _files(folder: Path) -> list[Path]:
    """All but folders in a folder and those within it, and but for what programs hide there; no link is followed."""
    files: list[Path] = []
    level, room = [folder], _MAX_ENTRIES
    for _ in range(_MAX_DEPTH):
        entries = list(islice(_entries(level), room + 1))
        room -= len(entries)
        if room < 0:
            raise Rejected(f"more than {_MAX_ENTRIES} files in the folder")
        level = [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        files += [Path(entry.path) for entry in entries if not entry.is_dir(follow_symlinks=False)]
    if level:
        raise Rejected(_DEEP)
    return files


def _entries(folders: Iterable[Path]) -> Iterator[os.DirEntry]:
    for folder in folders:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if not _is_hidden(entry.name))


def _answers(files: Sequence[tuple[PurePath, _Place]], where: str, kinds: Sequence[str]) -> _Place:
    """Which of the files, with their places, is the one of answers; the same in folders and in archives.

    The exercise.* that lies least deep, .py before .ipynb; if none is called so, the only one of these kinds.  Raises
    Rejected.
    """
    if len(files) > _MAX_ENTRIES:
        raise Rejected(f"more than {_MAX_ENTRIES} files in the {where}")
    if any(len(path.parts) > _MAX_DEPTH for path, _ in files):
        raise Rejected(_DEEP)
    candidates = [(path, place) for path, place in files if path.suffix.lower() in kinds]
    # what begins with _ is most often something beside the answers: __init__.py, _old.py
    usual = [(path, place) for path, place in candidates if not path.name.startswith("_")] or candidates
    named = [(path, place) for path, place in candidates if path.stem.lower() == _MAIN]
    ranks = [(len(path.parts), kinds.index(path.suffix.lower())) for path, _ in named]
    least = min(ranks, default=None)
    found = [file for file, rank in zip(named, ranks, strict=True) if rank == least] or usual
    if len(found) == 1:
        return found[0][1]
    seen = _listed(path for path, _ in found or files)
    if found:
        raise Rejected(f"several files could be the answers ({seen}): one exercise.py is expected")
    raise Rejected(f"no exercise.py in the {where}" + (f", only {seen}" if seen else ": there is nothing in it"))


def _listed(paths: Iterable[PurePath], most: int = 4) -> str:
    names = sorted(line(str(path), 80) for path in paths)
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


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
    shown = [(path, member) for path, member in paths if not any(_is_hidden(part) for part in path.parts)]
    member = _answers(shown, "archive", _KINDS[:2])
    if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG):
        raise Rejected("not a regular file in the archive")
    if member.flag_bits & 1:
        raise Rejected("the archive is encrypted")
    return member

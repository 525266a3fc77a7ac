"""Saving and resuming: nested dicts of arrays, numbers, text and random generators in one .npz, without pickle.

    save("run.npz", model=model, optimizer=optimizer, rng=rng, step=step)
    step = restore("run.npz", model=model, optimizer=optimizer, rng=rng)["step"]

The file is a zip of .npy arrays, which np.load reads too, and of one more, `manifest`, JSON as bytes, that says
where each belongs.  Writing is atomic: the file is the old one or the new one, also when the machine stops between.
"""

from __future__ import annotations

import json
import math
import os
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minigen.device import asnumpy

__all__ = ["CheckpointError", "load", "restore", "save"]

VERSION = 1
_FORMAT = "minigen checkpoint"
_BIT_GENERATORS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


class CheckpointError(ValueError):
    """The file is not a checkpoint, or is damaged, or is one of something else."""


def save(path: str | os.PathLike, **states: Any) -> None:
    """Write the states to the file `path`, replacing it whole or not at all.

    states: dicts (keys are text), lists and tuples of arrays, numbers, text, None and np.random.Generators, or
    objects with a state_dict().  Raises TypeError, naming the place, for anything else; nothing is written then."""
    arrays: list[np.ndarray] = []
    tree = {name: _encode(value, name, arrays) for name, value in states.items()}
    manifest = json.dumps({"format": _FORMAT, "version": VERSION, "tree": tree}).encode()
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for name, array in _members(manifest, arrays):
                    # A fixed date: the same states give the same bytes.
                    with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                        np.lib.format.write_array(member, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def load(path: str | os.PathLike) -> dict[str, Any]:
    """The states that were saved, with the same nesting; generators are new ones that go on as the saved would have.

    Raises FileNotFoundError, or CheckpointError if the file is not a checkpoint, is damaged, or is newer than this
    version of minigen understands.  Nothing in the file is executed, and no more memory is used than it is long."""
    try:
        with zipfile.ZipFile(path) as archive:
            archive_size = os.path.getsize(path)
            members = {info.filename: info for info in archive.infolist()}
            manifest = json.loads(_read(archive, members, "manifest", archive_size).tobytes())
            if not isinstance(manifest, dict) or manifest.get("format") != _FORMAT:
                raise CheckpointError("its manifest is of another program")
            if manifest.get("version") != VERSION:
                raise CheckpointError(
                    f"it has format version {manifest.get('version')!r}, this minigen reads {VERSION}: update minigen"
                )
            tree = manifest["tree"]
            return {
                name: _decode(node, lambda i: _read(archive, members, f"array_{int(i)}", archive_size))
                for name, node in tree.items()
            }
    except CheckpointError as error:
        raise CheckpointError(f"{path} is not a checkpoint that can be loaded: {error}") from None
    except FileNotFoundError:
        raise
    except (
        zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError,
        OSError, NotImplementedError, OverflowError, RecursionError, RuntimeError, SyntaxError,
    ) as error:  # fmt: skip
        raise CheckpointError(f"{path} is not a checkpoint, or is damaged: {error or type(error).__name__}") from error


def restore(path: str | os.PathLike, **objects: Any) -> dict[str, Any]:
    """Load the file into the given objects, by name, and return its other states.

    objects: what has a load_state_dict(), and np.random.Generators, which are set in place.  Raises CheckpointError
    that names the object if a state is missing or does not fit; then all objects are as they were."""
    states = load(path)
    missing = [name for name in objects if name not in states]
    if missing:
        raise CheckpointError(f"{path} has no {', '.join(missing)}: it has {', '.join(states) or 'nothing'}")
    before = {name: _state_of(name, o) for name, o in objects.items()}
    try:
        for name, o in objects.items():
            _put(o, states[name])
    except Exception as error:  # whatever a load_state_dict() makes of a state that is not its own
        for n, o in objects.items():
            _put(o, before[n])
        raise CheckpointError(f"{path}: {name} does not fit: {error}") from error
    return {name: value for name, value in states.items() if name not in objects}


def _state_of(name: str, o: Any) -> Any:
    if isinstance(o, np.random.Generator):
        return _copy_of(o)
    if not hasattr(o, "load_state_dict"):
        raise TypeError(f"{name} is a {type(o).__name__}: it has no load_state_dict() and is no np.random.Generator")
    return o.state_dict()


def _put(o: Any, state: Any) -> None:
    if isinstance(o, np.random.Generator):
        if not isinstance(state, np.random.Generator):
            raise TypeError("it is not a random generator")
        o.bit_generator.state = state.bit_generator.state
    else:
        if not isinstance(state, Mapping):
            raise TypeError("it is not a state_dict()")
        o.load_state_dict(state)


def _copy_of(rng: np.random.Generator) -> np.random.Generator:
    bits = type(rng.bit_generator)()
    bits.state = rng.bit_generator.state
    return np.random.Generator(bits)


def _members(manifest: bytes, arrays: list[np.ndarray]) -> list[tuple[str, np.ndarray]]:
    named = [(f"array_{i}", a) for i, a in enumerate(arrays)]
    return [("manifest", np.frombuffer(manifest, np.uint8)), *named]


def _encode(value: Any, where: str, arrays: list[np.ndarray]) -> Any:
    """value as JSON; its arrays are appended to `arrays` and referred to by number.

    A JSON object has one key, its kind; None, booleans, integers, floats and text stand for themselves."""
    if hasattr(value, "state_dict"):
        value = value.state_dict()
    if value is None or isinstance(value, (bool, str)) or type(value) in (int, float):
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"{where} has the key {key!r}: keys are text")
        return {"dict": {k: _encode(v, f"{where}.{k}", arrays) for k, v in value.items()}}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_encode(v, f"{where}.{i}", arrays) for i, v in enumerate(value)]}
    if isinstance(value, np.random.Generator):
        name = type(value.bit_generator).__name__
        if name not in _BIT_GENERATORS:
            raise TypeError(f"{where} has a {name}; only {', '.join(_BIT_GENERATORS)} can be saved")
        return {"generator": _encode(value.bit_generator.state, where, arrays)}
    if isinstance(value, np.generic) or (hasattr(value, "__array_function__") and not hasattr(value, "requires_grad")):
        array = asnumpy(value)
        if array.dtype.kind not in "biufc":
            raise TypeError(f"{where} is an array of {array.dtype}: only numbers can be saved")
        arrays.append(array)
        return {"scalar" if isinstance(value, np.generic) else "array": len(arrays) - 1}
    hint = ": save its .data" if hasattr(value, "requires_grad") else ""
    raise TypeError(f"{where} is a {type(value).__name__}, which cannot be saved{hint}")


def _decode(node: Any, array: Any) -> Any:
    if not isinstance(node, dict):
        if isinstance(node, list):
            raise CheckpointError("its manifest is damaged")
        return node
    ((kind, value),) = node.items()
    if kind == "dict":
        return {k: _decode(v, array) for k, v in value.items()}
    if kind in ("list", "tuple"):
        items = [_decode(v, array) for v in value]
        return items if kind == "list" else tuple(items)
    if kind == "array":
        return array(value)
    if kind == "scalar":
        return array(value)[()]
    if kind == "generator":
        state = _decode(value, array)
        if state["bit_generator"] not in _BIT_GENERATORS:
            raise CheckpointError(f"it has a random generator of unknown kind {state['bit_generator']!r}")
        bits = getattr(np.random, state["bit_generator"])()
        bits.state = state
        return np.random.Generator(bits)
    raise CheckpointError(f"it has a value of unknown kind {kind!r}")


def _read(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], name: str, limit: int) -> np.ndarray:
    """One array, after its header was found to agree with the number of bytes that are there."""
    info = members.get(f"{name}.npy")
    if info is None:
        raise CheckpointError(f"{name} is missing")
    if not info.file_size == info.compress_size <= limit:  # else a small file could unpack to a large one
        raise CheckpointError(f"{name} is packed in another way than minigen does")
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise CheckpointError(f"{name} has .npy version {version}")
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(file)
        if dtype.kind not in "biufc":
            raise CheckpointError(f"{name} has entries of {dtype}, and only numbers are read")
        if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != info.file_size - file.tell():
            raise CheckpointError(f"{name} claims shape {shape} of {dtype}, which is not the number of bytes it has")
        numbers = np.frombuffer(bytearray(file.read()), dtype)
    return numbers.reshape(shape, order="F" if fortran else "C")


def _sync_folder(folder: Path) -> None:
    """Make the renaming durable too, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

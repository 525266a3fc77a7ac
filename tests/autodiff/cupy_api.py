"""What CuPy has of NumPy's functions, as far as NumPy hands them over: read from a CuPy, kept in cupy_api.txt.

    python tests/autodiff/cupy_api.py > tests/autodiff/cupy_api.txt

A line is `name(parameters)` for a function, or `ufunc name`.  CuPy need not find a device for this.  A function is
called under the name that NumPy's has, with the arguments as they came: a parameter that CuPy calls something else
(reshape's `shape` is its `newshape`) is a TypeError there, and a function that CuPy has not is one too.
"""

import inspect
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".txt")
MODULES = ("numpy", "numpy.linalg", "numpy.lib.stride_tricks")
CREATION = ("arange", "array", "asarray", "empty", "eye", "full", "identity", "ones", "zeros")  # by like=


def read():
    """({(module, name): inspect.Signature}, names of ufuncs), from the file."""
    return parsed(FILE.read_text().splitlines())


def parsed(lines):
    functions, ufuncs = {}, set()
    for line in lines:
        if line.startswith("ufunc "):
            ufuncs.add(line.removeprefix("ufunc "))
        else:
            path, _, parameters = line.removesuffix(")").partition("(")
            module, _, name = path.rpartition(".")
            functions[module, name] = inspect.signature(eval(f"lambda {parameters}: None"))
    return functions, ufuncs


def lines(cupy):
    """The lines of the file for this CuPy."""
    for module in MODULES:
        ours, theirs = np, cupy
        for part in module.split(".")[1:]:
            ours, theirs = getattr(ours, part), getattr(theirs, part, None)
        for name in sorted(dir(ours)):
            function, other = getattr(ours, name), getattr(theirs, name, None)
            if name.startswith("_") or other is None or other is function:
                continue
            if isinstance(function, np.ufunc):
                if module == "numpy" and callable(other):
                    yield f"ufunc {name}"
            elif (type(function).__name__ == "_ArrayFunctionDispatcher" and function.__module__ == module) or (
                module == "numpy" and name in CREATION
            ):
                yield f"{module}.{name}({_parameters(other)})"


def _parameters(function):
    """The parameters as text, every default written 0: only their names matter."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # compiled, without one
        return "*args, **kwargs"
    plain = [
        p.replace(annotation=p.empty, default=p.empty if p.default is p.empty else 0)
        for p in signature.parameters.values()
    ]
    return str(inspect.Signature(plain))[1:-1]


if __name__ == "__main__":
    import cupy

    print("\n".join(lines(cupy)))

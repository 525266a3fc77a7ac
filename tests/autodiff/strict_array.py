"""StrictArray: stands in for a CuPy array where there is no GPU, and refuses what CuPy (13.3 and later) refuses.

Its numbers lie in the host's memory, but they never become an ndarray by themselves and never mix with one:

- NumPy hands its functions over by name and with their arguments as they came: what CuPy has not, or calls otherwise
  (cupy_api.txt), is a TypeError;
- Python's and NumPy's scalars are welcome, an ndarray, a list or a tuple among a ufunc's arguments is not, not even as
  the index of np.add.at;
- results are device arrays, also those of shape (); slices, transposes and reshapes are views of the same memory;
- float(x), bool(x), x.item(), x.get(), a boolean mask as an index: each waits for the device.  `waits` counts them.

In a few things it is stricter: where= and ndarrays as an index, which CuPy takes, are refused too.  What it cannot show
is CuPy's arithmetic: the order of its sums, its promotion of dtypes (NumPy 1's up to 13), its speed.
"""

from types import SimpleNamespace

import cupy_api
import numpy as np

FUNCTIONS, UFUNCS = cupy_api.read()
SCALARS = {int, float, bool, complex, *(np.dtype(c).type for c in "?bhilqBHILQefdFD")}
waits = 0  # how often the host waited for a number of the device


def to_device(x):
    return StrictArray(np.array(x))


def to_host(x):
    """The numbers as an ndarray: the one way back."""
    return x._host


def _refuse_host(x):
    raise TypeError(f"Unsupported type {type(x)}: a device array does not mix with a host array")


def _lower(x):
    """Device arrays to host arrays inside arguments; a host array there is what a device would refuse."""
    if isinstance(x, StrictArray):
        return x._host
    if isinstance(x, np.ndarray):
        _refuse_host(x)
    if isinstance(x, (list, tuple)):
        return type(x)(map(_lower, x))
    return x


def _raise(x, *sources):
    """Host arrays to device arrays; views know whose memory they share: the array at the bottom, as CuPy's do."""
    if isinstance(x, (np.ndarray, np.generic)):
        x = np.asarray(x)
        root = next((s for s in sources if x.base is not None and np.may_share_memory(x, s._host)), None)
        return StrictArray(x, None if root is None else root if root.base is None else root.base)
    if isinstance(x, (list, tuple)):
        return getattr(x, "_make", type(x))([_raise(part, *sources) for part in x])  # a namedtuple is made another way
    return x


def _inside(args):
    """The device arrays among the arguments, and in lists of them."""
    for a in args:
        if isinstance(a, StrictArray):
            yield a
        elif isinstance(a, (list, tuple)):
            yield from _inside(a)


def _waited():
    global waits
    waits += 1


def _method(name):
    def method(self, *args, **kwargs):
        result = getattr(self._host, name)(*map(_lower, args), **{k: _lower(v) for k, v in kwargs.items()})
        return _raise(result, self)

    return method


def _number(name):
    def method(self, *args):
        _waited()
        return getattr(self._host, name)(*args)

    return method


def _in_place(ufunc):
    return lambda self, other: ufunc(self, other, out=self)


class StrictArray(np.lib.mixins.NDArrayOperatorsMixin):
    __slots__ = ("_host", "base")

    def __init__(self, host, base=None):
        assert type(host) is np.ndarray
        self._host, self.base = host, base

    shape = property(lambda self: self._host.shape)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    dtype = property(lambda self: self._host.dtype)
    nbytes = property(lambda self: self._host.nbytes)
    itemsize = property(lambda self: self._host.itemsize)
    T = property(lambda self: _raise(self._host.T, self))
    data = property(lambda self: SimpleNamespace(ptr=self._host.__array_interface__["data"][0]))
    flags = property(
        lambda self: SimpleNamespace(
            **{k: getattr(self._host.flags, k) for k in ("c_contiguous", "f_contiguous")}, owndata=self.base is None
        )
    )
    sum, mean, std, min, max = map(_method, ("sum", "mean", "std", "min", "max"))
    reshape, copy, transpose = map(_method, ("reshape", "copy", "transpose"))
    ravel, any, all, fill = map(_method, ("ravel", "any", "all", "fill"))
    item, tolist, __bool__, __float__, __int__ = map(_number, ("item", "tolist", "__bool__", "__float__", "__int__"))
    __repr__, __format__ = map(_number, ("__repr__", "__format__"))
    __iadd__, __isub__, __imul__ = map(_in_place, (np.add, np.subtract, np.multiply))
    __itruediv__, __ipow__ = map(_in_place, (np.divide, np.power))

    def get(self):
        """A copy on the host: CuPy's own way back."""
        _waited()
        return self._host.copy()

    def astype(self, dtype, order="K", casting=None, subok=None, copy=True):
        return self if not copy and self.dtype == dtype else StrictArray(self._host.astype(dtype))

    def __getitem__(self, index):
        parts = index if isinstance(index, tuple) else (index,)
        if any(isinstance(p, StrictArray) and p.dtype == bool for p in parts):
            _waited()  # the result's shape is a number of the device
        return _raise(self._host[_lower(index)], self)

    def __setitem__(self, index, value):
        if not isinstance(value, StrictArray) and type(value) not in SCALARS:
            _refuse_host(value)
        self._host[_lower(index)] = _lower(value)

    def __len__(self):
        return len(self._host)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __copy__(self):
        return self.copy()

    def __deepcopy__(self, memo):
        return self.copy()

    def __reduce__(self):
        return to_device, (self.get(),)

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if ufunc.__name__ not in UFUNCS or method not in ("__call__", "at"):
            return NotImplemented
        for x in (*inputs, *(out or ())):
            if isinstance(x, np.ndarray):
                _refuse_host(x)
            if not isinstance(x, StrictArray) and type(x) not in SCALARS:
                return NotImplemented
        if unknown := set(kwargs) - {"dtype"}:
            raise TypeError(f"Wrong arguments {unknown}")
        if method == "at":
            if ufunc not in (np.add, np.maximum, np.minimum):
                return NotImplemented
            return ufunc.at(*map(_lower, inputs))
        if out is not None:
            ufunc(*map(_lower, inputs), out=_lower(out[0]), **kwargs)
            return out[0]
        return _raise(ufunc(*map(_lower, inputs), **kwargs))

    def __array_function__(self, function, types, args, kwargs):
        known = FUNCTIONS.get((function.__module__, function.__name__))
        if known is None or not all(issubclass(t, (StrictArray, np.ndarray)) for t in types):
            return NotImplemented
        known.bind(*args, **kwargs)  # TypeError for a parameter that CuPy does not know by this name
        result = function(*map(_lower, args), **{k: _lower(v) for k, v in kwargs.items()})
        if "out" in kwargs:
            return kwargs["out"]
        if function in (np.array_equal, np.allclose):
            result = np.asarray(result)
        return _raise(result, *_inside(args))


# minigen.device knows a CuPy array by the module of its type.
StrictArray.__module__ = "cupy"


def module():
    """A module `cupy` with one device, of which minigen uses so much: asarray, and whether there is a device."""

    def asarray(x, dtype=None):
        if isinstance(x, StrictArray):
            return x if dtype is None else x.astype(dtype, copy=False)
        return StrictArray(np.array(x, dtype))

    class CUDARuntimeError(RuntimeError):
        pass

    runtime = SimpleNamespace(CUDARuntimeError=CUDARuntimeError, getDeviceCount=lambda: 1)
    return SimpleNamespace(
        __name__="cupy", ndarray=StrictArray, asarray=asarray, cuda=SimpleNamespace(runtime=runtime)
    )

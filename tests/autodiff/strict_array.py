"""StrictArray: stands in for an array on a device.  It never becomes an ndarray by itself and never mixes with one.

As in CuPy: functions come in through NumPy's protocols, Python and NumPy scalars are welcome, an ndarray among the
arguments is a TypeError, results of every function are device arrays, also those of shape ().
"""

import numpy as np


def to_device(x):
    return StrictArray(np.array(x))


def to_host(x):
    """The numbers as an ndarray: the one way back."""
    return x._host


def _lower(x):
    """Device arrays to host arrays inside arguments; a host array there is what a device would refuse."""
    if isinstance(x, StrictArray):
        return x._host
    if isinstance(x, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>: a device array does not mix with a host array")
    if isinstance(x, (list, tuple)):
        return type(x)(map(_lower, x))
    return x


def _raise(x):
    if isinstance(x, (np.ndarray, np.generic)):
        return StrictArray(np.asarray(x))
    if isinstance(x, (list, tuple)):
        return tuple(map(_raise, x))
    return x


def _method(name):
    def method(self, *args, **kwargs):
        return _raise(getattr(self._host, name)(*map(_lower, args), **{k: _lower(v) for k, v in kwargs.items()}))

    return method


class StrictArray(np.lib.mixins.NDArrayOperatorsMixin):
    __slots__ = ("_host",)

    def __init__(self, host):
        assert type(host) is np.ndarray
        self._host = host

    shape = property(lambda self: self._host.shape)
    ndim = property(lambda self: self._host.ndim)
    size = property(lambda self: self._host.size)
    dtype = property(lambda self: self._host.dtype)
    nbytes = property(lambda self: self._host.nbytes)
    T = property(lambda self: StrictArray(self._host.T))
    sum, reshape, astype, copy, transpose = map(_method, ("sum", "reshape", "astype", "copy", "transpose"))
    ravel, any, all, item = map(_method, ("ravel", "any", "all", "item"))
    __getitem__ = _method("__getitem__")

    def __setitem__(self, index, value):
        self._host[_lower(index)] = _lower(value)

    def __len__(self):
        return len(self._host)

    def __bool__(self):
        return bool(self._host)

    def __float__(self):
        return float(self._host)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __array__(self, *args, **kwargs):
        raise TypeError("Implicit conversion of a device array to a host array is not allowed")

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if any(hasattr(x, "__array_ufunc__") and not isinstance(x, KNOWN) for x in inputs):
            return NotImplemented
        if method == "at" and ufunc is np.add:
            return ufunc.at(*map(_lower, inputs))
        if method != "__call__":
            return NotImplemented
        if out is not None:
            kwargs["out"] = _lower(out)
        result = _raise(ufunc(*map(_lower, inputs), **kwargs))
        return out[0] if out is not None else result

    def __array_function__(self, function, types, args, kwargs):
        if not all(issubclass(t, KNOWN) for t in types):
            return NotImplemented
        return _raise(function(*map(_lower, args), **{k: _lower(v) for k, v in kwargs.items()}))


KNOWN = (StrictArray, np.ndarray, np.generic)  # anything else may know better what to do

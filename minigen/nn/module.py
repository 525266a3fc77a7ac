"""Module: a function with parameters.  Layers and models are Modules, and a Module may be made of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from minigen.autodiff import Tensor
from minigen.device import asnumpy, device_of, namespace, to
from minigen.vector import ParameterVector

__all__ = ["Module", "Parameter"]


class Parameter(Tensor):
    """A Tensor that training changes.  data: floating point array, shared and not copied."""

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True):
        super().__init__(data, requires_grad)
        if self.data.dtype.kind != "f":
            raise TypeError(f"a Parameter holds floating point numbers, got {self.data.dtype}")


class Module:
    """Base class of layers and models: assign the parts as attributes and write `forward`.

        class Line(Module):
            def __init__(self):
                self.slope = Parameter(np.zeros(1))

            def forward(self, x):
                return self.slope * x

    Attributes that are Parameters are trained.  Attributes that are arrays are buffers: saved, moved and converted,
    but not trained (names with a leading underscore are private and left alone).  Attributes that are Modules are
    parts.  Lists, tuples and dicts of Parameters and Modules count too.  What is reached twice counts once, under its
    first name."""

    training = True

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    # What it is made of

    def children(self) -> Iterator[tuple[str, Module]]:
        """(name, module) of the modules directly inside this one."""
        return ((name, part) for name, part in _members(self) if isinstance(part, Module))

    def named_modules(self, prefix: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, Module]]:
        """(dotted name, module) of this module, whose name is "", and of all inside it."""
        seen = set() if seen is None else seen
        if id(self) not in seen:
            seen.add(id(self))
            yield prefix, self
            for name, child in self.children():
                yield from child.named_modules(f"{prefix}.{name}" if prefix else name, seen)

    def _named(self, wanted: Callable) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for prefix, module in self.named_modules():
            for name, value in _members(module):
                if wanted(value) and id(value) not in seen:
                    seen.add(id(value))
                    yield f"{prefix}.{name}" if prefix else name, value

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """(dotted name, Parameter), in the order in which the attributes were assigned."""
        return self._named(lambda value: isinstance(value, Parameter))

    def parameters(self) -> Iterator[Parameter]:
        """The Parameters, each once."""
        return (p for _, p in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Any]]:
        """(dotted name, array) of what is saved but not trained."""
        return self._named(_is_array)

    @property
    def vector(self) -> ParameterVector:
        """The parameters as one vector theta, `.data`, with its gradient, `.grad`; no copies are made."""
        return ParameterVector(self.parameters())

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the parameters (of the first, where they differ); float64 if there are none."""
        return next((p.dtype for p in self.parameters()), np.dtype(float))

    @property
    def device(self) -> str:
        """Where the parameters live (the first, that is): "cpu" or "cuda"; "cpu" if there are none."""
        return next((device_of(p) for p in self.parameters()), "cpu")

    # What is done to all of it

    def train(self, mode: bool = True) -> Module:
        """Switch dropout, batch statistics and the like to training (or, mode=False, to use)."""
        for _, module in self.named_modules():
            module.training = bool(mode)
        return self

    def eval(self) -> Module:
        """Switch to use: no dropout, running statistics."""
        return self.train(False)

    def zero_grad(self) -> None:
        """Set all gradients to zero."""
        for p in self.parameters():
            if p.grad is not None:
                p.grad.fill(0)

    def requires_grad_(self, flag: bool = True) -> Module:
        """Say whether gradients are wanted in the parameters; what is not asked for is not computed."""
        for p in self.parameters():
            p.requires_grad = bool(flag)
        return self

    def astype(self, dtype: Any) -> Module:
        """Convert parameters and floating point buffers, in place; gradients are forgotten.  Returns self."""
        dtype = np.dtype(dtype)
        if dtype.kind != "f":
            raise TypeError(f"parameters are floating point, not {dtype}: np.float32 or np.float64")
        return self._convert(lambda a: a.astype(dtype, copy=False) if a.dtype.kind == "f" else a)

    def to(self, device: str) -> Module:
        """Move parameters and buffers to "cpu" or "cuda", in place; gradients are forgotten.  Returns self.

        Make optimisers and averages afterwards: they live where the parameters are."""
        return self._convert(lambda a: to(a, device))

    def _convert(self, change: Callable) -> Module:
        parameters = [(p, change(p.data)) for p in self.parameters()]
        buffers = [(m, name, change(a)) for _, m in self.named_modules() for name, a in _members(m) if _is_array(a)]
        for p, data in parameters:
            if data is not p.data:
                p.data, p.grad = data, None
        for module, name, value in buffers:
            setattr(module, name, value)
        return self

    def state_dict(self) -> dict[str, np.ndarray]:
        """{dotted name: copy of the array, on the CPU} of all parameters and buffers."""
        return {name: np.array(asnumpy(a)) for name, a in self._state()}

    def _state(self) -> Iterator[tuple[str, Any]]:
        for name, p in self.named_parameters():
            yield name, p.data
        yield from self.named_buffers()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the values of a state_dict() of the same architecture.

        Raises ValueError that lists all names that are missing, unexpected, or of another shape or kind; the model
        is unchanged then.  Floating point types are converted."""
        own = dict(self._state())
        given = {str(name): np.asarray(asnumpy(value)) for name, value in state.items()}
        problems = [f"missing: {name} {a.shape}" for name, a in own.items() if name not in given]
        problems += [f"unexpected: {name} {a.shape}" for name, a in given.items() if name not in own]
        for name in own.keys() & given.keys():
            a, value = own[name], given[name]
            if a.shape != value.shape:
                problems.append(f"wrong shape: {name} is {a.shape} here, {value.shape} there")
            elif not np.can_cast(value.dtype, a.dtype, "same_kind"):
                problems.append(f"wrong kind: {name} is {a.dtype} here, {value.dtype} there")
        if problems:
            raise ValueError(f"this state is not of this {type(self).__name__}:\n  " + "\n  ".join(sorted(problems)))
        for name, a in own.items():
            a[...] = namespace(a).asarray(given[name])

    # How it looks

    def extra_repr(self) -> str:
        """What to print between the parentheses: sizes and settings."""
        return ""

    def __repr__(self) -> str:
        lines = list(_outline(self))
        width = max(len(text) for text, _ in lines)
        return "\n".join(f"{text:<{width}}  {count:>9,}" if count else text for text, count in lines)


def _is_array(value: Any) -> bool:
    return hasattr(value, "__array_function__") and not isinstance(value, (Tensor, np.generic))


def _members(module: Module) -> Iterator[tuple[str, Any]]:
    """(name, value) of the attributes that are Parameters, Modules or buffers, and of those inside lists and dicts."""

    def inside(name: str, values: Any) -> Iterator[tuple[str, Any]]:
        for key, value in values.items() if isinstance(values, dict) else enumerate(values):
            if isinstance(value, (Parameter, Module)):
                yield f"{name}.{key}", value
            elif isinstance(value, (list, tuple, dict)):
                yield from inside(f"{name}.{key}", value)

    for name, value in vars(module).items():
        if isinstance(value, (Parameter, Module)) or (_is_array(value) and not name.startswith("_")):
            yield name, value
        elif isinstance(value, (list, tuple, dict)):
            yield from inside(name, value)


def _outline(module: Module, indent: str = "", name: str = "", above: tuple = ()) -> Iterator[tuple[str, int]]:
    """(line, number of parameters) for a module and, further in, for its parts."""
    label = f"{name}: " if name else ""
    yield f"{indent}{label}{type(module).__name__}({module.extra_repr()})", sum(p.size for p in module.parameters())
    for part, child in module.children():
        if not any(child is m for m in (module, *above)):
            yield from _outline(child, indent + "  ", part, (module, *above))

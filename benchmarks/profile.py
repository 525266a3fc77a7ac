"""Where the time of a workload goes: `python -m benchmarks.profile W1`.

Every function of the engine that does work is wrapped in a stopwatch, and the time of what it calls is taken off its
own: a NumPy call going forwards, a rule of the table going backwards, and the engine's parts around them.  The
stopwatch itself takes about a microsecond a call, which is taken off as far as it can be measured.
"""

import argparse
import time
from contextlib import ExitStack, contextmanager
from functools import partial

from benchmarks.workloads import find


class Stopwatch:
    """Own seconds and calls by label."""

    def __init__(self, clock=time.perf_counter):
        self.clock, self.own, self.calls, self.inside = clock, {}, {}, [0.0]

    def wrap(self, function, label):
        """The same function, timed."""
        clock, inside, own, calls = self.clock, self.inside, self.own, self.calls

        def timed(*args, **kwargs):
            inside.append(0.0)
            begin = clock()
            try:
                return function(*args, **kwargs)
            finally:
                took = clock() - begin
                within = inside.pop()
                inside[-1] += took
                own[label] = own.get(label, 0.0) + took - within
                calls[label] = calls.get(label, 0) + 1

        return timed


@contextmanager
def replaced(thing, name, value):
    """An attribute, or an entry of a dict or list, is another inside the block."""
    inside = isinstance(thing, (dict, list))
    before = thing[name] if inside else getattr(thing, name)
    put = thing.__setitem__ if inside else partial(setattr, thing)
    put(name, value)
    try:
        yield
    finally:
        put(name, before)


def watch(watch, stack):
    """Wrap the engine's parts for as long as the stack is open."""
    from minigen import optim, vector
    from minigen.autodiff import compose, functional, tensor
    from minigen.autodiff.duck import HANDLERS

    enter = stack.enter_context
    apply, names = tensor.apply, {}

    def kernel(function):
        """A NumPy call, which apply makes and then records under its true name."""
        if function not in names:
            names[function] = watch.wrap(function, f"forward  {tensor.name_of(function)}")
        return names[function]

    def applied(function, *args, **params):
        out = apply(kernel(function), *args, **params)
        if out.function is not None:
            out.function = function
        return out

    recording = watch.wrap(applied, "engine   apply: wrap, check, record")
    for module in (tensor, compose, functional):
        enter(replaced(module, "apply", recording))
    for function, handler in list(HANDLERS.items()):
        if isinstance(handler, partial) and handler.func is apply:
            enter(replaced(HANDLERS, function, partial(recording, *handler.args)))
    for function, rules in list(tensor.RULES.items()):
        label = f"backward {tensor.name_of(function)}"
        if isinstance(rules, tuple):
            timed = tuple(r and watch.wrap(r, f"{label}, argument {i + 1}") for i, r in enumerate(rules))
            enter(replaced(tensor.RULES, function, timed))
        else:
            enter(replaced(rules, "rule", watch.wrap(rules.rule, label)))
    parts = {
        "engine   mark: fingerprints": (tensor, "mark"),
        "engine   fit: broadcasting undone": (tensor, "fit"),
        "engine   ancestors": (tensor, "ancestors"),
        "engine   backward: into .grad": (tensor.Tensor, "backward"),
        "vector   sync": (vector.ParameterVector, "_sync"),
        "optim    step: finite?": (optim.Optimizer, "step"),
        "optim    zero_grad": (optim.Optimizer, "zero_grad"),
        "optim    EMA": (optim.EMA, "update"),
    }
    for update in (optim.Adam, optim.RMSProp):
        parts[f"optim    {update.__name__}: update"] = (update, "update")
    for label, (owner, name) in parts.items():
        if hasattr(owner, name):
            enter(replaced(owner, name, watch.wrap(getattr(owner, name), label)))
    sweep = watch.wrap(tensor.sweep, "engine   sweep: around the rules")
    for module in (tensor, functional):
        enter(replaced(module, "sweep", sweep))


def cost_of_watching(clock):
    """Seconds that a wrapped call of nothing takes beyond a bare one: (inside its own time, in all)."""
    empty = Stopwatch(clock)
    call, n = empty.wrap(lambda: None, ""), 20_000
    begin = clock()
    for _ in range(n):
        call()
    return empty.own[""] / n, (clock() - begin) / n


def profile(workload, dtype, steps, clock):
    """[(label, calls, microseconds of its own)] per step, longest first, and microseconds of an unwatched step."""
    from benchmarks.measure import DTYPES

    problem = workload.problem(DTYPES[dtype])
    step = workload.contenders["minigen"](problem)
    for _ in range(max(3, steps // 5)):
        step()
    begin = clock()
    for _ in range(steps):
        step()
    plain = (clock() - begin) / steps
    own, whole = cost_of_watching(clock)
    with ExitStack() as stack:
        stopwatch = Stopwatch(clock)
        watch(stopwatch, stack)
        step = stopwatch.wrap(workload.contenders["minigen"](problem), "rest     models, losses, the loop, Python")
        for _ in range(3):
            step()
        stopwatch.own.clear(), stopwatch.calls.clear()
        for _ in range(steps):
            step()
    total = sum(stopwatch.calls.values()) / steps * whole
    rows = [
        (label, stopwatch.calls[label] / steps, 1e6 * max(0.0, t / steps - own * stopwatch.calls[label] / steps))
        for label, t in stopwatch.own.items()
    ]
    return sorted(rows, key=lambda row: -row[2]), 1e6 * plain, 1e6 * total


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", default=["W1"], help="workloads: W1, W4, 'W4 wide', ...")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--dtype", default="float32", choices=["float32", "float64"])
    parser.add_argument("--cpu-time", action="store_true", help="processor time instead of time by the clock")
    options = parser.parse_args()
    clock = time.process_time if options.cpu_time else time.perf_counter
    for workload in find(options.names):
        rows, plain, watching = profile(workload, options.dtype, options.steps, clock)
        found = sum(t for _, _, t in rows)
        print(f"\n{workload.name} {options.dtype}, {workload.title}: {plain:.0f} us a step; watched, {found:.0f} us")
        print(f"(and {watching:.0f} us of watching)\n{'us':>9s} {'share':>6s} {'calls':>7s}")
        for label, calls, t in rows:
            if t > 0.003 * found:
                print(f"{t:9.1f} {t / found:6.1%} {calls:7.1f}  {label}")


if __name__ == "__main__":
    main()

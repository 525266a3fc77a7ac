"""Wrong rules, made from the right ones: a function's syntax tree with one small change, put back in its place."""

import ast
import copy
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from types import CodeType, FunctionType

from minigen.autodiff.duck import HANDLERS
from minigen.autodiff.tensor import CONSTANTS, RULES, Each

SIGNS = {ast.Add: ast.Sub, ast.Sub: ast.Add}
COMPARISONS = {ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}


def engine_rules() -> dict:
    """The table without the rules that other modules, or users, have added."""
    return {f: table for f, table in RULES.items() if _home(_any_rule(table)) == "minigen.autodiff"}


def engine_functions() -> list:
    """What a user may call on Tensors and differentiate, as far as the engine itself provides it."""
    rules = engine_rules()
    others = (f for f in HANDLERS if f not in RULES and f not in CONSTANTS and _home(HANDLERS[f]) == "minigen.autodiff")
    return [*(f for f in rules if f in HANDLERS), *others]


def _any_rule(table):
    return underlying(table.rule if isinstance(table, Each) else next(r for r in table if r is not None))


def _home(function) -> str:
    return ".".join(function.__module__.split(".")[:2])


def underlying(rule) -> FunctionType:
    return rule.func if isinstance(rule, partial) else rule


def with_helpers(function: FunctionType) -> Iterator[FunctionType]:
    """The function, the functions in its closure, and the plain functions of its own file that it calls."""
    waiting, seen = [function], set()
    while waiting:
        f = waiting.pop()
        if not isinstance(f, FunctionType) or f in seen or hasattr(f, "on_arrays"):
            continue
        if f.__code__.co_filename != function.__code__.co_filename:
            continue
        seen.add(f)
        yield f
        waiting.extend(c.cell_contents for c in f.__closure__ or ())
        waiting.extend(f.__globals__.get(name) for name in f.__code__.co_names)


@cache
def _nodes(filename: str) -> list[ast.AST]:
    with open(filename, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    return [n for n in ast.walk(tree) if isinstance(n, (ast.Lambda, ast.FunctionDef))]


def _extent(node) -> tuple:
    body = node.body if isinstance(node, ast.Lambda) else node
    return (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)


def node_of(function: FunctionType):
    """The syntax tree of a function: the smallest one that contains all of its instructions."""
    places = [p for p in function.__code__.co_positions() if None not in p and p[3] > 0]
    first, last = min((p[0], p[2]) for p in places), max((p[1], p[3]) for p in places)
    around = [n for n in _nodes(function.__code__.co_filename) if _extent(n)[0] <= first and last <= _extent(n)[1]]
    return max(around, key=lambda n: _extent(n)[0])


def text_of(function: FunctionType) -> str:
    node = node_of(function)
    return ast.unparse(node.body if isinstance(node, ast.Lambda) else node).strip()


def _code_in(code: CodeType, name: str) -> CodeType | None:
    for const in code.co_consts:
        if isinstance(const, CodeType):
            found = const if const.co_name == name else _code_in(const, name)
            if found:
                return found
    return None


def compiled(function: FunctionType, node) -> CodeType:
    """The node as code that can stand in for the function's: with the same free variables."""
    node = copy.deepcopy(node)
    free = function.__code__.co_freevars
    if free and isinstance(node, ast.Lambda):  # name them all, used or not
        keep = [node.body, *(ast.Name(v, ast.Load()) for v in free)]
        node.body = ast.Subscript(ast.Tuple(keep, ast.Load()), ast.Constant(0), ast.Load())
    node_name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
    if isinstance(node, ast.FunctionDef):
        node.decorator_list = []
    inner = ast.Expr(node) if isinstance(node, ast.Lambda) else node
    outer = ast.parse(f"def outer({', '.join(free)}): pass")
    outer.body[0].body = [inner]
    ast.fix_missing_locations(outer)
    code = _code_in(_code_in(compile(outer, "mutant", "exec"), "outer"), node_name)
    return code.replace(co_freevars=free) if set(code.co_freevars) == set(free) else code


@contextmanager
def replaced(function: FunctionType, code: CodeType):
    original = function.__code__
    function.__code__ = code
    try:
        yield
    finally:
        function.__code__ = original


def mutations(function: FunctionType, arrays: list[str], scale: bool) -> Iterator[tuple[str, ast.AST]]:
    """(what was done, the changed tree): scaled, negated, a term or factor dropped, a sign flipped, ..."""
    original = node_of(function)

    def edited(describe, edit):
        """One mutant for each place at which edit(node) offers replacements."""
        untouched = set(map(id, _untouched(original)))
        for k, node in enumerate(ast.walk(original)):
            if id(node) in untouched:
                continue
            for j, _ in enumerate(edit(copy.deepcopy(node)) or ()):
                tree = copy.deepcopy(original)
                target = next(n for i, n in enumerate(ast.walk(tree)) if i == k)
                new = edit(target)[j]
                tree = _Swap(target, new).visit(tree)
                yield f"{describe}: {ast.unparse(node)} -> {ast.unparse(new)}", tree

    if scale:
        for what, change in [("scaled by 1.001", lambda v: ast.BinOp(ast.Constant(1.001), ast.Mult(), v)),
                             ("negated", lambda v: ast.UnaryOp(ast.USub(), v))]:  # fmt: skip
            tree = copy.deepcopy(original)
            for n in (
                [tree] if isinstance(tree, ast.Lambda) else [n for n in ast.walk(tree) if isinstance(n, ast.Return)]
            ):
                if isinstance(n, ast.Lambda):
                    n.body = change(n.body)
                else:
                    n.value = change(n.value)
            yield what, tree
    for a, b in [(a, b) for i, a in enumerate(arrays) for b in arrays[i + 1 :]]:
        tree = copy.deepcopy(original)
        body = tree.body if isinstance(tree.body, list) else [tree.body]
        names = [n for part in body for n in ast.walk(part) if isinstance(n, ast.Name)]
        for n in names:
            n.id = {a: b, b: a}.get(n.id, n.id)
        if any(n.id in (a, b) for n in names):
            yield f"{a} and {b} swapped", tree
    yield from edited("dropped", _drop)
    yield from edited("changed", _change)


def _untouched(original) -> Iterator[ast.AST]:
    """Defaults, which live in the function and not in its code, and what ends a loop: it could fill the memory."""
    yield from ast.walk(original.args)
    for loop in [n for n in ast.walk(original) if isinstance(n, ast.While)]:
        yield from ast.walk(loop.test)
        for n in [n for n in ast.walk(loop) if isinstance(n, ast.Subscript)]:
            yield from ast.walk(n.slice)


class _Swap(ast.NodeTransformer):
    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else super().generic_visit(node)


def _drop(n):
    if isinstance(n, ast.BinOp) and isinstance(n.op, (ast.Add, ast.Sub, ast.Mult, ast.MatMult, ast.Div)):
        return [n.left, ast.UnaryOp(ast.USub(), n.right) if isinstance(n.op, ast.Sub) else n.right]
    return [n.operand] if isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub) else []


def _change(n):
    if isinstance(n, ast.BinOp) and type(n.op) in SIGNS:
        return [ast.BinOp(n.left, SIGNS[type(n.op)](), n.right)]
    if isinstance(n, ast.BinOp) and isinstance(n.op, (ast.Mult, ast.Div)):
        other = ast.Div() if isinstance(n.op, ast.Mult) else ast.Mult()
        return [ast.BinOp(n.left, other, n.right)]
    if isinstance(n, ast.Compare) and type(n.ops[0]) in COMPARISONS:
        return [ast.Compare(n.left, [COMPARISONS[type(n.ops[0])](), *n.ops[1:]], n.comparators)]
    if isinstance(n, ast.Constant) and type(n.value) is float:
        return [ast.Constant(1.001 * n.value)]
    return []


def array_names(rule: FunctionType, count: int) -> list[str]:
    """The names of a rule's array arguments, after g and y."""
    return list(inspect.signature(rule).parameters)[2 : 2 + count]

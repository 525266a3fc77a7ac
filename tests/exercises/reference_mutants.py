"""Small mistakes, made on purpose and by rule in a right answer: the tests of an exercise should notice each of them.

    for mutant in mutants(source): print(mutant.name)       # clip_weights 27: return np.clip(w, -c, c) -> return -...

What makes no other program is left out: a change of spelling, b - a below abs, norm or a square, copies of arguments
(a grader hands copies in), strict= of zip, and an out= whose loss would leave memory unset.  So is most of what stops
every call for a reason of Python's, such as a name without a value: to catch it says nothing about a test.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

Node = TypeVar("Node", bound=ast.AST)

ARITHMETIC: dict[type, type] = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
                                ast.Pow: ast.Mult, ast.MatMult: ast.Mult, ast.FloorDiv: ast.Mult,
                                ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}  # fmt: skip
ONE_SIDED = (ast.Sub, ast.Div, ast.Pow, ast.MatMult, ast.FloorDiv)
COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,)}  # fmt: skip
PAIRS = ("sum mean", "min max", "minimum maximum", "sin cos", "cumsum cumprod", "any all", "argmin argmax",
         "zeros ones", "zeros_like ones_like")  # fmt: skip
SISTERS = {name: other for a, b in map(str.split, PAIRS) for name, other in ((a, b), (b, a))}
SYMMETRIC = {"minimum", "maximum", "logaddexp", "min", "max"}
COPIES = {"array", "asarray", "copy"}
MAKERS = COPIES | {"zeros", "ones", "full", "arange", "eye", "ndindex", "concatenate", "stack", "zeros_like"}


@dataclass(frozen=True)
class Mutant:
    """function: in which the mistake is.  change: "line: before -> after".  source: the whole file with it."""

    function: str
    change: str
    source: str

    @property
    def name(self) -> str:
        return f"{self.function} {self.change}"


def mutants(source: str) -> list[Mutant]:
    """Every file that differs from this one by one small mistake in one of its functions, in the order of its lines."""
    tree = ast.parse(source)
    found = {ast.unparse(tree): None}  # in order; the right answer itself is no mutant
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        for statement, old, new in _mistakes(function):
            changed = replaced(statement, old, new)
            text = ast.unparse(ast.fix_missing_locations(replaced(tree, statement, changed)))
            change = f"{statement.lineno}: {_head(statement)} -> {_head(changed)}"
            found.setdefault(text, Mutant(function.name, change, text + "\n"))
    return [mutant for mutant in found.values() if mutant is not None]


def replaced(node: Node, old: ast.AST, new: ast.AST) -> Node:
    """The tree `node` with one node replaced by another; neither is changed."""
    if node is old:
        return new  # type: ignore[return-value]
    copy = type(node)(**{field: _replaced(value, old, new) for field, value in ast.iter_fields(node)})
    return ast.copy_location(copy, node) if hasattr(node, "lineno") else copy


def _replaced(value, old, new):
    if isinstance(value, list):
        return [_replaced(v, old, new) for v in value]
    return replaced(value, old, new) if isinstance(value, ast.AST) else value


def _head(statement: ast.AST) -> str:
    """The statement in one line; of one that holds others, its first."""
    return ast.unparse(ast.fix_missing_locations(statement)).splitlines()[0]


def _mistakes(function: ast.FunctionDef) -> Iterator[tuple[ast.stmt, ast.AST, ast.AST]]:
    """(statement, a node in it, what to put there), for each mistake in a function."""
    known = {argument.arg for argument in function.args.args}
    for statement in _statements(function.body):
        if isinstance(statement, ast.FunctionDef):
            known |= {statement.name, *(argument.arg for argument in statement.args.args)}
            continue
        for new in _other_statements(statement, known, function.args.args[0].arg):
            yield statement, statement, new
        for parent, node in _expressions(statement):
            for other in _other_expressions(node, parent):
                yield statement, node, other
        known |= _stored(statement)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for i, statement in enumerate(body):
        if not (i == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            yield statement
        for block in ("body", "orelse"):
            yield from _statements(getattr(statement, block, []))


def _expressions(node: ast.AST) -> Iterator[tuple[ast.AST, ast.expr]]:
    """(parent, expression), for all expressions of a statement, but not of statements inside it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt) or (isinstance(child, ast.keyword) and child.arg in ("axis", "strict")):
            continue
        if isinstance(child, ast.expr):
            yield node, child
        yield from _expressions(child)


def _other_statements(statement: ast.stmt, known: set[str], first: str) -> Iterator[ast.stmt]:
    """Left out, done once, decided otherwise, overwritten instead of updated; an argument returned."""
    match statement:
        case ast.Assign(targets=targets):
            if all(_stored(target) <= known for target in targets):
                yield ast.Pass()
            if isinstance(statement.value, ast.BinOp | ast.Call) and not _copies(statement.value):
                yield ast.Assign(targets, _minus(statement.value), lineno=statement.lineno)
        case ast.AugAssign(target, op, value):
            yield ast.Pass()
            yield ast.Assign([target], value, lineno=statement.lineno)
            yield ast.AugAssign(target, ARITHMETIC[type(op)](), value)
        case ast.Expr() | ast.Break() | ast.Continue():
            yield ast.Pass()
        case ast.If(test, body, orelse):
            for other in (_not(test), ast.Constant(True), ast.Constant(False)):
                yield ast.If(other, body, orelse)
        case ast.While(test, body):
            yield ast.If(test, body, [])
        case ast.For(target, iterator, body):
            yield ast.For(target, ast.Subscript(ast.Call(ast.Name("list"), [iterator], []),
                          ast.Slice(ast.Constant(1))), body, [], lineno=statement.lineno)  # fmt: skip
        case ast.Return(ast.Tuple(parts)):
            for i, part in enumerate(parts):
                yield ast.Return(ast.Tuple([*parts[:i], _minus(part), *parts[i + 1 :]]))
            for swapped in _neighbours_swapped(parts):
                yield ast.Return(ast.Tuple(swapped))
            yield ast.Return(ast.Name(first))
        case ast.Return(value) if value is not None:
            if not isinstance(value, ast.List | ast.ListComp | ast.Constant):
                yield ast.Return(_minus(value))
            yield ast.Return(ast.Name(first))


def _other_expressions(node: ast.expr, parent: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.BinOp(left, op, right) if not isinstance(left, ast.List) and not isinstance(right, ast.List):
            yield ast.BinOp(left, ARITHMETIC[type(op)](), right)
            if isinstance(op, ONE_SIDED) and not (isinstance(op, ast.Sub) and _even(parent)):
                yield ast.BinOp(right, op, left)
        case ast.UnaryOp(ast.USub(), value):
            yield value
        case ast.UnaryOp(ast.Not(), value):
            yield value
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.And() if isinstance(op, ast.Or) else ast.Or(), values)
            for i in range(len(values)):
                rest = values[:i] + values[i + 1 :]
                yield ast.BoolOp(op, rest) if len(rest) > 1 else rest[0]
        case ast.Compare(left, [op], [right]):
            for other in COMPARISONS[type(op)]:
                yield ast.Compare(left, [other()], [right])
        case ast.Constant(value):
            yield from map(ast.Constant, _other_constants(value))
        case ast.IfExp(_, body, orelse):
            yield body
            yield orelse
        case ast.Subscript(value, where) if isinstance(where, ast.Slice) and isinstance(node.ctx, ast.Load):
            yield value
        case ast.Attribute(value, "T"):
            yield value
        case ast.Call():
            yield from _other_calls(node)


def _other_constants(value: object) -> tuple:
    match value:
        case bool():
            return (not value,)
        case int():
            return value + 1, value - 1
        case float():
            return (value * 1.01, value * 2, -value) if value else (0.01,)
    return ()


def _other_calls(call: ast.Call) -> Iterator[ast.Call | ast.expr]:
    """Another function, its argument alone, arguments swapped, a keyword lost, another axis."""
    function, arguments, keywords = call.func, call.args, call.keywords
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if isinstance(function, ast.Attribute) and name in SISTERS:
        yield ast.Call(ast.Attribute(function.value, SISTERS[name]), arguments, keywords)
    elif name in SISTERS:
        yield ast.Call(ast.Name(SISTERS[name]), arguments, keywords)
    if arguments and name not in MAKERS and (isinstance(function, ast.Attribute) or name == "reversed"):
        yield arguments[0]
    if name not in SYMMETRIC:
        for swapped in _neighbours_swapped(arguments):
            yield ast.Call(function, swapped, keywords)
    for i, keyword in enumerate(keywords):
        others = keywords[:i] + keywords[i + 1 :]
        if keyword.arg == "axis":
            for axis in {"0": (1,), "1": (0,), "-1": (0,)}.get(ast.unparse(keyword.value), ()):
                yield ast.Call(function, arguments, [*others, ast.keyword("axis", ast.Constant(axis))])
        if keyword.arg not in ("strict", "out"):
            yield ast.Call(function, arguments, others)


def _neighbours_swapped(parts: list[ast.expr]) -> Iterator[list[ast.expr]]:
    for i in range(len(parts) - 1):
        yield [*parts[:i], parts[i + 1], parts[i], *parts[i + 2 :]]


def _stored(node: ast.AST) -> set[str]:
    """The names that get a value."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _even(node: ast.AST) -> bool:
    """Whether what stands below it may have either sign."""
    match node:
        case ast.Call(ast.Attribute(_, "abs" | "norm") | ast.Name("abs")) | ast.BinOp(_, ast.Pow(), ast.Constant(2)):
            return True
    return False


def _copies(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in COPIES | {"list"}


def _minus(node: ast.expr) -> ast.expr:
    match node:
        case ast.UnaryOp(ast.USub(), value):
            return value
    return ast.UnaryOp(ast.USub(), node)


def _not(node: ast.expr) -> ast.expr:
    match node:
        case ast.UnaryOp(ast.Not(), value):
            return value
    return ast.UnaryOp(ast.Not(), node)

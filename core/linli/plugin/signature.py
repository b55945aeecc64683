"""Signatures as their author wrote them: Python itself prints an alias like ``Answer[bool]`` as a union of four."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any


def readable_signature(function: Callable[..., Any]) -> str:
    """``name(argument: Type) -> Answer[Type]`` on one line, without quotes around names imported for types only.

    Where the source is not at hand (a frozen program), what Python knows of the signature.
    """
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return f"{function.__name__}{inspect.signature(function)}"
    if not isinstance(definition, ast.FunctionDef | ast.AsyncFunctionDef):
        return f"{function.__name__}{inspect.signature(function)}"
    bare = _Unquoted()
    arguments = ast.unparse(bare.visit(definition.args))
    answer = "" if definition.returns is None else f" -> {ast.unparse(bare.visit(definition.returns))}"
    return f"{definition.name}({arguments}){answer}"


class _Unquoted(ast.NodeTransformer):
    """A type in quotes as the type itself; text elsewhere (a default, a ``Literal``) stays text."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None if node.annotation is None else self._type(node.annotation)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return self._type(node)

    def visit_arguments(self, node: ast.arguments) -> ast.arguments:
        for argument in (*node.posonlyargs, *node.args, *node.kwonlyargs, node.vararg, node.kwarg):
            if argument is not None:
                self.visit_arg(argument)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "Literal":
            return node
        self.generic_visit(node)
        return node

    def _type(self, node: ast.expr) -> ast.expr:
        if not isinstance(node, ast.Constant):
            visited = self.visit(node)
            assert isinstance(visited, ast.expr)
            return visited
        if not isinstance(node.value, str):
            return node
        try:
            return ast.parse(node.value, mode="eval").body
        except SyntaxError:  # text beside a type, as Annotated takes it
            return node

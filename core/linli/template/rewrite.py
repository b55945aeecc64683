"""Puts the meter into a template's syntax tree, at the places where Jinja offers no hook.

Internal filters do it, under names that nobody writes by accident (they begin with a space): a loop counts its steps, a
comparison and a key weigh what they go through, a slice pays for its copy, ``~`` joins within the limits.
"""

from typing import Final, cast

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

STEPS: Final = " steps"
WEIGHED: Final = " weighed"
COPIED: Final = " copied"
JOINED: Final = " joined"


def _through(name: str, node: nodes.Expr, *args: nodes.Expr) -> nodes.Expr:
    """``node`` handed through the internal filter ``name``; a constant needs no meter."""
    if isinstance(node, nodes.Const) and name != JOINED:
        return node
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)


class Metering(NodeTransformer):
    """One walk over the tree, from the leaves upwards."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        self.generic_visit(node)
        node.iter = _through(STEPS, cast("nodes.Expr", node.iter))
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        self.generic_visit(node)
        node.expr = _through(WEIGHED, node.expr)
        for operand in node.ops:
            operand.expr = _through(WEIGHED, operand.expr)
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Node:
        self.generic_visit(node)
        node.key = _through(WEIGHED, node.key)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _through(COPIED, node.node)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _through(JOINED, node.nodes[0], *node.nodes[1:])


def metered(tree: nodes.Template) -> nodes.Template:
    """The template with its meters."""
    Metering().visit(tree)
    return tree

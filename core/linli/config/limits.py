"""What a file shows only once all its includes are in it: depth, and locks where they hold nothing."""

from linli.config.builder import LOCKED, MAX_DEPTH
from linli.config.nodes import Items, Node, Table, walk
from linli.config.problem import Problem


def misplaced_locks(root: Node) -> list[Problem]:
    """Locks inside a list hold nothing, since lists are replaced as a whole: a warning each."""
    found: list[Problem] = []
    for path, node in walk(root):
        if isinstance(node, Table) and any(isinstance(step, int) for step in path):
            found += [
                Problem("lock_in_list", {"tag": LOCKED}, entry.locked, (*path, key))
                for key, entry in node.entries.items()
                if entry.locked is not None
            ]
    return found


def too_deep(root: Node) -> Node | None:
    """The first node that lies deeper than any deployment needs, which recursion must not meet."""
    pending: list[tuple[Node, int]] = [(root, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > MAX_DEPTH * 2:
            return node
        if isinstance(node, Table):
            pending += [(entry.node, depth + 1) for entry in node.entries.values()]
        elif isinstance(node, Items):
            pending += [(part, depth + 1) for part in node.parts]
    return None

"""The shape of an answer: which keys and types it has, where the values belong to one hub alone.

A shape is JSON too, so that it can be kept as a golden file: a map of named fields is ``{"field": shape}`` with a
``?`` behind a field that only some items have; a map of free keys is ``{"*": shape of any value}``; a list is
``[shape of any item]``; a plain value is its type; ``"int|null"`` is one of several.
"""

from collections.abc import Collection
from typing import Any

Shape = Any


def shape_of(value: Any, maps: Collection[str] = (), path: str = "") -> Shape:
    """The shape of one value; ``maps`` are the paths (``*`` for any key or item) of maps with free keys."""
    if isinstance(value, dict):
        if path in maps:
            return {"*": _merged([shape_of(item, maps, _under(path, "*")) for item in value.values()])}
        return {key: shape_of(item, maps, _under(path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_merged([shape_of(item, maps, _under(path, "*")) for item in value])]
    if value is None:
        return "null"
    return {bool: "bool", int: "number", float: "number", str: "text"}[type(value)]


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _merged(shapes: list[Shape]) -> Shape:
    """One shape that all of them fit; "any" for none at all (an empty list tells nothing)."""
    merged: Shape = "any"
    for shape in shapes:
        merged = _either(merged, shape)
    return merged


def _either(one: Shape, two: Shape) -> Shape:
    if one == "any":
        return two
    if two in ("any", one):
        return one
    if isinstance(one, dict) and isinstance(two, dict):
        return _either_maps(one, two)
    if isinstance(one, list) and isinstance(two, list):
        return [_either(one[0], two[0])]
    kinds: list[Shape] = []
    for shape in (one, two):
        kinds += shape["one of"] if isinstance(shape, dict) and "one of" in shape else [shape]
    return {"one of": _distinct(kinds)}


def _distinct(kinds: list[Shape]) -> list[Shape]:
    """Maps among them become one map, lists one list, and what is left is told once."""
    kept: list[Shape] = []
    for kind in kinds:
        same = next(
            (i for i, k in enumerate(kept) if type(k) is type(kind) and (k == kind or not isinstance(k, str))), None
        )
        if same is None:
            kept.append(kind)
        else:
            kept[same] = _either(kept[same], kind)
    return sorted(kept, key=repr)


def _either_maps(one: dict[str, Shape], two: dict[str, Shape]) -> Shape:
    if "one of" in one or "one of" in two:
        kinds = [*one.get("one of", [one]), *two.get("one of", [two])]
        return {"one of": _distinct(kinds)}
    first = {key.rstrip("?"): (key, shape) for key, shape in one.items()}
    second = {key.rstrip("?"): (key, shape) for key, shape in two.items()}
    merged: dict[str, Shape] = {}
    for name in dict.fromkeys([*first, *second]):
        if name in first and name in second:
            (key_1, shape_1), (key_2, shape_2) = first[name], second[name]
            merged[f"{name}?" if "?" in key_1 + key_2 else name] = _either(shape_1, shape_2)
        else:
            merged[f"{name}?"] = (first.get(name) or second[name])[1]
    return merged


def misfits(golden: Shape, ours: Shape, path: str = "") -> list[str]:
    """Why our shape does not fit the golden one, as sentences; empty when it does.

    We may have fewer kinds of a value than the original; we may not lack a field that it always has, nor bring a field
    or a type that it never has. A field that was null in every recorded item told nothing of its type.
    """
    if "any" in (golden, ours) or golden in ("null", ours):
        return []
    if isinstance(golden, dict) and "one of" in golden:
        ours_kinds = ours["one of"] if isinstance(ours, dict) and "one of" in ours else [ours]
        known = [kind for kind in golden["one of"] if kind != "null"]  # here null is one kind, and not the unknown
        tries = [
            [misfits(kind, our, path) for kind in known]
            for our in ours_kinds
            if our != "null" or "null" not in golden["one of"]
        ]
        return [min(each, key=len)[0] for each in tries if all(each)]
    if isinstance(golden, dict) and isinstance(ours, dict) and "one of" not in ours:
        return _map_misfits(golden, ours, path)
    if isinstance(golden, list) and isinstance(ours, list):
        return misfits(golden[0], ours[0], _under(path, "*"))
    return [f"{path or 'the answer'}: expected {golden!r}, found {ours!r}"]


def _map_misfits(golden: dict[str, Shape], ours: dict[str, Shape], path: str) -> list[str]:
    mine = {key.rstrip("?"): (key, shape) for key, shape in ours.items()}
    known = {key.rstrip("?"): key for key in golden}
    found = []
    for name, key in known.items():
        if name in mine:
            if mine[name][0].endswith("?") and not key.endswith("?"):
                found.append(f"{_under(path, name)}: not in every item, the original always has it")
            found += misfits(golden[key], mine[name][1], _under(path, name))
        elif not key.endswith("?") and name != "*":
            found.append(f"{_under(path, name)}: missing")
    if "*" not in known:
        found += [f"{_under(path, name)}: the original has no such field" for name in mine if name not in known]
    return found

"""Which route answers a path. Pure; compiled from the table of routes whenever that has changed.

A whole path without braces is one dict look-up. The rest is found by the longest fixed beginning (up to a slash), so
the cost does not grow with the number of routes. Of two routes that fit, the more specific one answers.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from linli import Route

_BRACES: Final = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})+))?\}")
NO_PARAMETERS: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Found:
    """The route that answers, and what stood in its braces."""

    route: Route
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WrongMethod:
    """The path is known, but not with this method."""

    allowed: frozenset[str]


class _Pattern:
    """One path with braces, and its routes by method."""

    __slots__ = ("_last", "_regex", "routes")

    def __init__(self, path: str, start: int) -> None:
        self.routes: dict[str, Route] = {}
        rest = path[start:]
        simple = re.fullmatch(r"\{(\w+)\}", rest)
        self._last = simple[1] if simple else None
        self._regex = re.compile(_as_regex(rest), re.DOTALL)

    def match(self, rest: str) -> Mapping[str, str] | None:
        """The parameters, if ``rest`` (what follows the fixed beginning) fits."""
        if self._last is not None:
            return {self._last: rest} if rest and "/" not in rest else None
        match = self._regex.fullmatch(rest)
        return None if match is None else match.groupdict()


def _as_regex(path: str) -> str:
    parts: list[str] = []
    end = 0
    for braces in _BRACES.finditer(path):
        parts += [re.escape(path[end : braces.start()]), f"(?P<{braces[1]}>{braces[2] or '[^/]+'})"]
        end = braces.end()
    return "".join([*parts, re.escape(path[end:])])


class Matcher:
    """All routes, ready to be asked; a new one is made when the table changes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._exact: dict[str, dict[str, Route]] = {}
        self._beginnings: dict[str, list[_Pattern]] = {}
        patterns: dict[str, _Pattern] = {}
        for route in routes:
            if "{" not in route.path:
                self._exact.setdefault(route.path, {})[route.method] = route
                continue
            pattern = patterns.get(route.path)
            if pattern is None:
                start = route.path.rindex("/", 0, route.path.index("{")) + 1
                pattern = patterns[route.path] = _Pattern(route.path, start)
                self._beginnings.setdefault(route.path[:start], []).append(pattern)
            pattern.routes[route.method] = route

    def find(self, method: str, path: str) -> Found | WrongMethod | None:
        """Who answers ``method path`` (decoded, without query); HEAD is answered by whoever answers GET."""
        routes = self._exact.get(path)
        if routes is not None:
            route = routes.get(method) or (routes.get("GET") if method == "HEAD" else None)
            if route is not None:
                return Found(route, NO_PARAMETERS)
        allowed: set[str] = set(routes or ())
        end = len(path)
        while (end := path.rfind("/", 0, end)) >= 0:
            for pattern in self._beginnings.get(path[: end + 1], ()):
                params = pattern.match(path[end + 1 :])
                if params is None:
                    continue
                route = pattern.routes.get(method) or (pattern.routes.get("GET") if method == "HEAD" else None)
                if route is not None:
                    return Found(route, params)
                allowed.update(pattern.routes)
        if not allowed:
            return None
        return WrongMethod(frozenset(allowed | {"HEAD"} if "GET" in allowed else allowed))

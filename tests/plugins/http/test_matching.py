"""Which route answers a path."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.endpoints import Route
from linli.ids import PluginDomain
from linli_http.matching import Found, Matcher, WrongMethod


def route(method: str, path: str) -> Route:
    return Route(method, path, lambda request: None, PluginDomain("made_up"))


ROUTES = [
    route("GET", "/"),
    route("GET", "/api/"),
    route("GET", "/api/states"),
    route("GET", "/api/states/{entity_id}"),
    route("POST", "/api/states/{entity_id}"),
    route("GET", "/api/states/special"),
    route("POST", "/api/services/{domain}/{service}"),
    route("GET", "/api/camera/{entity_id}.jpg"),
    route("GET", "/api/history/period/{when:\\d{4}-\\d{2}}"),
    route("GET", "/pages/{file:.*}"),
    route("GET", "/pages/notices/{file:.*}"),
]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", ("/", {})),
        ("HEAD", "/api/states", ("/api/states", {})),
        ("GET", "/api/states/light.a", ("/api/states/{entity_id}", {"entity_id": "light.a"})),
        ("GET", "/api/states/special", ("/api/states/special", {})),
        ("POST", "/api/states/special", ("/api/states/{entity_id}", {"entity_id": "special"})),
        ("POST", "/api/services/light/on", ("/api/services/{domain}/{service}", {"domain": "light", "service": "on"})),
        ("GET", "/api/camera/camera.door.jpg", ("/api/camera/{entity_id}.jpg", {"entity_id": "camera.door"})),
        ("GET", "/api/history/period/2024-11", ("/api/history/period/{when:\\d{4}-\\d{2}}", {"when": "2024-11"})),
        ("GET", "/pages/a/b.js", ("/pages/{file:.*}", {"file": "a/b.js"})),
        ("GET", "/pages/", ("/pages/{file:.*}", {"file": ""})),
        ("GET", "/pages/notices/a.js", ("/pages/notices/{file:.*}", {"file": "a.js"})),
    ],
)
def test_the_most_specific_route_answers(method, path, expected):
    found = Matcher(ROUTES).find(method, path)
    assert isinstance(found, Found)
    assert (found.route.path, dict(found.params)) == expected


@pytest.mark.parametrize(
    "path", ["", "/api", "/api/states/", "/api/states/a/b", "/api/services/light", "/api/history/period/x", "//"]
)
def test_what_fits_no_route_is_not_found(path):
    assert Matcher(ROUTES).find("GET", path) is None


def test_a_wrong_method_names_all_that_fit():
    assert Matcher(ROUTES).find("DELETE", "/api/states/special") == WrongMethod(frozenset({"GET", "HEAD", "POST"}))


SEGMENT = st.sampled_from(["a", "b", "api", "{x}", "{y}", "p{x}"])
PATHS = (
    st.lists(SEGMENT, min_size=1, max_size=3)
    .map(lambda segments: "/" + "/".join(segments))
    .filter(lambda path: path.count("{x}") < 2 and path.count("{y}") < 2)
)


@given(paths=st.lists(PATHS, unique=True, max_size=8), asked=st.lists(st.sampled_from(["a", "b", "api", "pa", "z"])))
def test_a_path_is_found_exactly_where_some_route_fits_it(paths, asked):
    path = "/" + "/".join(asked)
    fits = [each for each in paths if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), path)]
    found = Matcher([route("GET", each) for each in paths]).find("GET", path)
    if fits:
        assert isinstance(found, Found)
        assert found.route.path in fits
    else:
        assert found is None

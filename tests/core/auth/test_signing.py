from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.auth.signing import PARAMETER, SignedPaths
from linli.clock import SimulatedClock
from linli.errors import InvalidRequest
from linli.ids import TokenId

TOKEN = TokenId("01JABC")
names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8).filter(
    lambda name: name not in ("width", "height", PARAMETER)
)
pairs = st.lists(st.tuples(names, st.text(st.characters(codec="utf-8"), max_size=8)), max_size=4)


def opened(signed: str) -> tuple[str, list[tuple[str, str]]]:
    """What a server makes of the address."""
    parts = urlsplit(signed)
    return unquote(parts.path), parse_qsl(parts.query, keep_blank_values=True)


@given(pairs)
def test_a_signed_path_opens_as_it_was_signed(query: list[tuple[str, str]]) -> None:
    paths = SignedPaths(SimulatedClock())
    path, seen = opened(paths.sign(f"/api/camera_proxy/a%20b?{urlencode(query)}", TOKEN, 30))
    assert seen[:-1] == query
    assert paths.verify(path, seen) == TOKEN


@given(pairs, pairs, st.sampled_from(["/api/states", "/api/camera_proxy/b", "/api/camera_proxy/a/"]))
def test_it_opens_nothing_else(query: list[tuple[str, str]], other: list[tuple[str, str]], path: str) -> None:
    paths = SignedPaths(SimulatedClock())
    good, seen = opened(paths.sign("/api/camera_proxy/a", TOKEN, 30))
    assert paths.verify(path, seen) is None
    if other:
        assert paths.verify(good, [*other, *seen]) is None
    assert paths.verify(good, [*query, (PARAMETER, seen[-1][1] + "x")]) is None


async def test_it_ends_in_time_whatever_the_wall_clock_says() -> None:
    clock = SimulatedClock()
    paths = SignedPaths(clock)
    path, seen = opened(paths.sign("/x", TOKEN, 30))
    await clock.forward(29)
    assert paths.verify(path, seen) == TOKEN
    clock.step_wall(-3600)
    await clock.forward(1)
    assert paths.verify(path, seen) is None


def test_another_size_of_the_picture_may_be_asked_for_and_nothing_more() -> None:
    paths = SignedPaths(SimulatedClock())
    path, seen = opened(paths.sign("/x?width=10", TOKEN, 30))
    assert paths.verify(path, [("height", "20"), *seen]) == TOKEN
    assert paths.verify(path, [*seen, ("token", "1")]) is None


def test_a_signature_of_another_hub_or_token_is_worth_nothing() -> None:
    clock = SimulatedClock()
    path, seen = opened(SignedPaths(clock).sign("/x", TOKEN, 30))
    assert SignedPaths(clock).verify(path, seen) is None
    paths = SignedPaths(clock)
    path, seen = opened(paths.sign("/x", TOKEN, 30))
    assert paths.verify(path, [(PARAMETER, seen[0][1].replace(TOKEN, "01JABD"))]) is None
    assert paths.verify(path, [seen[0], seen[0]]) is None


@pytest.mark.parametrize("path", ["http://evil.example/x", "//evil.example/x", "x", "", "/x?authSig=1"])
def test_only_a_path_of_this_hub_is_signed(path: str) -> None:
    with pytest.raises(InvalidRequest):
        SignedPaths(SimulatedClock()).sign(path, TOKEN, 30)


@pytest.mark.parametrize("seconds", [0, -1, 1e18])
def test_an_end_must_lie_ahead(seconds: float) -> None:
    with pytest.raises(InvalidRequest):
        SignedPaths(SimulatedClock()).sign("/x", TOKEN, seconds)


@given(st.lists(st.tuples(st.just(PARAMETER) | st.text(), st.text()), max_size=3))
def test_no_query_breaks_it(query: list[tuple[str, str]]) -> None:
    assert SignedPaths(SimulatedClock()).verify("/x", query) is None

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.auth.origin import is_own_host, is_own_origin, own_names

NAMES = {"hub.example"}


@pytest.mark.parametrize(
    "host", ["localhost:8123", "127.0.0.1:8123", "[::1]:8123", "192.168.1.5", "HUB.example:443", "hub.example."]
)
def test_the_hubs_own_names_and_local_addresses_pass(host: str) -> None:
    assert is_own_host(host, NAMES)


def test_the_hubs_own_addresses_and_the_machines_name_are_its_names() -> None:
    names = own_names("http://Hub.lan:8123", None, "https://home.example/x", "nonsense")
    assert {"hub.lan", "home.example", socket.gethostname().lower()} <= names
    assert is_own_host("home.example", names)
    assert not is_own_host("evil.example", names)
    assert "" not in names


@pytest.mark.parametrize(
    "host",
    [None, "", "evil.example", "localhost.evil.example", "hub.example@evil.example", "evil.example#localhost",
     "localhost/..", "8.8.8.8", "[::1", "hub.example:x"],
)  # fmt: skip
def test_a_name_bound_to_the_hub_by_a_stranger_does_not_pass(host: str | None) -> None:
    assert not is_own_host(host, NAMES)


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        (None, "localhost:8123", True),
        ("http://localhost:8123", "localhost:8123", True),
        ("https://hub.example", "hub.example", True),
        ("https://hub.example:443", "hub.example", True),
        ("http://hub.example", "hub.example:80", True),
        ("http://localhost:9999", "localhost:8123", False),
        ("http://evil.example", "localhost:8123", False),
        ("null", "localhost:8123", False),
        ("", "localhost:8123", False),
        ("file://", "localhost:8123", False),
        ("http://localhost:8123@evil.example", "localhost:8123", False),
        ("http://[", "localhost:8123", False),
    ],
)
def test_only_a_page_under_the_same_host_is_the_hubs_own(origin: str | None, host: str, own: bool) -> None:
    assert is_own_origin(origin, host) is own


@given(st.text(), st.text())
def test_no_header_breaks_it(origin: str, host: str) -> None:
    assert is_own_origin(origin, host) in (True, False)
    assert is_own_host(host, NAMES) in (True, False)

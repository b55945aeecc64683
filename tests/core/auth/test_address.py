from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.auth.address import (
    ForwardedRefused,
    caller,
    client_address,
    is_local,
    is_loopback,
    network_key,
    parse_address,
    parse_networks,
)

PROXIES = parse_networks(["10.0.0.0/24", "fd00:1::/64", "127.0.0.1"])
proxies = st.integers(1, 254).map(lambda n: f"10.0.0.{n}") | st.integers(1, 65535).map(lambda n: f"fd00:1::{n:x}")
strangers = st.ip_addresses(v=4, network="198.51.100.0/24").map(str) | st.ip_addresses(
    v=6, network="2001:db8::/32"
).map(str)
lies = st.lists(strangers | proxies | st.just("127.0.0.1"), max_size=4)


@given(lies=lies, stranger=strangers, hops=st.lists(proxies, max_size=3), peer=proxies)
def test_whatever_a_stranger_claims_it_is_seen_as_itself(
    lies: list[str], stranger: str, hops: list[str], peer: str
) -> None:
    header = ", ".join([*lies, stranger, *hops])
    assert parse_address(client_address(peer, [header], PROXIES)) == parse_address(stranger)


@given(hops=st.lists(proxies, min_size=1, max_size=4), peer=proxies)
def test_among_proxies_only_the_leftmost_is_the_caller(hops: list[str], peer: str) -> None:
    assert parse_address(client_address(peer, [",".join(hops)], PROXIES)) == parse_address(hops[0])


@given(peer=strangers | proxies)
def test_without_a_header_the_peer_is_the_caller(peer: str) -> None:
    assert client_address(peer, [], PROXIES) == peer


@given(peer=strangers, claim=st.text(max_size=20))
def test_a_header_from_no_proxy_is_refused(peer: str, claim: str) -> None:
    with pytest.raises(ForwardedRefused):
        client_address(peer, [claim], PROXIES)


@given(st.text(max_size=40))
def test_a_header_is_an_address_list_or_refused(header: str) -> None:
    try:
        address = client_address("127.0.0.1", [header], PROXIES)
    except ForwardedRefused:
        return
    assert isinstance(parse_address(address), IPv4Address | IPv6Address)


def test_the_scheme_stands_at_the_callers_position() -> None:
    seen = caller("127.0.0.1", ["198.51.100.7, 10.0.0.2"], PROXIES, ["https, http"], ["hub.example"])
    assert (seen.address, seen.scheme, seen.host) == ("198.51.100.7", "https", "hub.example")


@pytest.mark.parametrize(
    ("proto", "host"),
    [(["https,http,https"], []), (["gopher"], []), (["https", "https"], []), ([""], []), ([], [""]), ([], ["a,b"])],
    ids=["count", "scheme", "twice", "empty", "empty host", "two hosts"],
)
def test_forwarding_headers_that_do_not_fit_are_refused(proto: list[str], host: list[str]) -> None:
    with pytest.raises(ForwardedRefused):
        caller("127.0.0.1", ["198.51.100.7, 10.0.0.2"], PROXIES, proto, host)


def test_two_headers_of_one_kind_are_refused() -> None:
    with pytest.raises(ForwardedRefused):
        client_address("127.0.0.1", ["198.51.100.7", "198.51.100.8"], PROXIES)


@pytest.mark.parametrize(
    ("address", "local"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:192.168.1.2", True), ("fe80::1%eth0", True), ("172.31.9.9", True),
     ("172.32.0.1", False), ("2001:db8::1", False), ("localhost", False), ("", False)],
    ids=str,
)  # fmt: skip
def test_local_is_what_the_original_calls_local(address: str, local: bool) -> None:
    assert is_local(address) is local


def test_failures_count_for_the_whole_network_of_one_customer() -> None:
    assert network_key("2001:db8:1:2::1") == network_key("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert network_key("::ffff:198.51.100.7") == "198.51.100.7"
    assert is_loopback("::ffff:127.0.0.1")

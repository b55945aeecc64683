import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.auth.indieauth import is_client_id, is_redirect


@pytest.mark.parametrize(
    "client_id",
    ["http://hub.local:8123/", "https://example.com", "http://127.0.0.1:8123/", "http://[::1]:8123/",
     "http://192.168.1.5:8123/x?y=1", "https://home-assistant.io/iOS"],
)  # fmt: skip
def test_a_page_or_a_local_address_is_a_client(client_id: str) -> None:
    assert is_client_id(client_id)


@pytest.mark.parametrize(
    "client_id",
    ["", "hub.local", "ftp://hub.local/", "http://", "http://user@hub.local/", "http://u:p@hub.local/",
     "http://hub.local/#x", "http://hub.local/a/../b", "http://hub.local/./", "http://8.8.8.8/", "http://hub:99999/",
     "http://hub\\@evil.example/", "http://hub.local/ x", "http://0x7f.1/", "http://[2001:db8::1]/"],
)  # fmt: skip
def test_anything_else_is_none(client_id: str) -> None:
    assert not is_client_id(client_id)


@pytest.mark.parametrize(
    ("client_id", "back", "good"),
    [
        ("http://hub.local:8123/", "http://HUB.local:8123/?auth_callback=1", True),
        ("http://hub.local:8123/", "http://hub.local:8124/", False),
        ("http://hub.local:8123/", "https://hub.local:8123/", False),
        ("http://hub.local/", "http://hub.local@evil.example/", False),
        ("http://hub.local/", "http://hub.local\\@evil.example/", False),
        ("http://hub.local/", "//hub.local/", False),
        ("http://hub.local/", "javascript:alert(1)", False),
        ("https://home-assistant.io/iOS", "homeassistant://auth-callback", True),
        ("https://home-assistant.io/ios", "homeassistant://auth-callback", False),
        ("https://evil.example/", "homeassistant://auth-callback", False),
    ],
)
def test_a_browser_is_sent_back_to_its_own_client_only(client_id: str, back: str, good: bool) -> None:
    assert is_redirect(client_id, back) is good


@given(st.text(), st.text())
def test_no_text_breaks_it(client_id: str, back: str) -> None:
    assert is_redirect(client_id, back) in (True, False)

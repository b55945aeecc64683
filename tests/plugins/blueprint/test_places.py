"""Which addresses blueprints are fetched from, and what is fetched for each."""

import pytest

from linli_blueprint.places import Kind, Place, allowed, is_public, of_address, origin, place_of
from linli_blueprint.wrappings import NotFoundThere, unwrapped

BLUEPRINT = "blueprint:\n  name: A & B\n  domain: automation\n"


@pytest.mark.parametrize(
    ("address", "fetched", "kind", "name"),
    [
        ("https://github.com/o/r/blob/main/a/lamp.yaml", "https://raw.githubusercontent.com/o/r/main/a/lamp.yaml",
         "file", "o/lamp"),
        ("https://raw.githubusercontent.com/o/r/main/lamp.yml", "https://raw.githubusercontent.com/o/r/main/lamp.yml",
         "file", "o/lamp"),
        ("https://gist.github.com/o/0123456789abcdef0123", "https://api.github.com/gists/0123456789abcdef0123",
         "gist", ""),
        ("https://community.home-assistant.io/t/some-lamp/1234", "https://community.home-assistant.io/t/1234.json",
         "topic", ""),
        ("https://community.home-assistant.io/t/some-lamp/1234/56?u=x",
         "https://community.home-assistant.io/t/1234.json", "topic", ""),
        ("http://nas:3000/files/lamp.yaml?raw=1", "http://nas:3000/files/lamp.yaml?raw=1", "file", "nas/lamp"),
        ("https://example.org/a%20b/..%2fx%20y.yaml", "https://example.org/a%20b/..%2fx%20y.yaml", "file",
         "example.org/x_y"),
    ],
)  # fmt: skip
def test_what_is_fetched_for_an_address(address, fetched, kind, name):
    found = place_of(address)
    assert (found.address, str(found.kind), found.name) == (fetched, kind, name)


@pytest.mark.parametrize(
    "address",
    [
        "nonsense", "ftp://example.org/a.yaml", "https:///a.yaml", "https://user:pw@example.org/a.yaml",
        "https://exa mple.org/a.yaml", "https://example.org\\@evil.org/a.yaml", "https://example.org:99999/a.yaml",
        "https://github.com/o/r", "https://community.home-assistant.io/c/blueprints",
        "file:///etc/passwd",
    ],
)  # fmt: skip
def test_other_addresses_are_none(address):
    with pytest.raises(ValueError):
        place_of(address)


@pytest.mark.parametrize(
    ("address", "by", "is_allowed"),
    [
        ("https://github.com/x", "github.com", True),
        ("https://GitHub.com/x", "GITHUB.com", True),
        ("http://github.com/x", "github.com", False),
        ("https://github.com:444/x", "github.com", False),
        ("https://evil-github.com/x", "github.com", False),
        ("https://github.com.evil.org/x", "github.com", False),
        ("http://192.168.1.5:3000/x", "http://192.168.1.5:3000", True),
        ("http://192.168.1.5:3001/x", "http://192.168.1.5:3000", False),
        ("https://192.168.1.5:3000/x", "http://192.168.1.5:3000", False),
    ],
)
def test_what_an_entry_allows(address, by, is_allowed):
    assert (allowed(of_address(address), [origin(by)]) is not None) is is_allowed


@pytest.mark.parametrize("written", ["a b", "http://nas/files", "-x", "http://u:p@nas", ""])
def test_what_is_no_entry(written):
    with pytest.raises(ValueError):
        origin(written)


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("1.1.1.1", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.0.0.1", False), ("::1", False),
        ("192.168.1.1", False), ("169.254.169.254", False), ("fe80::1%eth0", False), ("fd00::1", False),
        ("::ffff:127.0.0.1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("0.0.0.0", False),
        ("224.0.0.1", False), ("100.64.0.1", False), ("ff0e::1", False),
    ],
)  # fmt: skip
def test_which_addresses_are_of_the_internet(ip, public):
    assert is_public(ip) is public


def test_a_gist_gives_its_first_blueprint():
    import json

    files = {"read.me": {"content": "x"}, "a.yaml": {"content": "a: 1"}, "lamp.yaml": {"content": BLUEPRINT}}
    fetched = json.dumps({"owner": {"login": "Li"}, "files": files}).encode()
    assert unwrapped(Place("", Kind.GIST), fetched) == ("Li/lamp", BLUEPRINT)


def test_a_post_of_the_forum_gives_the_blueprint_in_its_code():
    import json

    cooked = (
        "<p>Hello <code>x: 1</code></p><pre><code class='lang-yaml'>blueprint:\n  name: A &amp; B\n"
        "  domain: automation\n</code></pre>"
    )
    fetched = json.dumps(
        {"slug": "some-lamp", "post_stream": {"posts": [{"username": "li", "cooked": cooked}]}}
    ).encode()
    assert unwrapped(Place("", Kind.TOPIC), fetched) == ("li/some-lamp", BLUEPRINT)


@pytest.mark.parametrize("kind", [Kind.GIST, Kind.TOPIC])
@pytest.mark.parametrize("fetched", [b"", b"[]", b"{}", b"\xff", b'{"files": {}}', b'{"files": {"a.yaml": 5}}'])
def test_what_is_not_expected_there_is_told(kind, fetched):
    with pytest.raises(NotFoundThere):
        unwrapped(Place("", kind), fetched)

"""Keys to pictures: which ones open, and how long."""

from linli.entity.access_keys import AccessKeys


def test_a_key_opens_until_the_second_rotation_after_it_was_shown() -> None:
    keys = AccessKeys()
    first = keys.current
    assert keys.open(first)
    keys.rotate()
    assert keys.open(first)
    assert keys.open(keys.current)
    assert keys.current != first
    keys.rotate()
    assert not keys.open(first)


def test_a_renewed_key_leaves_none_before_it() -> None:
    keys = AccessKeys()
    keys.rotate()
    shown = keys.current
    keys.renew()
    assert not keys.open(shown)
    assert keys.open(keys.current)


def test_nothing_and_nonsense_open_nothing() -> None:
    keys = AccessKeys()
    assert not any(keys.open(key) for key in ("", " ", "wrong", "\udc80", keys.current[:-1]))

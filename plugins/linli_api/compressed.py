"""States in the short form of ``subscribe_entities``: keys of one letter, changes as differences."""

from typing import Any

from linli import Context, State, StateChange, View, dumps


def added(member: bytes) -> bytes:
    """The event that brings a whole state, out of its ``State.short_json()``."""
    return b'{"a":{%b}}' % member


def difference(old: State, new: State) -> dict[str, Any]:
    """What changed from ``old`` to ``new``: ``+`` for what is new or other, ``-`` for attributes that went."""
    plus: dict[str, Any] = {}
    if old.state != new.state:
        plus["s"] = new.state
    if old.last_changed != new.last_changed:
        plus["lc"] = new.last_changed
    elif old.last_updated != new.last_updated:
        plus["lu"] = new.last_updated
    changed_cause = _changed_cause(old.context, new.context)
    if changed_cause is not None:
        plus["c"] = changed_cause
    minus: list[str] = []
    if old.attributes is not new.attributes:
        before, after = old.attributes, new.attributes
        other = {name: value for name, value in after.items() if name not in before or before[name] != value}
        if other:
            plus["a"] = other
        minus = [name for name in before if name not in after]
    return {"+": plus, "-": {"a": minus}} if minus else {"+": plus}


def _changed_cause(old: Context, new: Context) -> Any:
    if old.parent_id == new.parent_id and old.user_id == new.user_id:
        return None if old is new else new.id
    changed: dict[str, Any] = {"id": new.id}
    if old.parent_id != new.parent_id:
        changed["parent_id"] = new.parent_id
    if old.user_id != new.user_id:
        changed["user_id"] = new.user_id
    return changed


def change_payload(change: StateChange, view: View) -> bytes | None:
    """One change as the event of a subscription in ``view``; None: nothing for this reader."""
    old = None if change.old is None else view.mask(change.old)
    new = None if change.new is None else view.mask(change.new)
    if new is None:
        return None if old is None else dumps({"r": [change.entity_id]})
    if old is None:
        return added(new.short_json())
    if old is not change.old and view.change_json(change) is None:
        return None
    return new.encoded({"c": {change.entity_id: difference(old, new)}})

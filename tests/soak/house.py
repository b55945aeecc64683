"""What people do in a home all day, and what the hub has acknowledged of it: a model that the hub is held against.

Each person changes only what they made, so that at any moment one change at most is open per person. What was answered
must stand; what was open when the hub was killed may stand or not, whole.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scenarios.processes import Client

KEEP: Final = 6
"""So many things of one kind a person keeps; then some go."""


@dataclass(frozen=True, eq=False)
class Kind:
    """Something that people make, rename and throw away, and the commands for it."""

    command: str
    key: str
    """What the commands call its id."""
    shown: str
    """What its list calls its id."""
    more: Mapping[str, Any] = field(default_factory=dict)
    named_anew: Mapping[str, Any] = field(default_factory=dict)

    def made(self, result: Mapping[str, Any]) -> str:
        return str(result.get("user", result)[self.shown])

    async def listed(self, client: Client) -> dict[str, str]:
        """Name by id, as the hub tells it."""
        return {thing[self.shown]: thing["name"] for thing in await client.call(f"{self.command}/list")}


RANGE: Final = {"min": 0, "max": 10}
KINDS: Final = (
    Kind("config/area_registry", "area_id", "area_id"),
    Kind("config/floor_registry", "floor_id", "floor_id"),
    Kind("config/label_registry", "label_id", "label_id"),
    Kind("input_boolean", "input_boolean_id", "id"),
    Kind("input_number", "input_number_id", "id", RANGE, RANGE),
    Kind("config/auth", "user_id", "id", {"group_ids": ["system-users"]}),
)
USERS: Final = KINDS[-1]


@dataclass
class Open:
    """A change that was sent and not answered: ``before`` and ``after`` are names, None where it is not there."""

    kind: Kind
    id: str | None
    before: str | None
    after: str | None


@dataclass
class Person:
    """One who lives here, with one connection."""

    name: str
    chance: random.Random
    things: dict[Kind, dict[str, str]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    labels: dict[str, str] = field(default_factory=dict)
    """Names given to entities of helpers, by entity id."""
    open: Open | None = None
    token_names: dict[str, str] = field(default_factory=dict)
    """Tokens that were handed out, by the name of the program."""
    users_made: list[str] = field(default_factory=list)
    """All of them, those that went too: the journal keeps them."""
    acknowledged: int = 0
    renders: bool = True
    """Whether they have templates rendered, too."""

    def _name(self) -> str:
        return f"{self.name} {self.chance.getrandbits(40):x}"

    async def act(self, client: Client) -> None:
        """One change."""
        if self.chance.random() < 0.1:
            await self._take_a_token(client)
        else:
            kind = self.chance.choice(KINDS)
            mine = self.things[kind]
            if len(mine) < 2:
                await self._make(client, kind)
            elif len(mine) >= KEEP:
                await self._throw_away(client, kind, self.chance.choice(sorted(mine)))
            else:
                turns = (self._make, self._rename, self._rename_entity, self._render)
                turn = self.chance.choice(turns if self.renders else turns[:-1])
                await turn(client, kind)
        self.acknowledged += 1

    async def _make(self, client: Client, kind: Kind) -> None:
        name = self._name()
        self.open = Open(kind, None, None, name)
        made = kind.made(await client.call(f"{kind.command}/create", name=name, **kind.more))
        self.things[kind][made] = name
        if kind is USERS:
            self.users_made.append(made)
        self.open = None

    async def _rename(self, client: Client, kind: Kind) -> None:
        mine = self.things[kind]
        chosen, name = self.chance.choice(sorted(mine)), self._name()
        self.open = Open(kind, chosen, mine[chosen], name)
        await client.call(f"{kind.command}/update", name=name, **{kind.key: chosen}, **kind.named_anew)
        mine[chosen] = name
        self.open = None

    async def _throw_away(self, client: Client, kind: Kind, chosen: str) -> None:
        self.open = Open(kind, chosen, self.things[kind][chosen], None)
        await client.call(f"{kind.command}/delete", **{kind.key: chosen})
        del self.things[kind][chosen]
        self.labels.pop(f"{kind.command}.{chosen}", None)
        self.open = None

    async def _rename_entity(self, client: Client, kind: Kind) -> None:
        """Another name in the registry of entities; the first time a helper gets one it is not judged before."""
        if not kind.command.startswith("input_"):
            return
        chosen = self.chance.choice(sorted(self.things[kind]))
        entity_id, name = f"{kind.command}.{chosen}", self._name()
        self.labels.pop(entity_id, None)
        await client.call("config/entity_registry/update", entity_id=entity_id, name=name)
        self.labels[entity_id] = name

    async def _render(self, client: Client, kind: Kind) -> None:
        """Nothing that is kept, but a child process of the hub works for it."""
        await client.call("render_template", template="{{ states | count }}")

    async def _take_a_token(self, client: Client) -> None:
        if len(self.token_names) >= KEEP:
            name = self.chance.choice(sorted(self.token_names))
            found = [row["id"] for row in await client.call("auth/refresh_tokens") if row["client_name"] == name]
            del self.token_names[name]
            await client.call("auth/delete_refresh_token", refresh_token_id=found[0])
            return
        name = self._name()
        self.token_names[name] = await client.call("auth/long_lived_access_token", client_name=name, lifespan=30)


async def lost(people: list[Person], client: Client) -> list[str]:
    """Compare the hub with what it acknowledged: each difference as a sentence; what was open is settled by it."""
    found: list[str] = []
    for kind in KINDS:
        there = await kind.listed(client)
        for person in people:
            _settle(person, kind, there)
            for key, name in person.things[kind].items():
                if there.get(key) != name:
                    found.append(f"{kind.command} {key}: {name!r} was acknowledged, {there.get(key)!r} stands")
        known = {key for person in people for key in person.things[kind]}
        found += [f"{kind.command} {key}: deleted, and there again" for key in set(there) - known if kind is not USERS]
    entities = {row["entity_id"]: row["name"] for row in await client.call("config/entity_registry/list")}
    tokens = {row["client_name"] for row in await client.call("auth/refresh_tokens")}
    for person in people:
        for entity_id, name in person.labels.items():
            if entities.get(entity_id) != name:
                found.append(f"{entity_id}: the name {name!r} was acknowledged, {entities.get(entity_id)!r} stands")
        found += [f"the token {name!r} was handed out and is gone" for name in person.token_names if name not in tokens]
    return found


def _settle(person: Person, kind: Kind, there: Mapping[str, str]) -> None:
    """What was open when the hub was killed became one thing or the other; from now on it is that."""
    change = person.open
    if change is None or change.kind is not kind:
        return
    mine = person.things[kind]
    if change.id is None:
        mine.update({key: name for key, name in there.items() if name == change.after})
    elif there.get(change.id) in (change.before, change.after):
        name = there.get(change.id)
        if name is None:
            del mine[change.id]
            person.labels.pop(f"{kind.command}.{change.id}", None)
        else:
            mine[change.id] = name
    person.open = None

"""A template sees its reader's home and nothing else (SAFETY 15)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.hub.test_hub import LAMP
from linli.auth import COMMAND_ACTOR
from linli.auth.view import View
from linli.hub import Hub
from linli.ids import PlaceId
from linli.testing import Deployment, running_hub

MINE, THEIRS = PlaceId("flat-a"), PlaceId("flat-b")


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """Two flats with one lamp each."""
    home = Deployment(tmp_path, "lamp: [{name: Mine}, {name: Theirs}]").drop_in("lamp", LAMP)
    async with running_hub(home) as hub:
        registries = hub.rooms.registries
        await registries.entities.update("light.mine", place=MINE)
        label = await registries.labels.create("secret")
        await registries.entities.update("light.theirs", place=THEIRS, labels={label.id})
        device = registries.entities.need("light.theirs").device_id
        assert device is not None
        area = await registries.areas.create("Their room", place=THEIRS)
        await registries.devices.update(device, area_id=area.id, place=THEIRS)
        yield hub


async def resident(hub: Hub) -> View:
    users = hub.rooms.auth.users
    user = await users.create("R", role="resident", actor=COMMAND_ACTOR, places=(MINE,))
    return hub.rooms.auth.views.for_user(user.id)


@pytest.mark.parametrize(
    ("template", "mine", "everybody"),
    [
        ("{{ states('light.theirs') }}", "unknown", "off"),
        ("{{ states.light | map(attribute='entity_id') | list }}", ["light.mine"], ["light.mine", "light.theirs"]),
        ("{{ states.light.theirs is none }}", True, False),
        ("{{ device_id('light.theirs') is none }}", True, False),
        ("{{ area_entities('their_room') }}", [], ["light.theirs"]),
        ("{{ label_entities('secret') }}", [], ["light.theirs"]),
        ("{{ area_id('light.theirs') }}", None, "their_room"),
        ("{{ expand('light.theirs') | count }}", 0, 1),
        ("{{ integration_entities('lamp') | count }}", 1, 2),
    ],
)
async def test_what_is_forbidden_does_not_exist(hub: Hub, template: str, mine: object, everybody: object) -> None:
    templates = hub.rooms.templates
    assert templates.render(template, {}, await resident(hub)) == mine
    assert templates.render(template, {}, hub.rooms.auth.views.everything) == everybody


async def test_a_forbidden_entity_answers_exactly_as_one_that_never_was(hub: Hub) -> None:
    view, templates = await resident(hub), hub.rooms.templates
    for function in ("states", "state_attr", "has_value", "device_id", "area_name", "is_hidden_entity", "expand"):
        rest = ", 'friendly_name'" if function == "state_attr" else ""
        forbidden = templates.render(f"{{{{ {function}('light.theirs'{rest}) }}}}", {}, view)
        assert forbidden == templates.render(f"{{{{ {function}('light.never'{rest}) }}}}", {}, view)


async def test_a_reader_who_moves_sees_the_other_flat_at_once(hub: Hub) -> None:
    users = hub.rooms.auth.users
    user = await users.create("R", role="resident", actor=COMMAND_ACTOR, places=(MINE,))
    await users.update(user.id, {"places": (THEIRS,)}, actor=COMMAND_ACTOR)
    view = hub.rooms.auth.views.for_user(user.id)
    assert hub.rooms.templates.render("{{ states('light.theirs') }}", {}, view) == "off"
    assert hub.rooms.templates.render("{{ states('light.mine') }}", {}, view) == "unknown"

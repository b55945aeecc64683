"""A template sees its reader's home and nothing else (SAFETY 15)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.hub.test_hub import LAMP
from linli.auth import COMMAND_ACTOR, User
from linli.auth.view import View
from linli.context import Context
from linli.hub import Hub
from linli.ids import PlaceId
from linli.template import LimitExceeded
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
    return hub.rooms.auth.views.for_user((await a_user(hub)).id)


async def a_user(hub: Hub, role: str = "resident", *places: PlaceId) -> User:
    users = hub.rooms.auth.users
    return await users.create(role, role=role, actor=COMMAND_ACTOR, places=places or (MINE,))


async def test_a_hub_remembers_answers_about_entities_and_none_about_made_up_ids(hub: Hub) -> None:
    hub.rooms.states.set("sensor.set_by_api", "1")
    view = await resident(hub)
    for entity_id in ("light.mine", "light.theirs", "sensor.set_by_api", "light.made_up", "x" * 10_000):
        view.sees(entity_id)
    assert set(view.known()) == {"light.mine", "light.theirs", "sensor.set_by_api"}


FORBIDDEN = pytest.mark.parametrize(
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


@FORBIDDEN
async def test_what_is_forbidden_does_not_exist(hub: Hub, template: str, mine: object, everybody: object) -> None:
    templates = hub.rooms.templates
    assert templates.render(template, {}, await resident(hub)) == mine
    assert templates.render(template, {}, hub.rooms.auth.views.everything) == everybody


async def test_what_is_forbidden_does_not_exist_for_the_process_that_renders_for_a_user(hub: Hub) -> None:
    templates, reader, admin = hub.rooms.user_templates, await a_user(hub), await a_user(hub, "admin")
    for case in FORBIDDEN.mark.args[1]:
        template, mine, everybody = case
        assert await templates.render(template, {}, Context(reader.id)) == mine
        assert await templates.render(template, {}, Context(admin.id)) == everybody


async def test_a_right_that_ends_while_a_template_is_rendered_counts_for_its_result(hub: Hub) -> None:
    users, templates = hub.rooms.auth.users, hub.rooms.user_templates
    user = await a_user(hub, "resident", MINE, THEIRS)
    text = "{{ states('light.theirs') }}"
    assert await templates.render(text, {}, Context(user.id)) == "off"
    rendering = asyncio.create_task(templates.render(text, {}, Context(user.id)))
    await asyncio.sleep(0)
    users.apply(user.id, replace(user, places=(MINE,)))
    assert await rendering == "unknown"


async def test_text_without_a_template_needs_no_process(hub: Hub) -> None:
    user = await a_user(hub)
    assert await hub.rooms.user_templates.render_text(" plain ", {}, Context(user.id)) == "plain"
    assert not hub.rooms.user_templates.crew.children


async def test_what_is_too_large_is_refused_before_a_process_gets_it(hub: Hub) -> None:
    user, templates = await a_user(hub), hub.rooms.user_templates
    for text, variables in [("{{ 1 }}" * 10_000, {}), ("{{ x }}", {"x": "x" * (5 << 20)})]:
        with pytest.raises(LimitExceeded):
            await templates.render(text, variables, Context(user.id))
    assert not templates.crew.children


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

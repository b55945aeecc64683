"""Templates that a client follows."""

import asyncio
from dataclasses import replace

from linli.auth import COMMAND_ACTOR

from .conftest import FLAT, OTHER_FLAT, OURS, THEIRS, Client, House


async def test_a_result_comes_again_when_what_it_read_changes(house: House, admin: Client) -> None:
    await admin.result("render_template", template=f"{{{{ states('{OURS}') }}}}")
    first = await admin.event()
    assert first["listeners"] == {"all": False, "domains": [], "entities": [OURS], "time": False}
    await house.turn(OURS)
    second = await admin.event()
    assert {first["result"], second["result"]} == {"on", "off"}
    await admin.result("unsubscribe_events", subscription=1)
    await house.turn(OURS)
    await admin.quiet()


async def test_the_same_result_is_told_once(house: House, admin: Client) -> None:
    await admin.result("render_template", template=f"{{{{ states('{OURS}') | length > 0 }}}}")
    assert (await admin.event())["result"] is True
    await house.turn(OURS)
    await admin.quiet()


async def test_mistakes_are_told_to_who_asks(house: House, admin: Client) -> None:
    await admin.result("render_template", template="{{ 1 / 0 }}")
    await admin.quiet()
    await admin.result("render_template", template="{{ 1 / 0 }}", report_errors=True)
    assert await admin.event() == {"error": "ZeroDivisionError: division by zero", "level": "ERROR"}
    assert (await admin.event())["level"] == "ERROR"


async def test_a_template_recovers_from_a_mistake(house: House, admin: Client) -> None:
    text = f"{{{{ 1 / (1 if is_state('{OURS}', 'on') else 0) }}}}"
    await admin.result("render_template", template=text, report_errors=True)
    assert (await admin.event())["level"] == "ERROR"
    assert (await admin.event())["level"] == "ERROR"
    await house.turn(OURS, "turn_on")
    assert (await admin.event())["result"] == 1.0


async def test_too_much_work_is_a_failure_when_a_timeout_was_named(admin: Client) -> None:
    text = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    assert await admin.code("render_template", template=text, timeout=1) == "template_error"


async def test_a_reader_who_loses_a_place_gets_the_result_without_it(house: House) -> None:
    user, token = await house.user("li", "resident", FLAT, OTHER_FLAT)
    client = await house.connect(token)
    await client.result("render_template", template="{{ states.input_boolean | count }}")
    assert (await client.event())["result"] == 2
    await house.hub.rooms.auth.users.update(user.id, {"places": (FLAT,)}, actor=COMMAND_ACTOR)
    assert (await client.event())["result"] == 1


async def test_a_result_that_is_under_way_vanishes_with_the_right_to_it(house: House) -> None:
    user, token = await house.user("li", "resident", FLAT, OTHER_FLAT)
    client = await house.connect(token)
    await client.result("render_template", template=f"{{{{ state_attr('{THEIRS}', 'word') }}}}")
    assert (await client.event())["result"] is None
    auth, states = house.hub.rooms.auth, house.hub.rooms.states
    state = states.get(THEIRS)
    assert state is not None
    states.set(state.entity_id, "on", {"word": "secret"}, state.context)
    await asyncio.sleep(0)  # it is being rendered
    auth.users.apply(user.id, replace(user, places=(FLAT,)))
    await client.result("render_template", template="{{ 1 + 1 }}")  # one after the other for the same reader
    assert (await client.event())["result"] == 2
    await client.quiet()


ENDLESS = "{{ ('a' * 40 ~ '!') | regex_match('(a+)+$') }}"
"""Backtracks in one call into C that lets no other thread of its process run."""
WORDS = "longer than"


async def test_others_are_answered_while_a_template_does_not_end(house: House, admin: Client) -> None:
    _, token = await house.user("li", "admin")
    other = await house.connect(token)
    bad = asyncio.create_task(admin.ask("render_template", template=ENDLESS, timeout=2.5))
    await asyncio.sleep(0.05)
    for _ in range(5):
        await other.result("get_config")
    await other.result("render_template", template="{{ 1 + 1 }}")
    assert (await other.event())["result"] == 2
    assert not bad.done()
    error = (await bad)["error"]
    assert (error["code"], WORDS in error["message"]) == ("template_error", True)
    await admin.result("render_template", template="{{ 2 + 1 }}")
    assert (await admin.event())["result"] == 3


async def test_a_template_over_rest_is_ended_with_a_sentence(house: House) -> None:
    _, token = await house.user("li", "admin")
    status, answer = await house.rest("POST", "/api/template", token, json={"template": ENDLESS})
    assert (status, WORDS in answer["message"]) == (400, True)


async def test_where_no_process_can_be_had_the_client_is_told_to_come_again(house: House, admin: Client) -> None:
    _, token = await house.user("li", "admin")
    await house.hub.rooms.user_templates.close()
    assert (await house.rest("POST", "/api/template", token, json={"template": "{{ 1 }}"}))[0] == 503
    assert await admin.code("render_template", template="{{ 1 }}") == "too_many_requests"


async def test_what_changes_while_it_is_rendered_is_not_missed(house: House, admin: Client) -> None:
    text = f"{{{{ states('{OURS}') }}}}{{% for i in range(99999) %}}{{% endfor %}}"
    await admin.result("render_template", template="{{ 1 + 1 }}")  # the process stands ready
    await admin.event()
    asking = asyncio.create_task(admin.ask("render_template", template=text))
    await asyncio.sleep(0.03)  # it has read the state, and goes on for a while
    await house.turn(OURS, "turn_on")
    assert (await asking)["success"]
    while (await admin.event())["result"] != "on":
        pass


async def test_a_trigger_whose_template_does_not_end_is_refused(house: House, admin: Client) -> None:
    _, token = await house.user("li", "admin")
    other = await house.connect(token)
    attaching = asyncio.create_task(
        admin.ask("subscribe_trigger", trigger={"platform": "state", "entity_id": OURS, "enabled": ENDLESS})
    )
    await other.result("get_config")
    assert not attaching.done()
    assert WORDS in (await attaching)["error"]["message"]


async def test_the_templates_of_a_configuration_are_compiled_in_the_process(house: House, admin: Client) -> None:
    trigger = {"platform": "template", "value_template": "{{ states( }}"}
    verdict = await admin.result("validate_config", triggers=trigger)
    assert not verdict["triggers"]["valid"]
    assert house.hub.rooms.user_templates.crew.children

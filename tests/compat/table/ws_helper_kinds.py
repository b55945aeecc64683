"""WebSocket: the helpers that a person makes beside switches and numbers, and their services."""

from typing import Any

from compat.harness.steps import CODE, Http, Look, Send, Step, case, ws


def call(domain: str, service: str, entity: str, *, look: Look = CODE, events: int = 0, **data: Any) -> Send:
    """A service on one helper."""
    target = {"entity_id": f"{domain}.{entity}"}
    return ws(
        "call_service", domain=domain, service=service, target=target, service_data=data, look=look, events=events
    )


def shown(domain: str, entity: str, *drop: str) -> Http:
    """What its state is now. By whom it came is compared elsewhere; the original tells a user's change of the item as
    the consequence of a service that came just before."""
    return Http("GET", f"/api/states/{domain}.{entity}", look=Look(drop=("context", *drop)))


def told(domain: str, entity: str, service: str, **data: Any) -> tuple[Step, ...]:
    """A service, and what is shown after it."""
    return call(domain, service, entity, **data), shown(domain, entity)


TOLD = Look(drop=("event.context", "result.context"))
FINISHED = Look(drop=("event.context", "event.data.finished_at", "result.context"))

CASES = (
    case(
        "a select lives",
        ws(
            "input_select/create", name="Compat Choice", options=["a", "b", "c"], icon="mdi:x", save={"id": "result.id"}
        ),
        shown("input_select", "compat_choice"),
        *told("input_select", "compat_choice", "select_option", option="b"),
        *told("input_select", "compat_choice", "select_next"),
        *told("input_select", "compat_choice", "select_next", cycle=False),
        *told("input_select", "compat_choice", "select_next"),
        *told("input_select", "compat_choice", "select_previous"),
        *told("input_select", "compat_choice", "select_first"),
        *told("input_select", "compat_choice", "select_last"),
        *told("input_select", "compat_choice", "set_options", options=["x", "c"]),
        *told("input_select", "compat_choice", "set_options", options=["y", "z"]),
        *told("input_select", "compat_choice", "select_option", option="z"),
        ws("input_select/update", input_select_id="${id}", name="Compat Choice", options=["z", "q"]),
        shown("input_select", "compat_choice"),
        ws("input_select/update", input_select_id="${id}", name="Compat Choice", options=["r", "q"], initial="q"),
        shown("input_select", "compat_choice"),
        ws("input_select/list", look=Look(only={"result": ("name", "Compat Choice")})),
        ws("input_select/delete", input_select_id="${id}"),
        shown("input_select", "compat_choice"),
        ws("input_select/create", name="Compat Begun", options=["a", "b"], initial="b", look=Look(drop=("result.id",))),
        shown("input_select", "compat_begun"),
    ),
    case(
        "selects that are wrong",
        ws("input_select/create", name="compat x"),
        ws("input_select/create", name="compat x", options=[]),
        ws("input_select/create", name="compat x", options=["a", "a"]),
        ws("input_select/create", name="compat x", options=["a"], initial="b"),
        ws("input_select/update", input_select_id="compat_nobody", name="x", options=["a"]),
        ws("input_select/create", name="Compat Wrong", options=["a"], look=CODE),
        *told("input_select", "compat_wrong", "select_option", option="b"),
        *told("input_select", "compat_wrong", "set_options", options=[]),
        *told("input_select", "compat_wrong", "set_options", options=["a", "a"]),
    ),
    case(
        "a text lives",
        ws("input_text/create", name="Compat Text", min=2, max=5, pattern="[a-z]*", save={"id": "result.id"}),
        shown("input_text", "compat_text"),
        *told("input_text", "compat_text", "set_value", value="abc"),
        ws("input_text/update", input_text_id="${id}", name="Compat Text", mode="password", unit_of_measurement="w"),
        shown("input_text", "compat_text"),
        ws("input_text/delete", input_text_id="${id}"),
        ws("input_text/create", name="Compat Begun", initial="hello", look=Look(drop=("result.id",))),
        shown("input_text", "compat_begun"),
        *told("input_text", "compat_begun", "set_value", value=""),
        *told("input_text", "compat_begun", "set_value", value=7),
    ),
    case(
        "texts that are wrong",
        ws("input_text/create", name="compat x", min=5, max=1),
        ws("input_text/create", name="compat x", mode="shout"),
        ws("input_text/create", name="compat x", min=3, initial="a"),
        ws("input_text/create", name="Compat Wrong", min=2, max=3, look=CODE),
        shown("input_text", "compat_wrong"),
    ),
    case(
        "a moment lives",
        ws("input_datetime/create", name="Compat Both", has_date=True, has_time=True, save={"id": "result.id"}),
        *told("input_datetime", "compat_both", "set_datetime", datetime="2025-03-04 05:06:07"),
        *told("input_datetime", "compat_both", "set_datetime", date="2025-04-05"),
        *told("input_datetime", "compat_both", "set_datetime", time="23:59"),
        *told("input_datetime", "compat_both", "set_datetime", date="2025-04-06", time="01:02:03"),
        *told("input_datetime", "compat_both", "set_datetime", timestamp=1700000000),
        *told("input_datetime", "compat_both", "set_datetime"),
        *told("input_datetime", "compat_both", "set_datetime", datetime="2025-03-04 05:06:07", time="01:00"),
        ws("input_datetime/update", input_datetime_id="${id}", name="Compat Both", has_date=False, has_time=True),
        shown("input_datetime", "compat_both"),
        ws("input_datetime/delete", input_datetime_id="${id}"),
        ws("input_datetime/create", name="Compat Time", has_time=True, initial="06:30:00", icon="mdi:clock"),
        shown("input_datetime", "compat_time"),
        *told("input_datetime", "compat_time", "set_datetime", date="2025-04-05"),
        *told("input_datetime", "compat_time", "set_datetime", datetime="2025-03-04 05:06:07"),
        ws("input_datetime/create", name="Compat Date", has_date=True, initial="2025-05-06"),
        shown("input_datetime", "compat_date"),
        *told("input_datetime", "compat_date", "set_datetime", timestamp=1700000000.5),
        *told("input_datetime", "compat_date", "set_datetime", time="05:06:07"),
        ws("input_datetime/create", name="Compat Empty", has_time=True),
        shown("input_datetime", "compat_empty"),
    ),
    case(
        "moments that are wrong",
        ws("input_datetime/create", name="compat x"),
        ws("input_datetime/create", name="compat x", has_date=False, has_time=False),
        ws("input_datetime/create", name="compat x", has_date=True, initial="perhaps"),
        ws("input_datetime/create", name="Compat Wrong", has_date=True, initial="2025-05-06", look=CODE),
        *told("input_datetime", "compat_wrong", "set_datetime", date="tomorrow"),
    ),
    case(
        "a counter lives",
        ws("counter/create", name="Compat Count", save={"id": "result.id"}),
        shown("counter", "compat_count"),
        *told("counter", "compat_count", "increment"),
        *told("counter", "compat_count", "set_value", value=9),
        *told("counter", "compat_count", "decrement"),
        ws("counter/update", counter_id="${id}", name="Compat Count", initial=3, step=4, minimum=2, maximum=7),
        shown("counter", "compat_count"),
        *told("counter", "compat_count", "decrement"),
        *told("counter", "compat_count", "decrement"),
        *told("counter", "compat_count", "increment"),
        *told("counter", "compat_count", "increment"),
        *told("counter", "compat_count", "reset"),
        *told("counter", "compat_count", "set_value", value=-1),
        ws("counter/list", look=Look(only={"result": ("name", "Compat Count")})),
        ws("counter/delete", counter_id="${id}"),
        ws("counter/create", name="compat x", step=-1),
        ws("counter/create", name="compat x", step=0),
        ws("counter/create", name="compat x", initial=-1),
        ws("counter/create", name="compat x", initial="many"),
        ws("counter/create", name="Compat Odd", minimum=5, maximum=1, look=Look(drop=("result.id",))),
        shown("counter", "compat_odd"),
    ),
    case(
        "a button lives",
        ws("input_button/create", name="Compat Press", icon="mdi:gesture-tap", save={"id": "result.id"}),
        shown("input_button", "compat_press"),
        call("input_button", "press", "compat_press"),
        shown("input_button", "compat_press", "state"),
        ws("input_button/update", input_button_id="${id}", name="Compat Again"),
        shown("input_button", "compat_press", "state"),
        ws("input_button/list", look=Look(only={"result": ("name", "Compat Again")})),
        ws("input_button/delete", input_button_id="${id}"),
        shown("input_button", "compat_press"),
    ),
    case(
        "a timer lives",
        ws("timer/create", name="Compat Timer", duration="0:10:00", save={"id": "result.id"}),
        shown("timer", "compat_timer"),
        *(
            ws("subscribe_events", event_type=f"timer.{name}", look=CODE)
            for name in ("started", "restarted", "paused", "cancelled", "finished", "changed")
        ),
        call("timer", "start", "compat_timer", events=1, look=TOLD),
        shown("timer", "compat_timer", "attributes.finishes_at", "attributes.remaining"),
        call("timer", "change", "compat_timer", events=1, look=TOLD, duration="-0:05:00"),
        call("timer", "change", "compat_timer", duration="0:30:00"),
        call("timer", "change", "compat_timer", duration="-0:30:00"),
        call("timer", "pause", "compat_timer", events=1, look=TOLD),
        shown("timer", "compat_timer", "attributes.remaining"),
        call("timer", "pause", "compat_timer"),
        call("timer", "change", "compat_timer", duration=10),
        call("timer", "finish", "compat_timer"),
        call("timer", "start", "compat_timer", events=1, look=TOLD),
        call("timer", "cancel", "compat_timer", events=1, look=TOLD),
        shown("timer", "compat_timer"),
        call("timer", "start", "compat_timer", events=1, look=TOLD, duration=90),
        shown("timer", "compat_timer", "attributes.finishes_at", "attributes.remaining"),
        call("timer", "start", "compat_timer", events=1, look=TOLD, duration="0:00:30"),
        shown("timer", "compat_timer", "attributes.finishes_at", "attributes.remaining"),
        call("timer", "finish", "compat_timer", events=1, look=FINISHED),
        shown("timer", "compat_timer"),
        call("timer", "cancel", "compat_timer"),
        call("timer", "start", "compat_timer", events=2, look=FINISHED, duration=0.001),
        shown("timer", "compat_timer"),
        ws("timer/update", timer_id="${id}", name="Compat Timer", duration=3725, restore=True),
        shown("timer", "compat_timer"),
        ws("timer/list", look=Look(only={"result": ("name", "Compat Timer")})),
        ws("timer/delete", timer_id="${id}"),
        ws("timer/create", name="compat x", duration="long"),
        ws("timer/create", name="Compat Default", look=Look(drop=("result.id",))),
        shown("timer", "compat_default"),
    ),
    case(
        "a schedule lives",
        ws("schedule/create", name="Compat Empty", save={"id": "result.id"}),
        shown("schedule", "compat_empty"),
        ws(
            "schedule/update",
            schedule_id="${id}",
            name="Compat Empty",
            **{
                day: [{"from": "00:00", "to": "24:00:00", "data": {"mode": "all"}}]
                for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
            },
        ),
        shown("schedule", "compat_empty", "attributes.next_event"),
        ws("schedule/list", look=Look(only={"result": ("name", "Compat Empty")})),
        ws("schedule/delete", schedule_id="${id}"),
        ws("schedule/create", name="compat x", monday=[{"from": "10:00", "to": "09:00"}]),
        ws("schedule/create", name="compat x", monday=[{"from": "10:00", "to": "10:00"}]),
        ws("schedule/create", name="compat x", monday=[{"from": "10:00"}]),
        ws(
            "schedule/create",
            name="compat x",
            monday=[{"from": "08:00", "to": "11:00"}, {"from": "10:00", "to": "12:00"}],
        ),
        ws(
            "schedule/create",
            name="Compat Day",
            tuesday=[{"from": "12:00:00", "to": "13:00"}, {"from": "08:00", "to": "12:00"}],
            look=Look(drop=("result.id",)),
        ),
    ),
)

"""What other plugins may answer to the doorbell."""

from linli import Answer, hookspec


@hookspec
def doorbell_rang(button: str, count: int) -> Answer[str]:  # type: ignore[empty-body]  # a specification has no body
    """Told that somebody rings, outside the quiet hours; an answer is shown as who has heard it.

    Called once per ring; it has 5 s. An exception or a time-out is charged to its plugin, and the others are asked all
    the same. None: not heard.
    """

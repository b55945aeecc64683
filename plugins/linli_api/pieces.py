"""Long JSON out of many short pieces that exist already (the states of a hub), joined once.

Wrapping a joined text copies it again each time: 4.8 ms instead of 0.5 for the three wrappings of 10 000 states.
"""


class Members(list[bytes]):
    """A handler's result: a JSON array, member by member, not to be used again."""


def enclosed(before: bytes, members: list[bytes], after: bytes) -> bytes:
    """``before``, the members with commas between them, ``after``. The list is used up."""
    if not members:
        return before + after
    members[0] = before + members[0]
    members[-1] += after
    return b",".join(members)

"""What other plugins tell the recorder: whose a time was, and whether the past may be touched now."""

from linli import Answer, PlaceId, UserId, hookspec
from linli_recorder.api import Intent, Tenancy


@hookspec(firstresult=True, guarded=True)
def auth_tenancy_of(place: PlaceId, reader: UserId | None) -> Answer[Tenancy]:
    """Who lives at ``place`` now; and, where ``reader`` is named, since when that tenancy's past is this reader's.

    Asked when something at the place is first recorded or first read, every minute, and after
    ``RecorderApi.tenancies_changed``; it has 5 s. Rows keep the answer's id. None, an error or a time-out: the last
    answer holds; where there never was one nobody reads what is recorded at that place. Without any implementation
    there are no tenancies, and the reader's view alone decides.
    """


@hookspec(guarded=True)
def recorder_may_purge(intent: Intent) -> Answer[bool]:
    """Whether what ``intent`` says may be done to the past now (an open incident or a legal hold forbids it).

    Asked before every purge (also the nightly one), import and clearing; it has 10 s. Every implementation must answer
    True: False, None, an error or a time-out refuses.
    """

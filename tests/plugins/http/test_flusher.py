"""When queued messages leave."""

import asyncio

from linli_http.flusher import AT_ONCE, GATHER_S, MUCH, Flusher


class Queue:
    """A socket that only counts."""

    def __init__(self, flusher: Flusher, answering: bool = False) -> None:
        self.flusher = flusher
        self.answering = answering
        self.waits = False
        self.flushed_at = 0.0
        self.queued = 0
        self.written: list[int] = []

    def send(self) -> None:
        self.queued += 1
        if self.queued == 1 or (self.waits and self.answering):
            self.flusher.add(self)

    def flush(self) -> None:
        if self.queued:
            self.written.append(self.queued)
            self.queued = 0


async def turn() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def busy() -> Flusher:
    """One that has just written much."""
    flusher = Flusher()
    for _ in range(MUCH):
        Queue(flusher).send()
    await turn()
    return flusher


async def test_all_messages_of_one_turn_leave_in_one_write_at_its_end():
    queue = Queue(Flusher())
    for _ in range(5):
        queue.send()
    assert queue.written == []
    await turn()
    assert queue.written == [5]


async def test_where_little_is_written_no_message_waits():
    queue = Queue(Flusher())
    for _ in range(3):
        queue.send()
        await turn()
    assert queue.written == [1, 1, 1]


async def test_a_listener_under_a_flood_is_written_to_every_few_milliseconds():
    queue = Queue(Flusher())
    loop = asyncio.get_running_loop()
    began = loop.time()
    sent = 0
    while loop.time() < began + 10 * GATHER_S:
        queue.send()
        sent += 1
        await asyncio.sleep(0)
    await asyncio.sleep(2 * GATHER_S)
    assert sum(queue.written) == sent > 100
    gathered = [count for count in queue.written if count > 2]
    assert 2 <= len(gathered) <= 13
    assert len(queue.written) <= 13 * (MUCH + 1)


async def test_an_answer_does_not_wait_and_takes_along_what_was_gathering():
    queue = Queue(await busy())
    queue.send()
    await turn()
    queue.send()
    await turn()
    assert queue.written == [1]
    queue.answering = True
    queue.send()
    await turn()
    assert queue.written == [1, 2]
    await asyncio.sleep(2 * GATHER_S)
    assert queue.written == [1, 2]


async def test_many_sockets_leave_the_loop_turns_between_them():
    flusher = Flusher()
    queues = [Queue(flusher) for _ in range(AT_ONCE + 10)]
    for queue in queues:
        queue.send()
    await asyncio.sleep(0)
    assert sum(bool(queue.written) for queue in queues) == AT_ONCE
    await asyncio.sleep(0)
    assert all(queue.written for queue in queues)

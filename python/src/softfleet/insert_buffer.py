# SPDX-License-Identifier: Apache-2.0
"""What an insert session keeps, and which number it has: blocks that wait to
be sent, batches that were sent and are not durable. Rules 2 to 7 of
insert_session.py without sockets, threads or time. Not thread-safe."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from softfleet.errors import SoftfleetError
from softfleet.wire import experience, replay

# Above what protobuf adds: tag and length of a block within its batch; those
# of the batch, and its number.
_BLOCK_OVERHEAD = 8
_BATCH_OVERHEAD = 32

# Rows of a batch that is made of several blocks.
_BATCH_ROWS = 1024


@dataclass
class Counts:
    """Rows, from the session's beginning. What was appended is acknowledged,
    rejected or pending."""

    appended: int = 0  # without what overflow dropped
    acknowledged: int = 0  # durable at the shard once
    rejected: int = 0
    lost: int = 0  # of the acknowledged: gone with a shard's restart
    dropped: int = 0  # by overflow
    pending: int = 0


@dataclass
class _Block:
    message: experience.StepBlock
    bytes: int


@dataclass
class _Batch:
    request: replay.InsertRequest
    rows: int
    bytes: int
    rejected: bool = False


class InsertBuffer:
    """`pending_rows` and `buffer_bytes` bound what is kept."""

    def __init__(self, pending_rows: int, buffer_bytes: int):
        self._pending_rows = pending_rows
        self._buffer_bytes = buffer_bytes
        self._counts = Counts()
        self._unsent: deque[_Block] = deque()
        # Numbers _trimmed + 1, _trimmed + 2, ...
        self._batches: deque[_Batch] = deque()
        self._trimmed = 0  # the highest number that is durable
        self._session_rows = 0  # acknowledged in this session
        self._bytes = 0  # of _unsent and _batches
        self._rejections: list[str] = []
        # Of the stream:
        self._next = 0  # in _batches, the first that was not sent on it
        self._on_the_way = 0  # bytes
        self._credit = 0
        self._max_batch_bytes: int | None = None  # None before the first

    @property
    def full(self) -> bool:
        """As many rows or bytes are kept as may be; the last block may stand
        over."""
        return (
            self._counts.pending >= self._pending_rows
            or self._bytes >= self._buffer_bytes
        )

    @property
    def empty(self) -> bool:
        return self._counts.pending == 0

    @property
    def all_sent(self) -> bool:
        """Whether everything kept was sent on this stream."""
        return self._next == len(self._batches) and not self._unsent

    @property
    def unacknowledged_bytes(self) -> int:
        """Of batches on the way on this stream; never above the credit."""
        return self._on_the_way

    def counts(self) -> Counts:
        return replace(self._counts)

    def append(self, block: experience.StepBlock) -> None:
        """Keeps a block, also when full."""
        size = block.ByteSize() + _BLOCK_OVERHEAD
        self._counts.appended += block.rows
        self._counts.pending += block.rows
        self._bytes += size
        self._unsent.append(_Block(block, size))

    def count_dropped(self, rows: int) -> None:
        """Counts rows that the owner drops instead."""
        self._counts.dropped += rows

    def open(self, welcome: replay.Welcome) -> bool:
        """A stream has begun and the shard has answered its Hello. False: the
        shard does not know what it had acknowledged. That is counted as lost,
        what is kept has lost its numbers, and the owner begins a session and a
        stream."""
        self._next = 0
        self._on_the_way = 0
        self._credit = welcome.credit_bytes
        self._max_batch_bytes = welcome.max_batch_bytes or 1 << 62
        last = welcome.last_seq
        if not self._trimmed <= last <= self._last_numbered():
            gone = self._session_rows - welcome.session_rows
            self._counts.lost += max(gone, 0)
            self._begin_session()
            return False
        before = self._session_rows
        self._reject(welcome.rejected)
        self._trim(last)
        self._count_unheard_rejections(before, welcome.session_rows)
        for batch in self._batches:  # what is sent again is judged again
            batch.rejected = False
        return True

    def next_batch(self) -> replay.InsertRequest | None:
        """What to send next on this stream, or None: nothing is there, or no
        credit. Blocks get their number here."""
        if self._next == len(self._batches):
            self._form_batch()
        if self._next == len(self._batches):
            return None
        batch = self._batches[self._next]
        if self._on_the_way + batch.bytes > self._credit:
            return None
        self._on_the_way += batch.bytes
        self._next += 1
        return batch.request

    def acknowledge(self, acknowledgement: replay.Acknowledgement) -> None:
        """Forgets what is durable. SoftfleetError when the shard acknowledges
        what it was never sent; nothing has changed then."""
        highest = max(acknowledgement.applied, acknowledgement.durable)
        if highest > self._last_numbered():
            raise SoftfleetError(
                f"the shard acknowledges batch {highest}, the last is "
                f"{self._last_numbered()}"
            )
        self._credit = acknowledgement.credit_bytes
        self._reject(acknowledgement.rejected)
        self._trim(acknowledgement.durable)

    def take_rejections(self) -> list[str]:
        """Why rows were rejected, for the log, since the last call."""
        taken, self._rejections = self._rejections, []
        return taken

    def _last_numbered(self) -> int:
        return self._trimmed + len(self._batches)

    def _begin_session(self) -> None:
        self._trimmed = 0
        self._session_rows = 0
        for number, batch in enumerate(self._batches, 1):
            batch.request.batch.seq = number
            batch.rejected = False

    def _form_batch(self) -> None:
        """Makes a batch of unsent blocks, as many as credit and limits
        allow."""
        if self._max_batch_bytes is None:  # no stream has been opened
            return
        self._reject_oversized(self._max_batch_bytes)
        credit = max(self._credit - self._on_the_way, 0)
        most_bytes = min(credit, self._max_batch_bytes)
        batch = _Batch(replay.InsertRequest(), 0, _BATCH_OVERHEAD)
        blocks = batch.request.batch.blocks
        while self._unsent:
            block = self._unsent[0]
            if batch.bytes + block.bytes > most_bytes:
                break
            if blocks and batch.rows + block.message.rows > _BATCH_ROWS:
                break
            batch.rows += block.message.rows
            batch.bytes += block.bytes
            blocks.append(block.message)
            self._unsent.popleft()
        if not blocks:
            return
        batch.request.batch.seq = self._last_numbered() + 1
        self._bytes += _BATCH_OVERHEAD
        self._batches.append(batch)

    def _reject_oversized(self, limit: int) -> None:
        """Unsent blocks that no message can carry."""
        while self._unsent and self._unsent[0].bytes + _BATCH_OVERHEAD > limit:
            block = self._unsent.popleft()
            self._rejections.append(
                f"a block of {block.message.rows} rows and {block.bytes} bytes "
                f"is larger than the shard's limit of {limit} bytes; set "
                "actor.block_rows lower"
            )
            self._counts.rejected += block.message.rows
            self._counts.pending -= block.message.rows
            self._bytes -= block.bytes

    def _reject(self, rejections: Iterable[replay.Rejection]) -> None:
        """Marks those of the batches kept that were refused."""
        for rejection in rejections:
            if not self._trimmed < rejection.seq <= self._last_numbered():
                continue
            batch = self._batches[rejection.seq - self._trimmed - 1]
            if batch.rejected:
                continue
            batch.rejected = True
            self._rejections.append(
                f"batch {rejection.seq} of {batch.rows} rows: "
                f"{rejection.reason}"
            )

    def _trim(self, durable: int) -> None:
        while self._trimmed < durable:
            batch = self._batches.popleft()
            if batch.rejected:
                self._counts.rejected += batch.rows
            else:
                self._counts.acknowledged += batch.rows
                self._session_rows += batch.rows
            self._counts.pending -= batch.rows
            self._bytes -= batch.bytes
            if self._next > 0:
                self._on_the_way -= batch.bytes
                self._next -= 1
            self._trimmed += 1

    def _count_unheard_rejections(self, before: int, stored: int) -> None:
        """Of the rows trimmed when a stream was opened, those that the shard
        did not store and has no reason for any more: it has `stored` rows of
        this session, and `before` were known."""
        refused = self._session_rows - max(stored, before)
        if refused <= 0:
            return
        self._session_rows -= refused
        self._counts.acknowledged -= refused
        self._counts.rejected += refused
        self._rejections.append(
            f"{refused} rows; the connection broke before it could say why, "
            "its log does"
        )

# SPDX-License-Identifier: Apache-2.0
"""An actor's way into its one shard: batches with numbers, each stored once
however often the connection breaks. The protocol, as in
transport/insert_client.h:

 1. The session, 16 random bytes, is drawn when this object is made. Every
    connection begins with Hello{session} and is answered with the last seq
    that the shard has of it.
 2. A block is numbered when it is first sent, not before. Sent batches are
    kept until an acknowledgement says `durable`.
 3. After a reconnect everything beyond the shard's last seq is sent again,
    with its old numbers.
 4. Where the shard's last seq is below what it had acknowledged, it has lost
    rows (it restarted): they are counted as lost, logged once, and a new
    session begins with what is still kept.
 5. A batch that the shard rejects has used up its number; its rows are counted
    and the reason is logged. Nothing else is affected.
 6. What is kept is bounded in rows and bytes: a block is taken while both are
    below their bounds. When full, wait_for_room waits, or with `drop` append
    drops the new block and counts it.
 7. Never more unacknowledged bytes are on the way than the shard's credit.
 8. Reconnects back off with jitter, for ever, until finish or close. What a
    person must know of (another run's shard, a wrong schema) ends the session:
    append and finish say it.

Rules 2 to 7 are insert_buffer.py's. Thread-safe, but for one caller of append
at a time. Threads: one of this object, which reads what the shard answers, and
one of gRPC's per stream, which takes requests out of an iterator.
"""

import logging
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import grpc

from softfleet.channel import Backoff, message_of
from softfleet.errors import RefusedError, SoftfleetError
from softfleet.insert_buffer import Counts, InsertBuffer
from softfleet.wire import ReplayService, experience, replay

_log = logging.getLogger("softfleet")

_SESSION_BYTES = 16
# A connection whose Hello is not answered in this time is given up.
_WELCOME_TIMEOUT = 10.0
# What no other try can put right.
_FINAL = {
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
}


@dataclass
class SessionOptions:
    run_id: str
    schema: experience.Schema
    client: str  # a name for the shard's log
    pending_rows: int = 1024
    buffer_bytes: int = 64 << 20
    drop: bool = False  # when full


@dataclass
class _Link:
    """One stream."""

    call: grpc.Call | None = None
    welcomed: bool = False
    said_bye: bool = False
    ended: bool = False  # no reply will come any more
    new_session: bool = False  # the shard does not know ours
    error: str = ""  # what the shard did wrong
    waiting_for: str = ""


@dataclass
class _End:
    """Why a stream ended."""

    final: bool
    message: str


class InsertSession:
    def __init__(self, channel: grpc.Channel, options: SessionOptions):
        self._service = ReplayService(channel)
        self._options = options
        self._session = os.urandom(_SESSION_BYTES)
        self._changed = threading.Condition()  # guards all below
        self._buffer = InsertBuffer(options.pending_rows, options.buffer_bytes)
        self._error: RefusedError | None = None
        self._stopping = False
        self._finishing = False
        self._finished = False
        self._progressed = False  # since the last try
        self._away = False  # for longer than one try
        self._link = _Link()
        self._thread = threading.Thread(
            target=self._run, name="softfleet-insert", daemon=True
        )
        self._thread.start()

    def append(self, block: experience.StepBlock) -> None:
        """Takes a block without waiting; with `drop`, and when full, counts it
        instead. RefusedError: the session has come to its end."""
        with self._changed:
            self._check()
            if self._options.drop and self._buffer.full:
                self._buffer.count_dropped(block.rows)
            else:
                self._buffer.append(block)
            self._changed.notify_all()

    def wait_for_room(self, timeout: float) -> bool:
        """Waits until there is room, at most `timeout` seconds. RefusedError
        as append."""
        with self._changed:
            room = self._changed.wait_for(
                lambda: self._options.drop
                or not self._buffer.full
                or self._error is not None,
                timeout,
            )
            self._check()
            return room

    def finish(self, timeout: float) -> None:
        """Sends what is kept, says Bye, and waits until the shard has closed
        the session: stored = sent. SoftfleetError says how many rows are
        left."""
        with self._changed:
            self._finishing = True
            self._changed.notify_all()
            ended = self._changed.wait_for(
                lambda: self._finished
                or self._error is not None
                or (self._buffer.empty and not self._connected()),
                timeout,
            )
            self._check()
            if not ended:
                raise SoftfleetError(
                    f"{self._buffer.counts().pending} rows were not "
                    f"acknowledged by the shard in {timeout:g} s"
                )

    def close(self) -> None:
        """Drops what is not acknowledged (finish first)."""
        with self._changed:
            self._stopping = True
            call = self._link.call
            self._changed.notify_all()
        if call is not None:
            call.cancel()
        self._thread.join()

    def counts(self) -> Counts:
        with self._changed:
            return self._buffer.counts()

    def waiting_for(self) -> str:
        """Why the shard admits nothing at the moment; empty = it does."""
        with self._changed:
            return self._link.waiting_for if self._connected() else "connection"

    # ---- Below: with the lock held ----

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _connected(self) -> bool:
        return self._link.welcomed and not self._link.ended

    def _on_reply(self, link: _Link, reply: replay.InsertReply) -> None:
        """SoftfleetError: the shard did something wrong."""
        kind = reply.WhichOneof("kind")
        if kind == "welcome" and not link.welcomed:
            self._on_welcome(link, reply.welcome)
        elif kind == "acknowledgement" and link.welcomed:
            link.waiting_for = reply.acknowledgement.waiting_for
            self._progressed = True
            self._buffer.acknowledge(reply.acknowledgement)
        elif kind is not None:
            raise SoftfleetError(f"the shard sent an unexpected {kind}")

    def _on_welcome(self, link: _Link, welcome: replay.Welcome) -> None:
        before = self._buffer.counts().lost
        link.new_session = not self._buffer.open(welcome)
        if link.new_session:
            counts = self._buffer.counts()
            _log.warning(
                "the replay shard has restarted and lost %d rows of this actor "
                "that it had acknowledged; a new session begins with the %d "
                "rows that are kept",
                counts.lost - before,
                counts.pending,
            )
            raise SoftfleetError("the shard does not know this session")
        link.welcomed = True
        self._progressed = self._progressed or self._buffer.empty
        if self._away:
            self._away = False
            _log.warning("connected to the replay shard again")

    def _log_rejections(self) -> None:
        for rejection in self._buffer.take_rejections():
            _log.error("the replay shard has refused %s", rejection)

    # ---- Below: of the threads ----

    def _run(self) -> None:
        backoff = Backoff()
        while self._try_again(self._run_stream(), backoff):
            pass

    def _run_stream(self) -> _End:
        """From Hello to the stream's end."""
        link = _Link()
        with self._changed:
            self._link = link
            if self._stopping:
                return _End(True, "stopped")
            link.call = call = self._service.insert(self._requests(link))
        try:
            for reply in call:
                self._take(link, reply)
            end = _End(False, "the shard has closed the stream")
        except grpc.RpcError as error:
            final = error.code() in _FINAL
            end = _End(final, message_of(error))
        with self._changed:
            link.ended = True
            self._changed.notify_all()
            return _End(False, link.error) if link.error else end

    def _take(self, link: _Link, reply: replay.InsertReply) -> None:
        with self._changed:
            try:
                if not link.error:
                    self._on_reply(link, reply)
            except SoftfleetError as error:
                self._give_up(link, str(error))
            self._log_rejections()
            self._changed.notify_all()

    def _give_up(self, link: _Link, why: str) -> None:
        link.error = why
        if link.call is not None:
            link.call.cancel()

    def _try_again(self, end: _End, backoff: Backoff) -> bool:
        """Whether there is another try, after a while."""
        with self._changed:
            if self._link.said_bye and self._buffer.empty:
                self._finished = True
            elif end.final and not self._stopping:
                self._error = RefusedError(
                    f"the replay shard refuses this actor's rows: {end.message}"
                )
            self._changed.notify_all()
            if self._stopping or self._finished or self._error is not None:
                return False
            if self._link.new_session:
                self._session = os.urandom(_SESSION_BYTES)
                return True
            if self._progressed:
                backoff.reset()
            self._progressed = False
            if not self._away:
                self._away = True
                _log.warning(
                    "no connection to the replay shard, trying on: %s",
                    end.message,
                )
            return not self._changed.wait_for(
                lambda: self._stopping, backoff.next()
            )

    def _requests(self, link: _Link) -> Iterator[replay.InsertRequest]:
        """What is written on the stream; gRPC's thread asks for it."""
        yield self._hello()
        if not self._await_welcome(link):
            return
        while (request := self._next_request(link)) is not None:
            yield request

    def _hello(self) -> replay.InsertRequest:
        return replay.InsertRequest(
            hello=replay.Hello(
                protocol=experience.PROTOCOL_CURRENT,
                run_id=self._options.run_id,
                session=self._session,
                schema=self._options.schema,
                client=self._options.client,
            )
        )

    def _await_welcome(self, link: _Link) -> bool:
        with self._changed:
            answered = self._changed.wait_for(
                lambda: self._stopping or link.welcomed or link.ended,
                _WELCOME_TIMEOUT,
            )
            if not answered:
                self._give_up(
                    link,
                    f"the shard has not answered within {_WELCOME_TIMEOUT:g} s",
                )
            return link.welcomed

    def _next_request(self, link: _Link) -> replay.InsertRequest | None:
        """Waits for the next batch, or the time for Bye. None: nothing follows
        on this stream."""
        with self._changed:
            while not (self._stopping or link.ended or link.said_bye):
                batch = self._buffer.next_batch()
                self._log_rejections()
                if batch is not None:
                    return batch
                if self._finishing and self._buffer.all_sent:
                    link.said_bye = True
                    return replay.InsertRequest(bye=replay.Bye())
                self._changed.wait()
            return None

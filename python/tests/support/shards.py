# SPDX-License-Identifier: Apache-2.0
"""A replay shard on a real socket, in as few lines as its protocol has rules,
whose streams break, and whose batches are refused, as a test wants."""

import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass, field
from types import TracebackType

import grpc

from softfleet.wire import experience, replay

Row = tuple[int, int, int]  # environment, episode, step


def rows_of(block: experience.StepBlock) -> list[Row]:
    return [
        (block.environment, block.episode, block.first_step + i)
        for i in range(block.rows)
    ]


@dataclass
class Session:
    last_seq: int = 0
    rows: int = 0
    rejected: list[replay.Rejection] = field(default_factory=list)


class ServedShard:
    """Rules of what to do with a batch, tried in this order:

    break_before(seq): the stream ends before the batch is stored.
    refuse(batch): a reason; the batch is a tombstone.
    break_after(seq): the stream ends when it is stored, unacknowledged.
    answer(reply): what is said instead of this acknowledgement.
    """

    def __init__(self, credit: int = 4 << 20, max_batch: int = 2 << 20):
        self.credit, self.max_batch = credit, max_batch
        self.break_before: Callable[[int], bool] = lambda seq: False
        self.break_after: Callable[[int], bool] = lambda seq: False
        self.refuse: Callable[[replay.Batch], str] = lambda batch: ""
        self.answer: Callable[[replay.InsertReply], replay.InsertReply] = (
            lambda reply: reply
        )
        self.refuse_hello: tuple[grpc.StatusCode, str] | None = None
        self.answers_hello = True
        self.open = threading.Event()  # the gate
        self.open.set()
        self.changed = threading.Condition()
        self.hellos: list[replay.Hello] = []
        self.blocks: list[experience.StepBlock] = []
        self.sessions: dict[bytes, Session] = {}
        self.batches: list[tuple[int, int]] = []  # seq, blocks, as they came
        self.byes = 0
        self.most_on_the_way = 0
        self._server = grpc.server(futures.ThreadPoolExecutor(16))
        self._server.add_generic_rpc_handlers([self._handlers()])
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self.address = f"127.0.0.1:{self.port}"
        self._server.start()

    def __enter__(self) -> "ServedShard":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.open.set()
        self._server.stop(0).wait()

    def rows(self) -> list[Row]:
        with self.changed:
            return [row for block in self.blocks for row in rows_of(block)]

    def wait_for(self, what: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(what, 20), "waited in vain"

    def forget(self) -> None:
        """As a shard that was killed and started again."""
        with self.changed:
            self.sessions.clear()
            self.blocks.clear()

    def _handlers(self) -> grpc.GenericRpcHandler:
        insert = grpc.stream_stream_rpc_method_handler(
            self._insert,
            request_deserializer=replay.InsertRequest.FromString,
            response_serializer=replay.InsertReply.SerializeToString,
        )
        return grpc.method_handlers_generic_handler(
            "softfleet.v1.ReplayService", {"Insert": insert}
        )

    def _insert(
        self,
        requests: Iterator[replay.InsertRequest],
        context: grpc.ServicerContext,
    ) -> Iterator[replay.InsertReply]:
        hello = next(requests).hello
        with self.changed:
            self.hellos.append(hello)
            if self.refuse_hello is not None:
                context.abort(*self.refuse_hello)
            session = self.sessions.setdefault(hello.session, Session())
            self.changed.notify_all()
        if not self.answers_hello:
            context.abort(grpc.StatusCode.UNAVAILABLE, "no learner")
        yield self._welcome(session)
        for request in requests:
            if request.HasField("bye"):
                self.byes += 1
                return
            with self.changed:
                self.batches.append(
                    (request.batch.seq, len(request.batch.blocks))
                )
                self.changed.notify_all()
            if not self.open.is_set():
                yield self._acknowledge(session, [], "slack")
                self.open.wait()
            refused = self._apply(session, request.batch, context)
            yield self.answer(self._acknowledge(session, refused, ""))

    def _apply(
        self,
        session: Session,
        batch: replay.Batch,
        context: grpc.ServicerContext,
    ) -> list[replay.Rejection]:
        with self.changed:
            if self.break_before(batch.seq):
                context.abort(grpc.StatusCode.UNAVAILABLE, "broken before")
            if batch.seq <= session.last_seq:
                return []
            if batch.seq != session.last_seq + 1:
                context.abort(grpc.StatusCode.ABORTED, "a gap")
            session.last_seq = batch.seq
            rows = sum(block.rows for block in batch.blocks)
            refused = []
            if reason := self.refuse(batch):
                rejection = replay.Rejection(
                    seq=batch.seq, reason=reason, rows=rows
                )
                refused = [rejection]
                session.rejected.append(rejection)
            else:
                session.rows += rows
                self.blocks.extend(batch.blocks)
            self.changed.notify_all()
            if self.break_after(batch.seq):
                context.abort(grpc.StatusCode.UNAVAILABLE, "broken after")
            return refused

    def _welcome(self, session: Session) -> replay.InsertReply:
        return replay.InsertReply(
            welcome=replay.Welcome(
                incarnation=1,
                last_seq=session.last_seq,
                session_rows=session.rows,
                credit_bytes=self.credit,
                max_batch_bytes=self.max_batch,
                level=replay.DURABILITY_LEVEL_MEMORY,
                rejected=session.rejected,
            )
        )

    def _acknowledge(
        self,
        session: Session,
        refused: list[replay.Rejection],
        waiting_for: str,
    ) -> replay.InsertReply:
        return replay.InsertReply(
            acknowledgement=replay.Acknowledgement(
                applied=session.last_seq,
                durable=session.last_seq,
                level=replay.DURABILITY_LEVEL_MEMORY,
                rejected=refused,
                credit_bytes=self.credit,
                waiting_for=waiting_for,
            )
        )

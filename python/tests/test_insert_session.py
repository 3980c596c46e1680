# SPDX-License-Identifier: Apache-2.0
"""The insert session over real sockets: whatever happens to its streams, each
row is stored once and everybody learns what became of it."""

import itertools
import logging
import random
from typing import Any

import grpc
import pytest
from tests.support.shards import ServedShard

from softfleet import Counts, RefusedError, SoftfleetError
from softfleet.channel import make_channel
from softfleet.insert_session import InsertSession, SessionOptions
from softfleet.wire import experience, replay

SCHEMA = experience.Schema(
    observations=[
        experience.ObservationGroup(name="state", dtype="F32", shape=[1])
    ],
    action_dimension=1,
    frame_stack=1,
)


class Client:
    """A session to `shard`, with rows to send."""

    def __init__(self, shard: ServedShard, **options: Any):
        self.channel = make_channel(shard.address, None, False)
        self.session = InsertSession(
            self.channel,
            SessionOptions("run-1", SCHEMA, "test", **options),
        )
        self.steps = 0

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()
        self.channel.close()

    def append(self, rows: int = 1) -> None:
        self.session.append(
            experience.StepBlock(
                first_step=self.steps, rows=rows, actions=bytes(4 * rows)
            )
        )
        self.steps += rows

    def expected(self) -> list[tuple[int, int, int]]:
        return [(0, 0, step) for step in range(self.steps)]


def test_stored_is_sent_for_a_session_that_said_bye(shard: ServedShard) -> None:
    with Client(shard) as client:
        for rows in (1, 32, 7, 1):
            client.append(rows)
        client.session.finish(20)
        assert shard.rows() == client.expected()
        assert client.session.counts() == Counts(appended=41, acknowledged=41)
    (hello,) = shard.hellos
    assert hello.protocol == experience.PROTOCOL_CURRENT
    assert hello.run_id == "run-1"
    assert hello.client == "test"
    assert hello.schema == SCHEMA
    assert len(hello.session) == 16
    assert shard.byes == 1


def test_streams_that_break_anywhere_lose_and_double_nothing(
    shard: ServedShard,
) -> None:
    seed = 11
    draw = random.Random(seed)
    breaks = itertools.count()

    def sometimes(seq: int) -> bool:
        return draw.random() < 0.3 and next(breaks) < 12

    shard.break_before = shard.break_after = sometimes
    with Client(shard) as client:
        for _ in range(60):
            client.append(draw.randrange(1, 5))
            done = len(shard.batches)
            shard.wait_for(lambda: len(shard.batches) > done)
        client.session.finish(20)
        assert next(breaks) >= 12
        assert shard.rows() == client.expected()
        assert client.session.counts().acknowledged == client.steps
    assert len({hello.session for hello in shard.hellos}) == 1
    assert len(shard.hellos) > 12


def test_a_refused_batch_is_counted_said_and_hurts_no_other(
    shard: ServedShard, caplog: pytest.LogCaptureFixture
) -> None:
    shard.refuse = lambda batch: (
        "rewards row 0 is nan" if batch.seq == 2 else ""
    )
    with Client(shard) as client:
        for sent in range(1, 4):
            client.append(2)
            shard.wait_for(lambda: len(shard.batches) == sent)
        client.session.finish(20)
        assert client.session.counts() == Counts(
            appended=6, acknowledged=4, rejected=2
        )
    assert [step for _, _, step in shard.rows()] == [0, 1, 4, 5]
    assert "refused batch 2 of 2 rows: rewards row 0 is nan" in caplog.text


def test_a_refusal_that_the_broken_stream_swallowed_is_heard_of(
    shard: ServedShard, caplog: pytest.LogCaptureFixture
) -> None:
    shard.refuse = lambda batch: "because" if batch.seq == 1 else ""
    shard.break_after = lambda seq: len(shard.hellos) == 1
    with Client(shard) as client:
        client.append(3)
        shard.wait_for(lambda: len(shard.hellos) == 2)
        client.append(3)
        client.session.finish(20)
        assert client.session.counts() == Counts(
            appended=6, acknowledged=3, rejected=3
        )
    assert "batch 1 of 3 rows: because" in caplog.text


def test_a_shard_that_restarts_costs_what_it_had_and_no_more(
    shard: ServedShard, caplog: pytest.LogCaptureFixture
) -> None:
    with Client(shard) as client:
        for sent in range(1, 4):
            client.append(4)
            shard.wait_for(lambda: len(shard.rows()) == 4 * sent)
        shard.break_before = lambda seq: len(shard.hellos) == 1
        shard.forget()
        client.append(4)
        client.session.finish(20)
        counts = client.session.counts()
    assert [step for _, _, step in shard.rows()] == [12, 13, 14, 15]
    assert counts == Counts(appended=16, acknowledged=16, lost=12)
    assert "lost 12 rows of this actor" in caplog.text
    assert len({hello.session for hello in shard.hellos}) == 2


def test_a_full_buffer_waits_until_the_gate_opens(shard: ServedShard) -> None:
    shard.open.clear()
    with Client(shard, pending_rows=8) as client:
        assert client.session.wait_for_room(0)
        client.append(8)
        shard.wait_for(lambda: len(shard.batches) == 1)
        assert not client.session.wait_for_room(0)
        shard.open.set()
        assert client.session.wait_for_room(20)


def test_with_drop_what_finds_no_room_is_counted(shard: ServedShard) -> None:
    shard.open.clear()
    with Client(shard, pending_rows=8, drop=True) as client:
        client.append(8)
        client.append(3)
        assert client.session.wait_for_room(0)
        shard.open.set()
        client.session.finish(20)
        assert client.session.counts() == Counts(
            appended=8, acknowledged=8, dropped=3
        )


def test_why_the_shard_waits_is_known(shard: ServedShard) -> None:
    with Client(shard) as client:
        shard.open.clear()
        client.append()
        session = client.session
        with session._changed:
            assert session._changed.wait_for(
                lambda: session._link.waiting_for != "", 20
            )
        assert session.waiting_for() == "slack"
        shard.open.set()


def test_the_credit_bounds_what_is_on_the_way() -> None:
    with ServedShard(credit=700, max_batch=600) as shard:
        shard.open.clear()
        with Client(shard) as client:
            for _ in range(20):
                client.append(30)  # 120 bytes and a little
            shard.wait_for(lambda: len(shard.batches) == 1)
            shard.open.set()
            client.session.finish(20)
            assert shard.rows() == client.expected()
        assert max(blocks for _, blocks in shard.batches) <= 4


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (grpc.StatusCode.FAILED_PRECONDITION, "belongs to run r2"),
        (grpc.StatusCode.INVALID_ARGUMENT, "session has 3 bytes"),
        (grpc.StatusCode.UNIMPLEMENTED, "of another kind or version"),
    ],
)
def test_what_no_other_try_can_put_right_ends_the_session(
    shard: ServedShard, code: grpc.StatusCode, message: str
) -> None:
    shard.refuse_hello = (code, message)
    with Client(shard) as client:
        with pytest.raises(RefusedError, match=message):
            client.append()
            client.session.finish(20)
        with pytest.raises(RefusedError, match=message):
            client.append()
        with pytest.raises(RefusedError, match=message):
            client.session.wait_for_room(20)
    assert len(shard.hellos) == 1


def test_an_unattached_shard_is_tried_again(
    shard: ServedShard, caplog: pytest.LogCaptureFixture
) -> None:
    shard.answers_hello = False
    caplog.set_level(logging.INFO)
    with Client(shard) as client:
        client.append()
        shard.wait_for(lambda: len(shard.hellos) >= 3)
        shard.answers_hello = True
        client.session.finish(20)
        assert shard.rows() == client.expected()
    said = [r for r in caplog.messages if r.startswith("no connection")]
    assert said == ["no connection to the replay shard, trying on: no learner"]


def test_finish_says_how_many_rows_are_left(shard: ServedShard) -> None:
    shard.open.clear()
    with Client(shard) as client:
        client.append(5)
        shard.wait_for(lambda: len(shard.batches) == 1)
        with pytest.raises(
            SoftfleetError, match="5 rows were not acknowledged"
        ):
            client.session.finish(0.05)
        shard.open.set()


def test_a_shard_that_answers_nonsense_is_left_and_tried_again(
    shard: ServedShard,
) -> None:
    nonsense = {  # by stream
        1: replay.InsertReply(welcome=replay.Welcome()),
        2: replay.InsertReply(
            acknowledgement=replay.Acknowledgement(applied=9)
        ),
    }
    shard.answer = lambda reply: nonsense.get(len(shard.hellos), reply)
    with Client(shard) as client:
        for streams in (2, 3):
            client.append(2)
            shard.wait_for(lambda: len(shard.hellos) == streams)
        client.append(2)
        client.session.finish(20)
        assert shard.rows() == client.expected()

# SPDX-License-Identifier: Apache-2.0
"""A learner on a real socket that says what a test puts into it."""

import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from types import TracebackType

import grpc
from tests.support.policies import slow_crc32c
from tests.support.shards import ServedShard

from softfleet import Snapshot
from softfleet.codec import encode_schema
from softfleet.wire import learner, replay, run


def encode_snapshot(of: Snapshot) -> learner.Snapshot:
    message = learner.Snapshot(
        run_id=of.run_id,
        version=of.version,
        step=of.step,
        updates=of.updates,
        phase=replay.RUN_PHASE_RUNNING,
        act_uniformly=of.act_uniformly,
        schema=encode_schema(of.schema),
        bounds_low=of.action_low,
        bounds_high=of.action_high,
        environment=of.environment,
        reward_scale=of.reward_scale,
        alpha=of.alpha,
        target_entropy=of.target_entropy,
        entropy_offset=of.entropy_offset,
    )
    for layer in of.layers:
        message.layers.add(kind=layer.kind, tensors=layer.tensors)
    message.head.kind = of.head.kind
    message.head.log_std_mode = of.head.log_std_mode
    message.head.log_std_min = of.head.log_std_min
    message.head.log_std_max = of.head.log_std_max
    for name, tensor in of.tensors.items():
        message.tensors.add(
            name=name, dtype="F32", shape=tensor.shape, data=tensor.tobytes()
        )
    if of.normaliser is not None:
        message.normaliser.count = of.normaliser.count
        message.normaliser.mean.extend(of.normaliser.mean)
        message.normaliser.variance.extend(of.normaliser.variance)
    return message


def chunks(
    data: bytes, phase: int = replay.RUN_PHASE_RUNNING, size: int = 100
) -> list[learner.ParameterChunk]:
    """`data` in pieces of `size` bytes, as a learner sends a snapshot."""
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    answer = [
        learner.ParameterChunk(data=piece, phase=phase)  # type: ignore
        for piece in pieces
    ]
    answer[-1].last = True
    answer[-1].total_bytes = len(data)
    answer[-1].crc32c = slow_crc32c(data)
    return answer


class ServedLearner:
    def __init__(self, newest: Snapshot | None = None, shard: str = ""):
        self.changed = threading.Condition()
        self.newest = newest
        self.phase: int = replay.RUN_PHASE_RUNNING
        self.reply = learner.JoinReply(
            run_id="run-1",
            config=run.RunConfig(),
            phase=replay.RUN_PHASE_RUNNING,
            shard=shard,
            first_environment=5 << 16,
        )
        self.repeats = False  # sends its newest to those who have it, too
        self.refuses: list[tuple[grpc.StatusCode, str]] = []  # joins
        self.joined: list[learner.JoinRequest] = []
        self.asked: list[int] = []  # have_version
        # Changes the chunks of an answer on their way.
        self.damage: Callable[
            [list[learner.ParameterChunk]], list[learner.ParameterChunk]
        ] = lambda answer: answer
        self._server = grpc.server(futures.ThreadPoolExecutor(8))
        self._server.add_generic_rpc_handlers([self._handlers()])
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self.address = f"127.0.0.1:{self.port}"
        self._server.start()

    def __enter__(self) -> "ServedLearner":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.stop(0).wait()

    def publish(self, snapshot: Snapshot) -> None:
        with self.changed:
            self.newest = snapshot
            self.changed.notify_all()

    def end(self, phase: int = replay.RUN_PHASE_FINISHED) -> None:
        with self.changed:
            self.phase = phase
            self.changed.notify_all()

    def wait_for(self, what: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(what, 20), "waited in vain"

    def _handlers(self) -> grpc.GenericRpcHandler:
        return grpc.method_handlers_generic_handler(
            "softfleet.v1.LearnerService",
            {
                "Join": grpc.unary_unary_rpc_method_handler(
                    self._join,
                    request_deserializer=learner.JoinRequest.FromString,
                    response_serializer=learner.JoinReply.SerializeToString,
                ),
                "GetParameters": grpc.unary_stream_rpc_method_handler(
                    self._get_parameters,
                    request_deserializer=(
                        learner.GetParametersRequest.FromString
                    ),
                    response_serializer=(
                        learner.ParameterChunk.SerializeToString
                    ),
                ),
            },
        )

    def _join(
        self, request: learner.JoinRequest, context: grpc.ServicerContext
    ) -> learner.JoinReply:
        with self.changed:
            self.joined.append(request)
            self.changed.notify_all()
            if self.refuses:
                context.abort(*self.refuses.pop(0))
        return self.reply

    def _get_parameters(
        self,
        request: learner.GetParametersRequest,
        context: grpc.ServicerContext,
    ) -> Iterator[learner.ParameterChunk]:
        with self.changed:
            self.asked.append(request.have_version)
            self.changed.notify_all()
            self.changed.wait_for(
                lambda: self._has_news(request.have_version)
                or not context.is_active(),
                min(request.max_wait_seconds, 1),
            )
            newest, phase = self.newest, self.phase
        known = newest is None or newest.version <= request.have_version
        if newest is None or (known and not self.repeats):
            unchanged = learner.ParameterChunk(
                unchanged=True, phase=phase  # type: ignore[arg-type]
            )
            yield from self.damage([unchanged])
        else:
            data = encode_snapshot(newest).SerializeToString()
            yield from self.damage(chunks(data, phase))

    def _has_news(self, have: int) -> bool:
        if self.repeats:
            return True
        newer = self.newest is not None and self.newest.version > have
        return newer or self.phase != replay.RUN_PHASE_RUNNING


def end_after(
    learner: ServedLearner, shard: ServedShard, rows: int
) -> threading.Thread:
    """Ends the run when the shard has so many rows."""

    def wait() -> None:
        shard.wait_for(lambda: sum(b.rows for b in shard.blocks) >= rows)
        learner.end()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread

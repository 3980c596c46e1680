# SPDX-License-Identifier: Apache-2.0
"""What an actor asks of the learner: to join the run, for the newest policy."""

import logging
import threading
import time
from importlib import metadata
from typing import Any

import grpc

from softfleet.channel import Backoff, is_transient, message_of
from softfleet.codec import (
    DamagedError,
    ParameterAnswer,
    assemble,
    decode_snapshot,
)
from softfleet.errors import RefusedError, SoftfleetError
from softfleet.policy import Policy
from softfleet.wire import LearnerService, experience, learner, replay

_log = logging.getLogger("softfleet")

# A learner that does not answer a short question by then is asked again.
_JOIN_TIMEOUT = 5.0
_MAX_WAIT = 10.0  # of one long poll
# What an answer may take to arrive, beyond the time the learner may wait.
_TRANSFER_TIME = 30.0
# The least time between two questions. A learner may publish every few
# milliseconds; decoding them all would leave the actor no time to act.
_SHORTEST_POLL = 0.01


_ENDS = (replay.RUN_PHASE_FINISHED, replay.RUN_PHASE_FAILED)

# A grpc.Call that is an iterator of chunks too; gRPC has no name for both.
_Call = Any


def software_version() -> str:
    try:
        return metadata.version("softfleet") + " (Python)"
    except metadata.PackageNotFoundError:  # run from the source tree
        return "unknown (Python)"


def join(channel: grpc.Channel, name: str) -> learner.JoinReply:
    """Joins as an actor, trying again with back-off while the learner is
    away. RefusedError: it does not want this actor (another protocol)."""
    service = LearnerService(channel)
    request = learner.JoinRequest(
        protocol=experience.PROTOCOL_CURRENT,
        role=learner.ROLE_ACTOR,
        name=name,
        software_version=software_version(),
    )
    backoff = Backoff()
    waits_for = ""
    while True:
        try:
            reply: learner.JoinReply = service.join(
                request, timeout=_JOIN_TIMEOUT
            )
            return reply
        except grpc.RpcError as error:
            if not is_transient(error.code()):
                raise RefusedError(
                    f"the learner refuses: {message_of(error)}"
                ) from None
            if message_of(error) != waits_for:
                waits_for = message_of(error)
                _log.warning("waiting for the learner: %s", waits_for)
        time.sleep(backoff.next())


class ParameterClient:
    """Keeps the newest policy at hand, asking in a thread of its own. A
    snapshot that was damaged on the way is dropped and asked for again: nobody
    ever sees it. Reconnects for ever. Thread-safe."""

    def __init__(self, channel: grpc.Channel, run_id: str):
        self._service = LearnerService(channel)
        self._run_id = run_id
        self._changed = threading.Condition()  # guards all below
        self._newest: Policy | None = None
        self._phase: int = replay.RUN_PHASE_WAITING
        self._error: SoftfleetError | None = None
        self._problem = ""
        self._stopping = False
        self._call: _Call | None = None  # in flight
        self._thread = threading.Thread(
            target=self._run, name="softfleet-parameters", daemon=True
        )
        self._thread.start()

    def latest(self) -> Policy | None:
        """The newest policy, None before the first; never waits. RefusedError:
        the learner is of another run now; InvalidPolicyError: it sends what
        this program cannot act by (an unknown layer, by name)."""
        with self._changed:
            return self._latest()

    def wait_for_first(self, timeout: float) -> Policy | None:
        """Waits for a policy or the run's end, at most `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._newest is not None
                or self._error is not None
                or self._phase in _ENDS,
                timeout,
            )
            return self._latest()

    @property
    def phase(self) -> int:
        """The run's (replay.RunPhase), as of the last answer."""
        with self._changed:
            return self._phase

    def close(self) -> None:
        with self._changed:
            self._stopping = True
            call = self._call
            self._changed.notify_all()
        if call is not None:
            call.cancel()
        self._thread.join()

    def _latest(self) -> Policy | None:
        if self._error is not None:
            raise self._error
        return self._newest

    def _run(self) -> None:
        backoff = Backoff()
        wait = 0.0
        while (call := self._ask_after(wait)) is not None:
            wait = _SHORTEST_POLL
            try:
                self._take(assemble(call))
                backoff.reset()
            except grpc.RpcError as error:
                wait = backoff.next()
                self._note(message_of(error))
            except DamagedError as error:
                wait = backoff.next()
                self._note(str(error))
            except SoftfleetError as error:
                self._fail(error)
            finally:
                call.cancel()  # what follows damage is not read

    def _ask_after(self, seconds: float) -> _Call | None:
        """The next question; None: there is nothing more to ask."""
        with self._changed:
            if self._changed.wait_for(lambda: self._stopping, seconds):
                return None
            have = 0 if self._newest is None else self._newest.snapshot.version
            self._call = self._service.get_parameters(
                learner.GetParametersRequest(
                    have_version=have, max_wait_seconds=_MAX_WAIT
                ),
                timeout=_MAX_WAIT + _TRANSFER_TIME,
            )
            return self._call

    def _take(self, answer: ParameterAnswer) -> None:
        policy = None
        if answer.snapshot is not None:
            policy = self._decode(answer.snapshot)
        with self._changed:
            self._phase = answer.phase
            self._newest = policy or self._newest
            self._changed.notify_all()
        self._note("")

    def _decode(self, data: bytes) -> Policy:
        snapshot = decode_snapshot(data)
        if snapshot.run_id != self._run_id:
            raise RefusedError(
                f"the learner serves run {snapshot.run_id} now, this program "
                f"joined run {self._run_id}; start it again to join the other"
            )
        known = self._newest  # nobody else writes it
        if known is not None and snapshot.version <= known.snapshot.version:
            raise DamagedError(
                f"policy version {snapshot.version} was sent although "
                f"{known.snapshot.version} is known"
            )
        return Policy(snapshot)

    def _fail(self, error: SoftfleetError) -> None:
        with self._changed:
            self._error = error
            self._stopping = True
            self._changed.notify_all()

    def _note(self, problem: str) -> None:
        """One line where a trouble begins, changes or ends."""
        with self._changed:
            if problem == self._problem or self._stopping:
                return
            self._problem = problem
        if problem:
            _log.warning("no new policy: %s; asking again", problem)
        else:
            _log.warning("policies arrive again")

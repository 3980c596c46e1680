# SPDX-License-Identifier: Apache-2.0
"""An actor of a run: steps one environment under the learner's newest policy
and sends the rows to its shard.

Threads: the caller's, one that keeps the newest policy at hand, one that sends
rows. The caller's is never kept waiting for a policy after the first; for room
(the run's actor.pending_rows and actor.buffer_bytes) only in act(), and not at
all where the run's actor.overflow is drop.
"""

import contextlib
import logging
import socket
import time
from types import TracebackType
from typing import Any, Protocol, SupportsFloat

import grpc
import numpy as np
import numpy.typing as npt

from softfleet.channel import Tls, make_channel
from softfleet.codec import encode_schema
from softfleet.errors import (
    InvalidStepError,
    RunEndedError,
    RunFailedError,
    SoftfleetError,
)
from softfleet.insert_buffer import Counts
from softfleet.insert_session import InsertSession, SessionOptions
from softfleet.learner_client import ParameterClient, join
from softfleet.observations import FrameStack, Observation, split_groups
from softfleet.policy import Policy
from softfleet.schema import Schema
from softfleet.spaces import action_adapter, check_observation_space
from softfleet.step_block import TAKEN_OVER, StepBlockBuilder
from softfleet.wire import learner, replay, run

_log = logging.getLogger("softfleet")

# How often a wait looks whether there is something else to do.
_GLANCE = 0.1
# For the last rows to arrive; below the ten seconds that docker and the like
# give a process that is stopped.
_FINISH_GRACE = 5.0


class Environment(Protocol):
    """What Actor.run needs of an environment: Gymnasium's two calls. Its
    observation_space and action_space are checked where it has them."""

    def reset(
        self, *, seed: int | None = None
    ) -> tuple[Any, dict[str, Any]]: ...

    def step(
        self, action: Any
    ) -> tuple[Any, SupportsFloat, bool, bool, dict[str, Any]]: ...


class Actor:
    """Joins the run of the learner at `address`, waiting for it if it has not
    been started yet, and for the first policy.

    The whole life of an actor, with any Gymnasium-like environment:

        actor = softfleet.Actor("127.0.0.1:7200")
        actor.run(env)

    or step by step, for whoever owns the loop (a robot):

        with softfleet.Actor("127.0.0.1:7200") as actor:
            while True:
                actor.begin(robot.reset())
                done = False
                while not done:
                    step = robot.step(actor.act())
                    observation, reward, terminated, truncated = step
                    actor.record(reward, observation, terminated, truncated)
                    done = terminated or truncated

    The `with` block is left when the run ends. One environment per actor: for
    more, make more actors, in processes of their own. Not thread-safe.

    ValueError: a malformed address or TLS file, plaintext beyond loopback
    without `insecure`. RefusedError: the learner or its shard does not take
    this actor. RunEndedError: the run has ended.
    """

    def __init__(
        self,
        address: str,
        *,
        name: str | None = None,  # what the logs of others call it
        tls: Tls | None = None,
        insecure: bool = False,  # plaintext beyond loopback
    ):
        self._closed = False
        with contextlib.ExitStack() as resources:

            def connect(to: str) -> grpc.Channel:
                channel = make_channel(to, tls, insecure)
                resources.callback(channel.close)
                return channel

            learner_channel = connect(address)
            client = name or socket.gethostname()
            joined = join(learner_channel, client)
            self.run_id = joined.run_id
            if joined.phase == replay.RUN_PHASE_FINISHED:
                raise RunEndedError(f"run {joined.run_id} has ended")
            self._parameters = ParameterClient(learner_channel, joined.run_id)
            resources.callback(self._parameters.close)
            self._policy = self._wait_for_first_policy()
            self._session = InsertSession(
                connect(joined.shard), self._session_options(client, joined)
            )
            resources.callback(self._session.close)
            self._resources = resources.pop_all()
        self._prepare(joined)
        _log.info("joined run %s, rows go to %s", self.run_id, joined.shard)

    def _prepare(self, joined: learner.JoinReply) -> None:
        """What an actor needs besides its connections."""
        config = joined.config.actor
        self.steps = 0  # recorded, over all episodes
        self._episodes = 0  # begun
        self._block_seconds = config.block_seconds
        self._block_began = 0.0
        self._builder = StepBlockBuilder(
            self.schema, joined.first_environment, config.block_rows
        )
        self._frames = FrameStack(self.schema)
        self._rng = np.random.default_rng(
            [joined.config.seed, joined.first_environment]
        )
        self._in_episode = False
        # In policy space, between act and record.
        self._action: npt.NDArray[Any] | None = None

    def _session_options(
        self, client: str, joined: learner.JoinReply
    ) -> SessionOptions:
        config = joined.config.actor
        return SessionOptions(
            run_id=joined.run_id,
            schema=encode_schema(self.schema),
            client=client,
            pending_rows=config.pending_rows,
            buffer_bytes=config.buffer_bytes,
            drop=config.overflow == run.Overflow.drop,
        )

    def __enter__(self) -> "Actor":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self.close()
        return isinstance(error, RunEndedError)

    @property
    def schema(self) -> Schema:
        """Of the run's rows: what observations and actions must fit."""
        return self._policy.schema

    @property
    def policy(self) -> Policy:
        """The one that chose the last action, or the newest before that."""
        return self._policy

    @property
    def running(self) -> bool:
        """False once the run has ended or failed."""
        return self._parameters.phase not in (
            replay.RUN_PHASE_FINISHED,
            replay.RUN_PHASE_FAILED,
        )

    @property
    def counts(self) -> Counts:
        """What has become of the rows handed to the shard."""
        return self._session.counts()

    def run(self, environment: Environment) -> None:
        """Acts in `environment` until the run has ended, then sends what is
        left and closes this actor. RunFailedError: the run has failed.
        InvalidStepError: the environment returned what no row may hold; it
        names the value. Rows recorded before that are sent."""
        try:
            self._run(environment)
        except RunEndedError:
            pass
        finally:
            self.close()

    def _run(self, environment: Environment) -> None:
        check_observation_space(
            self.schema, getattr(environment, "observation_space", None)
        )
        adapt = action_adapter(
            self._policy, getattr(environment, "action_space", None)
        )
        seed: int | None = int(self._rng.integers(2**31))
        while True:
            observation, _ = environment.reset(seed=seed)
            seed = None  # one stream of random numbers for all episodes
            self.begin(observation)
            while self._in_episode:
                observation, reward, terminated, truncated, _ = (
                    environment.step(adapt(self.act()))
                )
                self.record(float(reward), observation, terminated, truncated)

    def begin(self, observation: Observation) -> None:
        """An episode starts with its first observation. One that has not
        ended is left as it is: its rows are sent and it has no end."""
        self._check_run()
        self._send_block()
        self._in_episode, self._action = False, None
        self._builder.begin(
            self._episodes, split_groups(self.schema, observation)
        )
        self._frames.begin(observation)
        self._episodes += 1
        self._in_episode = True
        self._block_began = time.monotonic()

    def act(self) -> npt.NDArray[Any]:
        """The newest policy's action at the newest observation, in the
        environment's units (Policy.to_environment), sampled; uniformly random
        while the run warms up. Waits while the shard takes no more rows.
        RunEndedError, RunFailedError: the run has come to its end."""
        if not self._in_episode:
            raise InvalidStepError("act() comes after begin() in each episode")
        while not self._session.wait_for_room(_GLANCE):
            self._check_run()
        self._check_run()
        self._policy = self._parameters.latest() or self._policy
        if self._policy.snapshot.act_uniformly:
            self._action = self._random_action()
        else:
            self._action = self._policy.act(
                self._frames.observation, deterministic=False, rng=self._rng
            )
        return self._policy.to_environment(self._action)

    def record(
        self,
        reward: float,
        observation: Observation,
        terminated: bool = False,
        truncated: bool = False,
        *,
        executed: npt.ArrayLike | None = None,
    ) -> None:
        """What followed the last act(): the reward, and the true next
        observation also where the episode ended. Terminated wins where both
        are set. `executed`: what a person or a safety layer executed instead
        of act()'s action, in the environment's units; the row then has that
        action and is marked as taken over. InvalidStepError names a value that
        is not finite or does not fit, and nothing was recorded: correct it, or
        begin() again."""
        if self._action is None:
            raise InvalidStepError("record() comes after act()")
        snapshot = self._policy.snapshot
        action, flags = self._action, 0
        if executed is not None:
            action = self._policy.from_environment(executed)
            flags = TAKEN_OVER
        self._builder.append(
            action,
            reward,
            terminated,
            truncated,
            0 if snapshot.act_uniformly else snapshot.version,
            split_groups(self.schema, observation),
            flags,
        )
        self._action = None
        self._frames.push(observation)
        self.steps += 1
        self._in_episode = not self._builder.ended
        # A block begins with the observation before its first row, so that a
        # single slow step is old enough to be sent.
        age = time.monotonic() - self._block_began
        if self._builder.finished or age >= self._block_seconds:
            self._send_block()

    def close(self, timeout: float = _FINISH_GRACE) -> None:
        """Sends what is left, at most `timeout` seconds long, and leaves the
        run. Does nothing the second time."""
        if self._closed:
            return
        self._closed = True
        with self._resources:
            try:
                self._send_block()
                self._session.finish(timeout)
            except SoftfleetError as error:
                _log.warning("not every row has reached the shard: %s", error)
            counts = self.counts
            _log.info(
                "left run %s: %d steps, %d rows acknowledged by the shard, %d "
                "of them lost, %d dropped, %d rejected",
                self.run_id,
                self.steps,
                counts.acknowledged,
                counts.lost,
                counts.dropped,
                counts.rejected,
            )

    def _send_block(self) -> None:
        self._block_began = time.monotonic()
        block = self._builder.cut()
        if block is not None:
            self._session.append(block)

    def _random_action(self) -> npt.NDArray[Any]:
        if self.schema.continuous:
            uniform = self._rng.uniform(-1, 1, self.schema.action_dimension)
            return uniform.astype(np.float32)
        return np.asarray(self._rng.integers(self.schema.num_actions))

    def _wait_for_first_policy(self) -> Policy:
        while (policy := self._parameters.wait_for_first(_GLANCE)) is None:
            self._check_run()
        return policy

    def _check_run(self) -> None:
        if self._closed:
            raise SoftfleetError("this actor is closed; make a new one")
        phase = self._parameters.phase
        if phase == replay.RUN_PHASE_FAILED:
            raise RunFailedError(
                f"run {self.run_id} has failed; the learner's log says why"
            )
        if phase == replay.RUN_PHASE_FINISHED:
            raise RunEndedError(f"run {self.run_id} has ended")

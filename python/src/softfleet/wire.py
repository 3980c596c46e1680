# SPDX-License-Identifier: Apache-2.0
"""The wire's messages (proto/softfleet/v1), as classes made at run time from
the descriptors in v1/descriptors.binpb; README.md says why not from generated
code. `experience.StepBlock` is the message StepBlock of experience.proto, and
so on. Also the calls of the two services.

Type checkers read v1/*.pyi instead. scripts/make_python_stubs.py writes all of
these files.
"""

from importlib import resources
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

__all__ = [
    "LearnerService",
    "ReplayService",
    "experience",
    "learner",
    "replay",
    "run",
]

if TYPE_CHECKING:
    from softfleet.v1 import experience_pb2 as experience
    from softfleet.v1 import learner_pb2 as learner
    from softfleet.v1 import replay_pb2 as replay
    from softfleet.v1 import run_pb2 as run
else:

    def _read_descriptors() -> descriptor_pool.DescriptorPool:
        """A pool of their own: nothing that another package registers in the
        common one can collide with them."""
        file = resources.files("softfleet").joinpath("v1/descriptors.binpb")
        files = descriptor_pb2.FileDescriptorSet.FromString(file.read_bytes())
        pool = descriptor_pool.DescriptorPool()
        for description in files.file:
            pool.AddSerializedFile(description.SerializeToString())
        return pool

    def _message_class(pool: Any, descriptor: Any) -> Any:
        if hasattr(message_factory, "GetMessageClass"):
            return message_factory.GetMessageClass(descriptor)
        # protobuf 4.21
        return message_factory.MessageFactory(pool).GetPrototype(descriptor)

    def _module(pool: Any, name: str) -> SimpleNamespace:
        """Messages and enumerators of one proto file."""
        file = pool.FindFileByName(f"softfleet/v1/{name}.proto")
        messages = {
            message.name: _message_class(pool, message)
            for message in file.message_types_by_name.values()
        }
        enumerators = {
            value.name: value.number
            for enum in file.enum_types_by_name.values()
            for value in enum.values
        }
        return SimpleNamespace(**messages, **enumerators)

    _pool = _read_descriptors()
    experience = _module(_pool, "experience")
    learner = _module(_pool, "learner")
    replay = _module(_pool, "replay")
    run = _module(_pool, "run")


class LearnerService:
    """The calls of an actor to its learner, on `channel`."""

    def __init__(self, channel: grpc.Channel):
        service = "/softfleet.v1.LearnerService/"
        self.join = channel.unary_unary(
            service + "Join",
            request_serializer=learner.JoinRequest.SerializeToString,
            response_deserializer=learner.JoinReply.FromString,
        )
        self.get_parameters = channel.unary_stream(
            service + "GetParameters",
            request_serializer=learner.GetParametersRequest.SerializeToString,
            response_deserializer=learner.ParameterChunk.FromString,
        )


class ReplayService:
    """The call of an actor to its shard, on `channel`."""

    def __init__(self, channel: grpc.Channel):
        self.insert = channel.stream_stream(
            "/softfleet.v1.ReplayService/Insert",
            request_serializer=replay.InsertRequest.SerializeToString,
            response_deserializer=replay.InsertReply.FromString,
        )

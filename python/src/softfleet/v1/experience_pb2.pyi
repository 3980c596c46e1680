# SPDX-License-Identifier: Apache-2.0
# Written by scripts/make_python_stubs.py.
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
EPISODE_END_NONE: EpisodeEnd
EPISODE_END_TERMINATED: EpisodeEnd
EPISODE_END_TRUNCATED: EpisodeEnd
PROTOCOL_CURRENT: Protocol
PROTOCOL_UNSET: Protocol

class ObservationGroup(_message.Message):
    __slots__ = ["dtype", "name", "shape"]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    dtype: str
    name: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., dtype: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ...) -> None: ...

class Schema(_message.Message):
    __slots__ = ["action_dimension", "frame_stack", "num_actions", "observations"]
    ACTION_DIMENSION_FIELD_NUMBER: _ClassVar[int]
    FRAME_STACK_FIELD_NUMBER: _ClassVar[int]
    NUM_ACTIONS_FIELD_NUMBER: _ClassVar[int]
    OBSERVATIONS_FIELD_NUMBER: _ClassVar[int]
    action_dimension: int
    frame_stack: int
    num_actions: int
    observations: _containers.RepeatedCompositeFieldContainer[ObservationGroup]
    def __init__(self, observations: _Optional[_Iterable[_Union[ObservationGroup, _Mapping]]] = ..., action_dimension: _Optional[int] = ..., num_actions: _Optional[int] = ..., frame_stack: _Optional[int] = ...) -> None: ...

class StepBlock(_message.Message):
    __slots__ = ["actions", "context", "end", "environment", "episode", "episode_length", "episode_return", "first_policy_version", "first_step", "last_policy_version", "observations", "rewards", "row_flags", "rows"]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    EPISODE_FIELD_NUMBER: _ClassVar[int]
    EPISODE_LENGTH_FIELD_NUMBER: _ClassVar[int]
    EPISODE_RETURN_FIELD_NUMBER: _ClassVar[int]
    FIRST_POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    FIRST_STEP_FIELD_NUMBER: _ClassVar[int]
    LAST_POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    OBSERVATIONS_FIELD_NUMBER: _ClassVar[int]
    REWARDS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    ROW_FLAGS_FIELD_NUMBER: _ClassVar[int]
    actions: bytes
    context: int
    end: EpisodeEnd
    environment: int
    episode: int
    episode_length: int
    episode_return: float
    first_policy_version: int
    first_step: int
    last_policy_version: int
    observations: _containers.RepeatedScalarFieldContainer[bytes]
    rewards: bytes
    row_flags: bytes
    rows: int
    def __init__(self, environment: _Optional[int] = ..., episode: _Optional[int] = ..., first_step: _Optional[int] = ..., first_policy_version: _Optional[int] = ..., last_policy_version: _Optional[int] = ..., end: _Optional[_Union[EpisodeEnd, str]] = ..., episode_return: _Optional[float] = ..., episode_length: _Optional[int] = ..., rows: _Optional[int] = ..., context: _Optional[int] = ..., observations: _Optional[_Iterable[bytes]] = ..., actions: _Optional[bytes] = ..., rewards: _Optional[bytes] = ..., row_flags: _Optional[bytes] = ...) -> None: ...

class Protocol(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class EpisodeEnd(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

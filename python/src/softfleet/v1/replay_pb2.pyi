# SPDX-License-Identifier: Apache-2.0
# Written by scripts/make_python_stubs.py.
from softfleet.v1 import experience_pb2 as _experience_pb2
from softfleet.v1 import run_pb2 as _run_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
DURABILITY_LEVEL_MEMORY: DurabilityLevel
DURABILITY_LEVEL_UNSET: DurabilityLevel
RUN_PHASE_FAILED: RunPhase
RUN_PHASE_FINISHED: RunPhase
RUN_PHASE_RUNNING: RunPhase
RUN_PHASE_WAITING: RunPhase
RUN_PHASE_WARMING: RunPhase

class Acknowledgement(_message.Message):
    __slots__ = ["applied", "credit_bytes", "durable", "level", "rejected", "waiting_for"]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    CREDIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    DURABLE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    WAITING_FOR_FIELD_NUMBER: _ClassVar[int]
    applied: int
    credit_bytes: int
    durable: int
    level: DurabilityLevel
    rejected: _containers.RepeatedCompositeFieldContainer[Rejection]
    waiting_for: str
    def __init__(self, applied: _Optional[int] = ..., durable: _Optional[int] = ..., level: _Optional[_Union[DurabilityLevel, str]] = ..., rejected: _Optional[_Iterable[_Union[Rejection, _Mapping]]] = ..., credit_bytes: _Optional[int] = ..., waiting_for: _Optional[str] = ...) -> None: ...

class AttachReply(_message.Message):
    __slots__ = ["incarnation", "live_sessions", "lowest_id", "next_id", "software_version"]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    LIVE_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    LOWEST_ID_FIELD_NUMBER: _ClassVar[int]
    NEXT_ID_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    incarnation: int
    live_sessions: int
    lowest_id: int
    next_id: int
    software_version: str
    def __init__(self, incarnation: _Optional[int] = ..., next_id: _Optional[int] = ..., lowest_id: _Optional[int] = ..., live_sessions: _Optional[int] = ..., software_version: _Optional[str] = ...) -> None: ...

class AttachRequest(_message.Message):
    __slots__ = ["capacity_rows", "config", "learner_incarnation", "protocol", "run_id", "schema"]
    CAPACITY_ROWS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    LEARNER_INCARNATION_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    capacity_rows: int
    config: _run_pb2.RunConfig
    learner_incarnation: int
    protocol: int
    run_id: str
    schema: _experience_pb2.Schema
    def __init__(self, protocol: _Optional[int] = ..., run_id: _Optional[str] = ..., learner_incarnation: _Optional[int] = ..., schema: _Optional[_Union[_experience_pb2.Schema, _Mapping]] = ..., config: _Optional[_Union[_run_pb2.RunConfig, _Mapping]] = ..., capacity_rows: _Optional[int] = ...) -> None: ...

class Batch(_message.Message):
    __slots__ = ["blocks", "seq"]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    blocks: _containers.RepeatedCompositeFieldContainer[_experience_pb2.StepBlock]
    seq: int
    def __init__(self, seq: _Optional[int] = ..., blocks: _Optional[_Iterable[_Union[_experience_pb2.StepBlock, _Mapping]]] = ...) -> None: ...

class Bye(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class FollowReply(_message.Message):
    __slots__ = ["blocks", "head", "incarnation", "position", "skipped_rows"]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_ROWS_FIELD_NUMBER: _ClassVar[int]
    blocks: _containers.RepeatedCompositeFieldContainer[FollowedBlock]
    head: int
    incarnation: int
    position: Position
    skipped_rows: int
    def __init__(self, incarnation: _Optional[int] = ..., blocks: _Optional[_Iterable[_Union[FollowedBlock, _Mapping]]] = ..., position: _Optional[_Union[Position, _Mapping]] = ..., skipped_rows: _Optional[int] = ..., head: _Optional[int] = ...) -> None: ...

class FollowRequest(_message.Message):
    __slots__ = ["follower", "position", "protocol", "run_id"]
    FOLLOWER_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    follower: str
    position: Position
    protocol: int
    run_id: str
    def __init__(self, protocol: _Optional[int] = ..., run_id: _Optional[str] = ..., position: _Optional[_Union[Position, _Mapping]] = ..., follower: _Optional[str] = ...) -> None: ...

class FollowedBlock(_message.Message):
    __slots__ = ["block", "next_id"]
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    NEXT_ID_FIELD_NUMBER: _ClassVar[int]
    block: _experience_pb2.StepBlock
    next_id: int
    def __init__(self, block: _Optional[_Union[_experience_pb2.StepBlock, _Mapping]] = ..., next_id: _Optional[int] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ["client", "protocol", "run_id", "schema", "session"]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    client: str
    protocol: int
    run_id: str
    schema: _experience_pb2.Schema
    session: bytes
    def __init__(self, protocol: _Optional[int] = ..., run_id: _Optional[str] = ..., session: _Optional[bytes] = ..., schema: _Optional[_Union[_experience_pb2.Schema, _Mapping]] = ..., client: _Optional[str] = ...) -> None: ...

class InsertReply(_message.Message):
    __slots__ = ["acknowledgement", "welcome"]
    ACKNOWLEDGEMENT_FIELD_NUMBER: _ClassVar[int]
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    acknowledgement: Acknowledgement
    welcome: Welcome
    def __init__(self, welcome: _Optional[_Union[Welcome, _Mapping]] = ..., acknowledgement: _Optional[_Union[Acknowledgement, _Mapping]] = ...) -> None: ...

class InsertRequest(_message.Message):
    __slots__ = ["batch", "bye", "hello"]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    BYE_FIELD_NUMBER: _ClassVar[int]
    HELLO_FIELD_NUMBER: _ClassVar[int]
    batch: Batch
    bye: Bye
    hello: Hello
    def __init__(self, hello: _Optional[_Union[Hello, _Mapping]] = ..., batch: _Optional[_Union[Batch, _Mapping]] = ..., bye: _Optional[_Union[Bye, _Mapping]] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ["incarnation", "next_id"]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    NEXT_ID_FIELD_NUMBER: _ClassVar[int]
    incarnation: int
    next_id: int
    def __init__(self, incarnation: _Optional[int] = ..., next_id: _Optional[int] = ...) -> None: ...

class ProgressSummary(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class ProgressUpdate(_message.Message):
    __slots__ = ["allowed", "learner_incarnation", "phase", "position", "received", "run_id", "slack"]
    ALLOWED_FIELD_NUMBER: _ClassVar[int]
    LEARNER_INCARNATION_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    SLACK_FIELD_NUMBER: _ClassVar[int]
    allowed: int
    learner_incarnation: int
    phase: RunPhase
    position: Position
    received: int
    run_id: str
    slack: int
    def __init__(self, run_id: _Optional[str] = ..., learner_incarnation: _Optional[int] = ..., received: _Optional[int] = ..., allowed: _Optional[int] = ..., slack: _Optional[int] = ..., position: _Optional[_Union[Position, _Mapping]] = ..., phase: _Optional[_Union[RunPhase, str]] = ...) -> None: ...

class Rejection(_message.Message):
    __slots__ = ["reason", "rows", "seq"]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    reason: str
    rows: int
    seq: int
    def __init__(self, seq: _Optional[int] = ..., reason: _Optional[str] = ..., rows: _Optional[int] = ...) -> None: ...

class ReplayInfoReply(_message.Message):
    __slots__ = ["bytes", "capacity_rows", "followers", "gate_closed_for", "incarnation", "live_sessions", "next_id", "queued_bytes", "rows", "rows_appended", "run_id", "software_version", "uptime_seconds"]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_ROWS_FIELD_NUMBER: _ClassVar[int]
    FOLLOWERS_FIELD_NUMBER: _ClassVar[int]
    GATE_CLOSED_FOR_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    LIVE_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_ID_FIELD_NUMBER: _ClassVar[int]
    QUEUED_BYTES_FIELD_NUMBER: _ClassVar[int]
    ROWS_APPENDED_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    UPTIME_SECONDS_FIELD_NUMBER: _ClassVar[int]
    bytes: int
    capacity_rows: int
    followers: int
    gate_closed_for: str
    incarnation: int
    live_sessions: int
    next_id: int
    queued_bytes: int
    rows: int
    rows_appended: int
    run_id: str
    software_version: str
    uptime_seconds: float
    def __init__(self, software_version: _Optional[str] = ..., incarnation: _Optional[int] = ..., run_id: _Optional[str] = ..., rows_appended: _Optional[int] = ..., rows: _Optional[int] = ..., capacity_rows: _Optional[int] = ..., bytes: _Optional[int] = ..., queued_bytes: _Optional[int] = ..., live_sessions: _Optional[int] = ..., followers: _Optional[int] = ..., gate_closed_for: _Optional[str] = ..., next_id: _Optional[int] = ..., uptime_seconds: _Optional[float] = ...) -> None: ...

class ReplayInfoRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class Welcome(_message.Message):
    __slots__ = ["credit_bytes", "incarnation", "last_seq", "level", "max_batch_bytes", "rejected", "session_rows"]
    CREDIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQ_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    MAX_BATCH_BYTES_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    SESSION_ROWS_FIELD_NUMBER: _ClassVar[int]
    credit_bytes: int
    incarnation: int
    last_seq: int
    level: DurabilityLevel
    max_batch_bytes: int
    rejected: _containers.RepeatedCompositeFieldContainer[Rejection]
    session_rows: int
    def __init__(self, incarnation: _Optional[int] = ..., last_seq: _Optional[int] = ..., session_rows: _Optional[int] = ..., credit_bytes: _Optional[int] = ..., max_batch_bytes: _Optional[int] = ..., level: _Optional[_Union[DurabilityLevel, str]] = ..., rejected: _Optional[_Iterable[_Union[Rejection, _Mapping]]] = ...) -> None: ...

class RunPhase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

class DurabilityLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

# SPDX-License-Identifier: Apache-2.0
# Written by scripts/make_python_stubs.py.
from softfleet.v1 import experience_pb2 as _experience_pb2
from softfleet.v1 import replay_pb2 as _replay_pb2
from softfleet.v1 import run_pb2 as _run_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor
ROLE_ACTOR: Role
ROLE_EVALUATOR: Role
ROLE_UNSET: Role

class GetParametersRequest(_message.Message):
    __slots__ = ["for_evaluation", "have_version", "max_wait_seconds"]
    FOR_EVALUATION_FIELD_NUMBER: _ClassVar[int]
    HAVE_VERSION_FIELD_NUMBER: _ClassVar[int]
    MAX_WAIT_SECONDS_FIELD_NUMBER: _ClassVar[int]
    for_evaluation: bool
    have_version: int
    max_wait_seconds: float
    def __init__(self, have_version: _Optional[int] = ..., max_wait_seconds: _Optional[float] = ..., for_evaluation: bool = ...) -> None: ...

class Head(_message.Message):
    __slots__ = ["kind", "log_std_max", "log_std_min", "log_std_mode"]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LOG_STD_MAX_FIELD_NUMBER: _ClassVar[int]
    LOG_STD_MIN_FIELD_NUMBER: _ClassVar[int]
    LOG_STD_MODE_FIELD_NUMBER: _ClassVar[int]
    kind: str
    log_std_max: float
    log_std_min: float
    log_std_mode: str
    def __init__(self, kind: _Optional[str] = ..., log_std_mode: _Optional[str] = ..., log_std_min: _Optional[float] = ..., log_std_max: _Optional[float] = ...) -> None: ...

class JoinReply(_message.Message):
    __slots__ = ["config", "first_environment", "learner_incarnation", "panel_source", "panel_text", "phase", "run_id", "shard", "software_version"]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    FIRST_ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    LEARNER_INCARNATION_FIELD_NUMBER: _ClassVar[int]
    PANEL_SOURCE_FIELD_NUMBER: _ClassVar[int]
    PANEL_TEXT_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    SHARD_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    config: _run_pb2.RunConfig
    first_environment: int
    learner_incarnation: int
    panel_source: str
    panel_text: str
    phase: _replay_pb2.RunPhase
    run_id: str
    shard: str
    software_version: str
    def __init__(self, run_id: _Optional[str] = ..., config: _Optional[_Union[_run_pb2.RunConfig, _Mapping]] = ..., phase: _Optional[_Union[_replay_pb2.RunPhase, str]] = ..., learner_incarnation: _Optional[int] = ..., software_version: _Optional[str] = ..., shard: _Optional[str] = ..., first_environment: _Optional[int] = ..., panel_text: _Optional[str] = ..., panel_source: _Optional[str] = ...) -> None: ...

class JoinRequest(_message.Message):
    __slots__ = ["name", "protocol", "role", "software_version"]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    protocol: int
    role: Role
    software_version: str
    def __init__(self, protocol: _Optional[int] = ..., role: _Optional[_Union[Role, str]] = ..., name: _Optional[str] = ..., software_version: _Optional[str] = ...) -> None: ...

class Layer(_message.Message):
    __slots__ = ["kind", "tensors"]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    tensors: str
    def __init__(self, kind: _Optional[str] = ..., tensors: _Optional[str] = ...) -> None: ...

class LearnerInfoReply(_message.Message):
    __slots__ = ["alpha", "deterministic_return_mean", "entropy", "episode_return", "episodes", "evaluations", "learner_incarnation", "phase", "run_id", "shards", "snapshot_version", "software_version", "step", "stochastic_return_mean", "target_entropy", "total_steps", "updates", "updates_per_step", "updates_per_step_target", "waiting_for"]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    DETERMINISTIC_RETURN_MEAN_FIELD_NUMBER: _ClassVar[int]
    ENTROPY_FIELD_NUMBER: _ClassVar[int]
    EPISODES_FIELD_NUMBER: _ClassVar[int]
    EPISODE_RETURN_FIELD_NUMBER: _ClassVar[int]
    EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    LEARNER_INCARNATION_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    SHARDS_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_VERSION_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_VERSION_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STOCHASTIC_RETURN_MEAN_FIELD_NUMBER: _ClassVar[int]
    TARGET_ENTROPY_FIELD_NUMBER: _ClassVar[int]
    TOTAL_STEPS_FIELD_NUMBER: _ClassVar[int]
    UPDATES_FIELD_NUMBER: _ClassVar[int]
    UPDATES_PER_STEP_FIELD_NUMBER: _ClassVar[int]
    UPDATES_PER_STEP_TARGET_FIELD_NUMBER: _ClassVar[int]
    WAITING_FOR_FIELD_NUMBER: _ClassVar[int]
    alpha: float
    deterministic_return_mean: float
    entropy: float
    episode_return: float
    episodes: int
    evaluations: int
    learner_incarnation: int
    phase: _replay_pb2.RunPhase
    run_id: str
    shards: _containers.RepeatedCompositeFieldContainer[ShardInfo]
    snapshot_version: int
    software_version: str
    step: int
    stochastic_return_mean: float
    target_entropy: float
    total_steps: int
    updates: int
    updates_per_step: float
    updates_per_step_target: float
    waiting_for: str
    def __init__(self, software_version: _Optional[str] = ..., run_id: _Optional[str] = ..., learner_incarnation: _Optional[int] = ..., phase: _Optional[_Union[_replay_pb2.RunPhase, str]] = ..., step: _Optional[int] = ..., total_steps: _Optional[int] = ..., updates: _Optional[int] = ..., updates_per_step: _Optional[float] = ..., updates_per_step_target: _Optional[float] = ..., snapshot_version: _Optional[int] = ..., episodes: _Optional[int] = ..., episode_return: _Optional[float] = ..., alpha: _Optional[float] = ..., entropy: _Optional[float] = ..., shards: _Optional[_Iterable[_Union[ShardInfo, _Mapping]]] = ..., deterministic_return_mean: _Optional[float] = ..., stochastic_return_mean: _Optional[float] = ..., waiting_for: _Optional[str] = ..., evaluations: _Optional[int] = ..., target_entropy: _Optional[float] = ...) -> None: ...

class LearnerInfoRequest(_message.Message):
    __slots__ = []
    def __init__(self) -> None: ...

class NamedTensor(_message.Message):
    __slots__ = ["data", "dtype", "name", "shape"]
    DATA_FIELD_NUMBER: _ClassVar[int]
    DTYPE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    dtype: str
    name: str
    shape: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., dtype: _Optional[str] = ..., shape: _Optional[_Iterable[int]] = ..., data: _Optional[bytes] = ...) -> None: ...

class Normaliser(_message.Message):
    __slots__ = ["count", "mean", "variance"]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    MEAN_FIELD_NUMBER: _ClassVar[int]
    VARIANCE_FIELD_NUMBER: _ClassVar[int]
    count: float
    mean: _containers.RepeatedScalarFieldContainer[float]
    variance: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, count: _Optional[float] = ..., mean: _Optional[_Iterable[float]] = ..., variance: _Optional[_Iterable[float]] = ...) -> None: ...

class ParameterChunk(_message.Message):
    __slots__ = ["crc32c", "data", "last", "phase", "total_bytes", "unchanged", "updates"]
    CRC32C_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_BYTES_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    UPDATES_FIELD_NUMBER: _ClassVar[int]
    crc32c: int
    data: bytes
    last: bool
    phase: _replay_pb2.RunPhase
    total_bytes: int
    unchanged: bool
    updates: int
    def __init__(self, data: _Optional[bytes] = ..., unchanged: bool = ..., last: bool = ..., total_bytes: _Optional[int] = ..., crc32c: _Optional[int] = ..., phase: _Optional[_Union[_replay_pb2.RunPhase, str]] = ..., updates: _Optional[int] = ...) -> None: ...

class ReportEvaluationReply(_message.Message):
    __slots__ = ["recorded"]
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    recorded: bool
    def __init__(self, recorded: bool = ...) -> None: ...

class ReportEvaluationRequest(_message.Message):
    __slots__ = ["audit_json", "run_id", "seconds", "version"]
    AUDIT_JSON_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    audit_json: str
    run_id: str
    seconds: float
    version: int
    def __init__(self, run_id: _Optional[str] = ..., version: _Optional[int] = ..., audit_json: _Optional[str] = ..., seconds: _Optional[float] = ...) -> None: ...

class ShardInfo(_message.Message):
    __slots__ = ["address", "attached", "incarnation", "live_sessions", "next_id", "problem"]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ATTACHED_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    LIVE_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_ID_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    address: str
    attached: bool
    incarnation: int
    live_sessions: int
    next_id: int
    problem: str
    def __init__(self, address: _Optional[str] = ..., attached: bool = ..., incarnation: _Optional[int] = ..., next_id: _Optional[int] = ..., live_sessions: _Optional[int] = ..., problem: _Optional[str] = ...) -> None: ...

class Snapshot(_message.Message):
    __slots__ = ["act_uniformly", "alpha", "bounds_high", "bounds_low", "entropy_offset", "environment", "head", "layers", "normaliser", "phase", "reward_scale", "run_id", "schema", "step", "target_entropy", "tensors", "updates", "version"]
    ACT_UNIFORMLY_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    BOUNDS_HIGH_FIELD_NUMBER: _ClassVar[int]
    BOUNDS_LOW_FIELD_NUMBER: _ClassVar[int]
    ENTROPY_OFFSET_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    NORMALISER_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    REWARD_SCALE_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    TARGET_ENTROPY_FIELD_NUMBER: _ClassVar[int]
    TENSORS_FIELD_NUMBER: _ClassVar[int]
    UPDATES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    act_uniformly: bool
    alpha: float
    bounds_high: _containers.RepeatedScalarFieldContainer[float]
    bounds_low: _containers.RepeatedScalarFieldContainer[float]
    entropy_offset: float
    environment: str
    head: Head
    layers: _containers.RepeatedCompositeFieldContainer[Layer]
    normaliser: Normaliser
    phase: _replay_pb2.RunPhase
    reward_scale: float
    run_id: str
    schema: _experience_pb2.Schema
    step: int
    target_entropy: float
    tensors: _containers.RepeatedCompositeFieldContainer[NamedTensor]
    updates: int
    version: int
    def __init__(self, run_id: _Optional[str] = ..., version: _Optional[int] = ..., step: _Optional[int] = ..., updates: _Optional[int] = ..., phase: _Optional[_Union[_replay_pb2.RunPhase, str]] = ..., act_uniformly: bool = ..., schema: _Optional[_Union[_experience_pb2.Schema, _Mapping]] = ..., bounds_low: _Optional[_Iterable[float]] = ..., bounds_high: _Optional[_Iterable[float]] = ..., layers: _Optional[_Iterable[_Union[Layer, _Mapping]]] = ..., head: _Optional[_Union[Head, _Mapping]] = ..., tensors: _Optional[_Iterable[_Union[NamedTensor, _Mapping]]] = ..., normaliser: _Optional[_Union[Normaliser, _Mapping]] = ..., environment: _Optional[str] = ..., reward_scale: _Optional[float] = ..., alpha: _Optional[float] = ..., target_entropy: _Optional[float] = ..., entropy_offset: _Optional[float] = ...) -> None: ...

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = []

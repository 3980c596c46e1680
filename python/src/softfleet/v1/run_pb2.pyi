# SPDX-License-Identifier: Apache-2.0
# Written by scripts/make_python_stubs.py.
from softfleet.v1 import environment_pb2 as _environment_pb2
from softfleet.v1 import options_pb2 as _options_pb2
from softfleet.v1 import panel_pb2 as _panel_pb2
from softfleet.v1 import sac_pb2 as _sac_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ActorConfig(_message.Message):
    __slots__ = ["block_rows", "block_seconds", "buffer_bytes", "control_period_seconds", "exploration_spread", "num_environments", "overflow", "pending_rows", "safe_action", "step_deadline_seconds", "step_threads"]
    BLOCK_ROWS_FIELD_NUMBER: _ClassVar[int]
    BLOCK_SECONDS_FIELD_NUMBER: _ClassVar[int]
    BUFFER_BYTES_FIELD_NUMBER: _ClassVar[int]
    CONTROL_PERIOD_SECONDS_FIELD_NUMBER: _ClassVar[int]
    EXPLORATION_SPREAD_FIELD_NUMBER: _ClassVar[int]
    NUM_ENVIRONMENTS_FIELD_NUMBER: _ClassVar[int]
    OVERFLOW_FIELD_NUMBER: _ClassVar[int]
    PENDING_ROWS_FIELD_NUMBER: _ClassVar[int]
    SAFE_ACTION_FIELD_NUMBER: _ClassVar[int]
    STEP_DEADLINE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    STEP_THREADS_FIELD_NUMBER: _ClassVar[int]
    block_rows: int
    block_seconds: float
    buffer_bytes: int
    control_period_seconds: float
    exploration_spread: float
    num_environments: int
    overflow: Overflow.Value
    pending_rows: int
    safe_action: _containers.RepeatedScalarFieldContainer[float]
    step_deadline_seconds: float
    step_threads: int
    def __init__(self, num_environments: _Optional[int] = ..., block_rows: _Optional[int] = ..., block_seconds: _Optional[float] = ..., pending_rows: _Optional[int] = ..., buffer_bytes: _Optional[int] = ..., overflow: _Optional[_Union[Overflow.Value, str]] = ..., step_threads: _Optional[int] = ..., step_deadline_seconds: _Optional[float] = ..., control_period_seconds: _Optional[float] = ..., safe_action: _Optional[_Iterable[float]] = ..., exploration_spread: _Optional[float] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = []
    class Value(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    auto: Device.Value
    cpu: Device.Value
    cuda: Device.Value
    def __init__(self) -> None: ...

class Durability(_message.Message):
    __slots__ = []
    class Value(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    memory: Durability.Value
    def __init__(self) -> None: ...

class EvaluationConfig(_message.Message):
    __slots__ = ["episodes", "interval", "panel", "success"]
    EPISODES_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    PANEL_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    episodes: int
    interval: int
    panel: str
    success: _panel_pb2.SuccessCriterion
    def __init__(self, interval: _Optional[int] = ..., panel: _Optional[str] = ..., episodes: _Optional[int] = ..., success: _Optional[_Union[_panel_pb2.SuccessCriterion, _Mapping]] = ...) -> None: ...

class LearnerConfig(_message.Message):
    __slots__ = ["device", "keep_checkpoints", "publish_seconds", "schedule", "threads", "updates_per_step", "warmup_steps"]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    KEEP_CHECKPOINTS_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_SECONDS_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    UPDATES_PER_STEP_FIELD_NUMBER: _ClassVar[int]
    WARMUP_STEPS_FIELD_NUMBER: _ClassVar[int]
    device: Device.Value
    keep_checkpoints: int
    publish_seconds: float
    schedule: Schedule.Value
    threads: int
    updates_per_step: float
    warmup_steps: int
    def __init__(self, updates_per_step: _Optional[float] = ..., warmup_steps: _Optional[int] = ..., keep_checkpoints: _Optional[int] = ..., publish_seconds: _Optional[float] = ..., threads: _Optional[int] = ..., device: _Optional[_Union[Device.Value, str]] = ..., schedule: _Optional[_Union[Schedule.Value, str]] = ...) -> None: ...

class Overflow(_message.Message):
    __slots__ = []
    class Value(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    drop: Overflow.Value
    wait: Overflow.Value
    def __init__(self) -> None: ...

class ReplayConfig(_message.Message):
    __slots__ = ["byte_budget", "capacity", "durability", "slack"]
    BYTE_BUDGET_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_FIELD_NUMBER: _ClassVar[int]
    DURABILITY_FIELD_NUMBER: _ClassVar[int]
    SLACK_FIELD_NUMBER: _ClassVar[int]
    byte_budget: int
    capacity: int
    durability: Durability.Value
    slack: int
    def __init__(self, capacity: _Optional[int] = ..., byte_budget: _Optional[int] = ..., durability: _Optional[_Union[Durability.Value, str]] = ..., slack: _Optional[int] = ...) -> None: ...

class RunConfig(_message.Message):
    __slots__ = ["actor", "checkpoint_interval", "environment", "evaluation", "learner", "metrics_interval", "replay", "sac", "seed", "stop", "total_steps"]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_FIELD_NUMBER: _ClassVar[int]
    LEARNER_FIELD_NUMBER: _ClassVar[int]
    METRICS_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    REPLAY_FIELD_NUMBER: _ClassVar[int]
    SAC_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    STOP_FIELD_NUMBER: _ClassVar[int]
    TOTAL_STEPS_FIELD_NUMBER: _ClassVar[int]
    actor: ActorConfig
    checkpoint_interval: int
    environment: _environment_pb2.EnvironmentConfig
    evaluation: EvaluationConfig
    learner: LearnerConfig
    metrics_interval: int
    replay: ReplayConfig
    sac: _sac_pb2.SacConfig
    seed: int
    stop: StopConfig
    total_steps: int
    def __init__(self, seed: _Optional[int] = ..., total_steps: _Optional[int] = ..., environment: _Optional[_Union[_environment_pb2.EnvironmentConfig, _Mapping]] = ..., actor: _Optional[_Union[ActorConfig, _Mapping]] = ..., replay: _Optional[_Union[ReplayConfig, _Mapping]] = ..., sac: _Optional[_Union[_sac_pb2.SacConfig, _Mapping]] = ..., learner: _Optional[_Union[LearnerConfig, _Mapping]] = ..., evaluation: _Optional[_Union[EvaluationConfig, _Mapping]] = ..., stop: _Optional[_Union[StopConfig, _Mapping]] = ..., checkpoint_interval: _Optional[int] = ..., metrics_interval: _Optional[int] = ...) -> None: ...

class Schedule(_message.Message):
    __slots__ = []
    class Value(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    lockstep: Schedule.Value
    overlapped: Schedule.Value
    def __init__(self) -> None: ...

class StopConfig(_message.Message):
    __slots__ = ["min_improvement", "patience", "target_return", "wall_seconds"]
    MIN_IMPROVEMENT_FIELD_NUMBER: _ClassVar[int]
    PATIENCE_FIELD_NUMBER: _ClassVar[int]
    TARGET_RETURN_FIELD_NUMBER: _ClassVar[int]
    WALL_SECONDS_FIELD_NUMBER: _ClassVar[int]
    min_improvement: float
    patience: int
    target_return: float
    wall_seconds: float
    def __init__(self, wall_seconds: _Optional[float] = ..., target_return: _Optional[float] = ..., patience: _Optional[int] = ..., min_improvement: _Optional[float] = ...) -> None: ...

# SPDX-License-Identifier: Apache-2.0
# Written by scripts/make_python_stubs.py.
from softfleet.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ActorAggregate(_message.Message):
    __slots__ = []
    class Value(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    mean: ActorAggregate.Value
    min: ActorAggregate.Value
    def __init__(self) -> None: ...

class AlphaMode(_message.Message):
    __slots__ = []
    class Value(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    auto: AlphaMode.Value
    fixed: AlphaMode.Value
    def __init__(self) -> None: ...

class EntropySpace(_message.Message):
    __slots__ = []
    class Value(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    env: EntropySpace.Value
    policy: EntropySpace.Value
    def __init__(self) -> None: ...

class LogStdMode(_message.Message):
    __slots__ = []
    class Value(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    bounded: LogStdMode.Value
    clamp: LogStdMode.Value
    def __init__(self) -> None: ...

class Precision(_message.Message):
    __slots__ = []
    class Value(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    bf16: Precision.Value
    float32: Precision.Value
    float64: Precision.Value
    def __init__(self) -> None: ...

class SacConfig(_message.Message):
    __slots__ = ["actor_aggregate", "actor_hidden", "actor_learning_rate", "adam_beta1", "adam_beta2", "adam_epsilon", "alpha_init", "alpha_learning_rate", "alpha_mode", "batch_size", "critic_hidden", "critic_layer_norm", "critic_learning_rate", "engine", "entropy_space", "gamma", "log_std", "log_std_max", "log_std_min", "n_step", "normalize_observations", "num_critics", "policy_delay", "precision", "reward_scale", "target_entropy", "target_entropy_scale", "target_subset", "tau"]
    ACTOR_AGGREGATE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_HIDDEN_FIELD_NUMBER: _ClassVar[int]
    ACTOR_LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    ADAM_BETA1_FIELD_NUMBER: _ClassVar[int]
    ADAM_BETA2_FIELD_NUMBER: _ClassVar[int]
    ADAM_EPSILON_FIELD_NUMBER: _ClassVar[int]
    ALPHA_INIT_FIELD_NUMBER: _ClassVar[int]
    ALPHA_LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    ALPHA_MODE_FIELD_NUMBER: _ClassVar[int]
    BATCH_SIZE_FIELD_NUMBER: _ClassVar[int]
    CRITIC_HIDDEN_FIELD_NUMBER: _ClassVar[int]
    CRITIC_LAYER_NORM_FIELD_NUMBER: _ClassVar[int]
    CRITIC_LEARNING_RATE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    ENTROPY_SPACE_FIELD_NUMBER: _ClassVar[int]
    GAMMA_FIELD_NUMBER: _ClassVar[int]
    LOG_STD_FIELD_NUMBER: _ClassVar[int]
    LOG_STD_MAX_FIELD_NUMBER: _ClassVar[int]
    LOG_STD_MIN_FIELD_NUMBER: _ClassVar[int]
    NORMALIZE_OBSERVATIONS_FIELD_NUMBER: _ClassVar[int]
    NUM_CRITICS_FIELD_NUMBER: _ClassVar[int]
    N_STEP_FIELD_NUMBER: _ClassVar[int]
    POLICY_DELAY_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    REWARD_SCALE_FIELD_NUMBER: _ClassVar[int]
    TARGET_ENTROPY_FIELD_NUMBER: _ClassVar[int]
    TARGET_ENTROPY_SCALE_FIELD_NUMBER: _ClassVar[int]
    TARGET_SUBSET_FIELD_NUMBER: _ClassVar[int]
    TAU_FIELD_NUMBER: _ClassVar[int]
    actor_aggregate: ActorAggregate.Value
    actor_hidden: _containers.RepeatedScalarFieldContainer[int]
    actor_learning_rate: float
    adam_beta1: float
    adam_beta2: float
    adam_epsilon: float
    alpha_init: float
    alpha_learning_rate: float
    alpha_mode: AlphaMode.Value
    batch_size: int
    critic_hidden: _containers.RepeatedScalarFieldContainer[int]
    critic_layer_norm: bool
    critic_learning_rate: float
    engine: UpdateEngine.Value
    entropy_space: EntropySpace.Value
    gamma: float
    log_std: LogStdMode.Value
    log_std_max: float
    log_std_min: float
    n_step: int
    normalize_observations: bool
    num_critics: int
    policy_delay: int
    precision: Precision.Value
    reward_scale: float
    target_entropy: float
    target_entropy_scale: float
    target_subset: int
    tau: float
    def __init__(self, gamma: _Optional[float] = ..., tau: _Optional[float] = ..., batch_size: _Optional[int] = ..., actor_hidden: _Optional[_Iterable[int]] = ..., critic_hidden: _Optional[_Iterable[int]] = ..., actor_learning_rate: _Optional[float] = ..., critic_learning_rate: _Optional[float] = ..., alpha_learning_rate: _Optional[float] = ..., adam_beta1: _Optional[float] = ..., adam_beta2: _Optional[float] = ..., adam_epsilon: _Optional[float] = ..., alpha_mode: _Optional[_Union[AlphaMode.Value, str]] = ..., alpha_init: _Optional[float] = ..., target_entropy: _Optional[float] = ..., target_entropy_scale: _Optional[float] = ..., entropy_space: _Optional[_Union[EntropySpace.Value, str]] = ..., log_std: _Optional[_Union[LogStdMode.Value, str]] = ..., log_std_min: _Optional[float] = ..., log_std_max: _Optional[float] = ..., num_critics: _Optional[int] = ..., target_subset: _Optional[int] = ..., actor_aggregate: _Optional[_Union[ActorAggregate.Value, str]] = ..., critic_layer_norm: bool = ..., policy_delay: _Optional[int] = ..., n_step: _Optional[int] = ..., reward_scale: _Optional[float] = ..., normalize_observations: bool = ..., precision: _Optional[_Union[Precision.Value, str]] = ..., engine: _Optional[_Union[UpdateEngine.Value, str]] = ...) -> None: ...

class UpdateEngine(_message.Message):
    __slots__ = []
    class Value(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = []
    fused: UpdateEngine.Value
    reference: UpdateEngine.Value
    def __init__(self) -> None: ...

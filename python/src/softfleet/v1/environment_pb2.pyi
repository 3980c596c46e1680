# SPDX-License-Identifier: Apache-2.0
# Written by scripts/make_python_stubs.py.
from softfleet.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EnvironmentConfig(_message.Message):
    __slots__ = ["action_high", "action_low", "frame_stack", "gymnasium", "max_episode_steps", "module", "name", "perturbation", "plugin", "setting"]
    ACTION_HIGH_FIELD_NUMBER: _ClassVar[int]
    ACTION_LOW_FIELD_NUMBER: _ClassVar[int]
    FRAME_STACK_FIELD_NUMBER: _ClassVar[int]
    GYMNASIUM_FIELD_NUMBER: _ClassVar[int]
    MAX_EPISODE_STEPS_FIELD_NUMBER: _ClassVar[int]
    MODULE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PERTURBATION_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    SETTING_FIELD_NUMBER: _ClassVar[int]
    action_high: _containers.RepeatedScalarFieldContainer[float]
    action_low: _containers.RepeatedScalarFieldContainer[float]
    frame_stack: int
    gymnasium: str
    max_episode_steps: int
    module: str
    name: str
    perturbation: _containers.RepeatedCompositeFieldContainer[Perturbation]
    plugin: str
    setting: _containers.RepeatedCompositeFieldContainer[EnvironmentSetting]
    def __init__(self, name: _Optional[str] = ..., max_episode_steps: _Optional[int] = ..., action_low: _Optional[_Iterable[float]] = ..., action_high: _Optional[_Iterable[float]] = ..., setting: _Optional[_Iterable[_Union[EnvironmentSetting, _Mapping]]] = ..., plugin: _Optional[str] = ..., gymnasium: _Optional[str] = ..., module: _Optional[str] = ..., frame_stack: _Optional[int] = ..., perturbation: _Optional[_Iterable[_Union[Perturbation, _Mapping]]] = ...) -> None: ...

class EnvironmentSetting(_message.Message):
    __slots__ = ["flag", "name", "number", "text"]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    flag: bool
    name: str
    number: _containers.RepeatedScalarFieldContainer[float]
    text: str
    def __init__(self, name: _Optional[str] = ..., number: _Optional[_Iterable[float]] = ..., flag: bool = ..., text: _Optional[str] = ...) -> None: ...

class Perturbation(_message.Message):
    __slots__ = ["action_delay", "blocked", "contact_damping", "contact_time", "dropout_group", "dropout_probability", "force", "friction", "from_step", "gain", "gravity_tilt", "mass", "observation_delay", "observation_noise", "push_force", "push_probability", "push_steps", "until_step"]
    ACTION_DELAY_FIELD_NUMBER: _ClassVar[int]
    BLOCKED_FIELD_NUMBER: _ClassVar[int]
    CONTACT_DAMPING_FIELD_NUMBER: _ClassVar[int]
    CONTACT_TIME_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_GROUP_FIELD_NUMBER: _ClassVar[int]
    DROPOUT_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    FORCE_FIELD_NUMBER: _ClassVar[int]
    FRICTION_FIELD_NUMBER: _ClassVar[int]
    FROM_STEP_FIELD_NUMBER: _ClassVar[int]
    GAIN_FIELD_NUMBER: _ClassVar[int]
    GRAVITY_TILT_FIELD_NUMBER: _ClassVar[int]
    MASS_FIELD_NUMBER: _ClassVar[int]
    OBSERVATION_DELAY_FIELD_NUMBER: _ClassVar[int]
    OBSERVATION_NOISE_FIELD_NUMBER: _ClassVar[int]
    PUSH_FORCE_FIELD_NUMBER: _ClassVar[int]
    PUSH_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    PUSH_STEPS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_STEP_FIELD_NUMBER: _ClassVar[int]
    action_delay: int
    blocked: _containers.RepeatedScalarFieldContainer[str]
    contact_damping: float
    contact_time: float
    dropout_group: _containers.RepeatedScalarFieldContainer[str]
    dropout_probability: float
    force: _containers.RepeatedScalarFieldContainer[float]
    friction: float
    from_step: int
    gain: float
    gravity_tilt: float
    mass: float
    observation_delay: int
    observation_noise: float
    push_force: float
    push_probability: float
    push_steps: int
    until_step: int
    def __init__(self, from_step: _Optional[int] = ..., until_step: _Optional[int] = ..., friction: _Optional[float] = ..., mass: _Optional[float] = ..., gain: _Optional[float] = ..., contact_time: _Optional[float] = ..., contact_damping: _Optional[float] = ..., gravity_tilt: _Optional[float] = ..., force: _Optional[_Iterable[float]] = ..., blocked: _Optional[_Iterable[str]] = ..., push_probability: _Optional[float] = ..., push_force: _Optional[float] = ..., push_steps: _Optional[int] = ..., action_delay: _Optional[int] = ..., observation_delay: _Optional[int] = ..., dropout_probability: _Optional[float] = ..., dropout_group: _Optional[_Iterable[str]] = ..., observation_noise: _Optional[float] = ...) -> None: ...

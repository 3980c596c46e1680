# SPDX-License-Identifier: Apache-2.0
# Written by scripts/make_python_stubs.py.
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Panel(_message.Message):
    __slots__ = ["environment", "environment_hash", "starts", "success"]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_HASH_FIELD_NUMBER: _ClassVar[int]
    STARTS_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    environment: str
    environment_hash: str
    starts: _containers.RepeatedCompositeFieldContainer[PanelStart]
    success: SuccessCriterion
    def __init__(self, environment: _Optional[str] = ..., environment_hash: _Optional[str] = ..., success: _Optional[_Union[SuccessCriterion, _Mapping]] = ..., starts: _Optional[_Iterable[_Union[PanelStart, _Mapping]]] = ...) -> None: ...

class PanelStart(_message.Message):
    __slots__ = ["reference_return", "seed", "state"]
    REFERENCE_RETURN_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    reference_return: float
    seed: int
    state: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, state: _Optional[_Iterable[float]] = ..., seed: _Optional[int] = ..., reference_return: _Optional[float] = ...) -> None: ...

class SuccessCriterion(_message.Message):
    __slots__ = ["environment_flag", "return_at_least", "within_of_reference"]
    ENVIRONMENT_FLAG_FIELD_NUMBER: _ClassVar[int]
    RETURN_AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    WITHIN_OF_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    environment_flag: bool
    return_at_least: float
    within_of_reference: float
    def __init__(self, environment_flag: bool = ..., return_at_least: _Optional[float] = ..., within_of_reference: _Optional[float] = ...) -> None: ...

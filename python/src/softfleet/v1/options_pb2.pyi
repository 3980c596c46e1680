# SPDX-License-Identifier: Apache-2.0
# Written by scripts/make_python_stubs.py.
from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor
LIST_DEFAULT_FIELD_NUMBER: _ClassVar[int]
MAY_CHANGE_FIELD_NUMBER: _ClassVar[int]
RANGE_FIELD_NUMBER: _ClassVar[int]
UNIT_FIELD_NUMBER: _ClassVar[int]
list_default: _descriptor.FieldDescriptor
may_change: _descriptor.FieldDescriptor
range: _descriptor.FieldDescriptor
unit: _descriptor.FieldDescriptor

class Range(_message.Message):
    __slots__ = ["allows_infinity", "max", "max_exclusive", "min", "min_exclusive"]
    ALLOWS_INFINITY_FIELD_NUMBER: _ClassVar[int]
    MAX_EXCLUSIVE_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    MIN_EXCLUSIVE_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    allows_infinity: bool
    max: float
    max_exclusive: bool
    min: float
    min_exclusive: bool
    def __init__(self, min: _Optional[float] = ..., max: _Optional[float] = ..., min_exclusive: bool = ..., max_exclusive: bool = ..., allows_infinity: bool = ...) -> None: ...

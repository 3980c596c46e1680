# SPDX-License-Identifier: Apache-2.0
"""The messages: as proto/ has them, and alone in their pool."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import text_format

import softfleet
from softfleet.wire import experience, learner, replay, run

ROOT = Path(__file__).parents[2]
STUBS = Path(softfleet.__file__).parent / "v1"


def test_what_is_committed_is_what_proto_says(tmp_path: Path) -> None:
    if shutil.which(os.environ.get("PROTOC", "protoc")) is None:
        pytest.skip("protoc is not installed")
    script = ROOT / "scripts/make_python_stubs.py"
    subprocess.run([sys.executable, script, tmp_path], check=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_bytes() for path in STUBS.iterdir()}
    assert made.keys() == committed.keys()
    for name, content in made.items():
        assert committed[name] == content, (
            f"{name} is not what scripts/make_python_stubs.py makes of proto/: "
            "run it and commit the result"
        )


def test_messages_survive_the_wire_with_their_defaults() -> None:
    reply = learner.JoinReply(run_id="r", config=run.RunConfig(seed=7))
    found = learner.JoinReply.FromString(reply.SerializeToString())
    assert found.config.seed == 7
    assert found.config.actor.block_rows == 32
    assert found.config.actor.overflow == run.Overflow.wait
    assert replay.RUN_PHASE_FINISHED == 3
    assert experience.PROTOCOL_CURRENT == 1


def test_messages_recorded_by_the_first_release_are_read() -> None:
    """Each as its name, its bytes and its meaning on three lines."""
    text = (ROOT / "tests/data/wire/messages.txt").read_text()
    lines = [x for x in text.splitlines() if x and not x.startswith("#")]
    read = set()
    for name, data, meaning in zip(*[iter(lines)] * 3, strict=True):
        for module in (experience, learner, replay, run):
            kind = getattr(module, name, None)
            if kind is None:
                continue
            expected = text_format.Parse(meaning, kind())
            assert kind.FromString(bytes.fromhex(data)) == expected
            read.add(name)
    assert {"Hello", "InsertReply", "JoinReply", "Snapshot"} <= read


def test_nothing_in_the_common_pool_can_collide() -> None:
    """Field options and files of the same names and numbers, as another
    package may have them, in one process with this one."""
    program = """
from google.protobuf import descriptor_pb2, descriptor_pool
file = descriptor_pb2.FileDescriptorProto(
    name="softfleet/v1/options.proto", package="softfleet.v1",
    dependency=["google/protobuf/descriptor.proto"])
descriptor_pb2.DESCRIPTOR  # registers it
file.extension.add(
    name="other", number=50100, type=9, label=1,
    extendee=".google.protobuf.FieldOptions")
descriptor_pool.Default().AddSerializedFile(file.SerializeToString())
import softfleet
from softfleet.wire import run
assert run.RunConfig().actor.block_rows == 32
"""
    source = str(Path(softfleet.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": source}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)

# SPDX-License-Identifier: Apache-2.0
"""Writes the Python package's view of the wire from proto/softfleet/v1: run it
after a change there and commit what it wrote.

usage: make_python_stubs.py [FOLDER]

FOLDER (default: python/src/softfleet/v1) gets descriptors.binpb, from which
the messages are made at run time, and *_pb2.pyi for type checkers. Needs the
Python package protobuf, which the Python of `scripts/setup --python` has, and
protoc 3.20 or newer ($PROTOC, or the first in PATH); the committed files are
made with Debian 12's, 3.21.12.
"""

import glob
import os
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEADER = (
    "# SPDX-License-Identifier: Apache-2.0\n"
    "# Written by scripts/make_python_stubs.py.\n"
)
# The files that say what options there are.
OPTIONS = ("google/protobuf/descriptor.proto", "softfleet/v1/options.proto")


def strip(descriptors):
    """The files that messages are in, without our options: those are for the
    C++ side, and protobuf would read them by what another package in the
    process says of their numbers."""
    files = descriptor_pb2.FileDescriptorSet.FromString(descriptors)
    files.DiscardUnknownFields()  # options that this program does not know
    kept = [file for file in files.file if file.name not in OPTIONS]
    for file in kept:
        needed = [name for name in file.dependency if name not in OPTIONS]
        file.dependency[:] = needed
    result = descriptor_pb2.FileDescriptorSet(file=kept)
    return result.SerializeToString(deterministic=True)


def main():
    folder = os.path.join(ROOT, "python/src/softfleet/v1")
    if len(sys.argv) > 1:
        folder = os.path.abspath(sys.argv[1])
    os.makedirs(folder, exist_ok=True)
    protos = sorted(glob.glob("softfleet/v1/*.proto", root_dir=f"{ROOT}/proto"))
    with tempfile.TemporaryDirectory() as made:
        subprocess.run(
            [
                os.environ.get("PROTOC", "protoc"),
                f"-I{ROOT}/proto",
                "--include_imports",
                f"--descriptor_set_out={made}/descriptors",
                f"--pyi_out={made}",
                *protos,
            ],
            check=True,
        )
        with open(f"{made}/descriptors", "rb") as file:
            descriptors = strip(file.read())
        with open(f"{folder}/descriptors.binpb", "wb") as file:
            file.write(descriptors)
        for path in sorted(glob.glob(f"{made}/softfleet/v1/*.pyi")):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            name = os.path.join(folder, os.path.basename(path))
            with open(name, "w", encoding="utf-8") as file:
                file.write(HEADER + text)


if __name__ == "__main__":
    main()

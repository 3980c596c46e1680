# SPDX-License-Identifier: Apache-2.0
"""Unpacks the C++ part of downloaded wheels into a folder.

usage: unpack_wheels.py libtorch|cuda|mujoco WHEEL_FOLDER OUTPUT_FOLDER

Kept of LibTorch and MuJoCo: headers (without LibTorch's own protobuf headers,
which clash with Debian's), the libraries a C++ program loads, and the licences;
of CUDA everything, as a toolkit is laid out. File times are the wheel's, so that unpacking the same wheel
again rebuilds nothing.
Exit status: 0 done, 1 failed with a message, 28 (ENOSPC) no space left.
"""

import calendar
import errno
import os
import shutil
import sys
import zipfile

LIBTORCH_LIBRARIES = {"libc10.so", "libgomp.so.1", "libtorch_cpu.so"}
# libtorch_cpu.so does not start without these.
NVIDIA_LIBRARIES = {"libcudart.so.13", "libcupti.so.13"}
# The toolkit's folder in the wheels.
CUDA_FOLDER = "nvidia/cu13/"

# What each set must hold to be of use.
NEEDED = {
    "libtorch": ["torch/lib/libc10.so", "torch/lib/libtorch_cpu.so"],
    "cuda": ["bin/nvcc", "lib/libcudart.so", "lib/libcublas.so"],
    "mujoco": ["mujoco/libmujoco.so.4.0.0", "mujoco/include/mujoco/mujoco.h"],
}


def wanted(path, kind):
    """Whether the wheel's file `path` belongs to the set."""
    name = path.rsplit("/", 1)[-1]
    if path.endswith("/"):
        return False
    if ".dist-info/" in path:
        return "licen" in path.lower() or name.upper().startswith("NOTICE")
    if kind == "mujoco":
        return path.startswith(("mujoco/include/", "mujoco/libmujoco.so."))
    if kind == "cuda":
        return path.startswith(CUDA_FOLDER)
    return wanted_of_libtorch(path, name)


def wanted_of_libtorch(path, name):
    if path.startswith("torch/include/"):
        return not path.startswith("torch/include/google/")
    if path == f"torch/lib/{name}" and ".so" in name:
        return name in LIBTORCH_LIBRARIES
    return path.startswith("nvidia/") and name in NVIDIA_LIBRARIES


def target_path(path, kind):
    """Where the file goes below the output folder."""
    package, separator, rest = path.partition(".dist-info/")
    if separator:
        return f"licenses/{package}/{rest}"
    return path.removeprefix(CUDA_FOLDER) if kind == "cuda" else path


def unpack(wheel, output, kind):
    files = 0
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            if not wanted(entry.filename, kind):
                continue
            target = os.path.join(output, target_path(entry.filename, kind))
            inside = os.path.realpath(output) + os.sep
            if not os.path.realpath(target).startswith(inside):
                raise ValueError(f"{wheel}: {entry.filename} leaves the folder")
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with archive.open(entry) as source, open(target, "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
            moment = calendar.timegm(entry.date_time + (0, 0, 0))
            os.utime(target, (moment, moment))
            mode = entry.external_attr >> 16
            if mode & 0o111:
                os.chmod(target, 0o755)
            files += 1
    return files


def link_libraries(output):
    """What linkers look for: lib64, and libraries without their version."""
    os.symlink("lib", os.path.join(output, "lib64"))
    folder = os.path.join(output, "lib")
    for name in os.listdir(folder):
        link, separator, _ = name.partition(".so.")
        path = os.path.join(folder, f"{link}.so")
        if separator and not os.path.lexists(path):
            os.symlink(name, path)


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in NEEDED:
        print(__doc__, file=sys.stderr)
        return 1
    kind, wheels, output = sys.argv[1:]
    names = sorted(n for n in os.listdir(wheels) if n.endswith(".whl"))
    if not names:
        print(f"setup: no wheel in {wheels}", file=sys.stderr)
        return 1
    try:
        for name in names:
            files = unpack(os.path.join(wheels, name), output, kind)
            print(f"setup: unpacked {files} files of {name}", flush=True)
        if kind == "cuda":
            link_libraries(output)
    except zipfile.BadZipFile as error:
        print(f"setup: {name} is damaged: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"setup: cannot unpack {name}: {error}", file=sys.stderr)
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        return errno.ENOSPC if full else 1
    for path in NEEDED[kind]:
        if not os.path.exists(os.path.join(output, path)):
            print(f"setup: the wheels hold no {path}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

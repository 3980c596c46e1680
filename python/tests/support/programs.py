# SPDX-License-Identifier: Apache-2.0
"""The real programs of a cluster as child processes, and a proxy whose
connections a test cuts."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path
from types import TracebackType

import pytest

from softfleet.channel import make_channel
from softfleet.wire import replay


def binary(name: str) -> Path:
    """A program of the build; skips the test where nobody says where that
    is."""
    folder = os.environ.get("SOFTFLEET_BIN")
    if not folder:
        pytest.skip("SOFTFLEET_BIN does not name the folder of the programs")
    return Path(folder) / name


class Program:
    """One child process, whose output is read as it comes."""

    def __init__(self, *command: str | Path):
        self.name = " ".join(Path(part).name for part in command[:2])
        self.log = ""
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> "Program":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()
        if kind is not None:
            print(f"==== {self.name}\n{self.log}")

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """As `kill -9`."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(20)
        self._reader.join(20)

    def wait(self, seconds: float = 60) -> int:
        """Its exit code, when it has ended by itself."""
        code = self._process.wait(seconds)
        self._reader.join(20)
        return code

    def wait_for(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        """Until its output has `pattern`."""
        with self._changed:
            self._changed.wait_for(
                lambda: re.search(pattern, self.log) is not None
                or not self._reader.is_alive(),
                seconds,
            )
            found = re.search(pattern, self.log)
        assert found is not None, f"{self.name}: no {pattern} in\n{self.log}"
        return found

    def address(self) -> str:
        """Where it listens, from its log."""
        return self.wait_for(r"listens on (\S+:\d+)")[1]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.log += line
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


def free_port() -> int:
    """For a program that is started again at the same address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def stored_rows(shard: str, run_id: str) -> list[tuple[int, int, int]]:
    """Environment, episode and step of every row of a shard, in its order."""
    channel = make_channel(shard, None, False)
    follow = channel.unary_stream(
        "/softfleet.v1.ReplayService/Follow",
        request_serializer=replay.FollowRequest.SerializeToString,
        response_deserializer=replay.FollowReply.FromString,
    )
    rows = []
    call = follow(
        replay.FollowRequest(protocol=1, run_id=run_id, follower="test"),
        timeout=30,
    )
    for reply in call:
        assert reply.skipped_rows == 0
        for followed in reply.blocks:
            block = followed.block
            rows += [
                (block.environment, block.episode, block.first_step + i)
                for i in range(block.rows)
            ]
        if reply.position.next_id == reply.head:
            break
    call.cancel()
    channel.close()
    return rows


class Proxy:
    """Forwards connections to `target`; cut() breaks those there are."""

    def __init__(self, target: str):
        host, port = target.rsplit(":", 1)
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(20)

    def cut(self) -> None:
        with self._lock:
            for end in self._sockets:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            self._sockets.clear()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self._target)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                thread = threading.Thread(
                    target=self._forward, args=(source, sink)
                )
                self._threads.append(thread)
                thread.start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

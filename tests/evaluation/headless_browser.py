# SPDX-License-Identifier: Apache-2.0
"""Drives Chromium without a window, over the pipe of its DevTools protocol:
JSON messages that end in a zero byte. Standard library only."""

import base64
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import zlib

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser():
    """The path of a browser, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One page of one browser process. A context manager."""

    def __init__(self, program):
        # The browser's own helpers may still write while it is removed.
        self._profile = tempfile.TemporaryDirectory(
            prefix="report-browser-", ignore_cleanup_errors=True
        )
        read_commands, self._commands = os.pipe()
        self._replies, write_replies = os.pipe()
        # The protocol's pipes are file descriptors 3 and 4 of the browser;
        # the shell puts them there.
        command = f'exec "$0" "$@" 3<&{read_commands} 4>&{write_replies}'
        self._process = subprocess.Popen(
            [
                "bash", "-c", command, program,
                "--headless=new", "--no-sandbox", "--disable-gpu",
                "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--disable-extensions",
                "--hide-scrollbars", "--remote-debugging-pipe",
                f"--user-data-dir={self._profile.name}", "about:blank",
            ],
            pass_fds=(read_commands, write_replies),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_commands)
        os.close(write_replies)
        self._buffer = b""
        self._last_id = 0
        self._session = None
        self.events = []
        targets = self.send("Target.getTargets")["targetInfos"]
        page = next(t for t in targets if t["type"] == "page")
        self._session = self.send(
            "Target.attachToTarget", targetId=page["targetId"], flatten=True
        )["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._session = None
        try:
            self.send("Browser.close")
            self._process.wait(timeout=20)
        except (OSError, RuntimeError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._commands)
        os.close(self._replies)
        self._profile.cleanup()

    def _receive(self):
        while b"\0" not in self._buffer:
            data = os.read(self._replies, 1 << 20)
            if not data:
                raise RuntimeError("the browser has ended")
            self._buffer += data
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, **parameters):
        """Calls a method and returns its result; events are collected."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            reply = self._receive()
            if reply.get("id") == self._last_id:
                if "error" in reply:
                    raise RuntimeError(f"{method}: {reply['error']}")
                return reply["result"]
            self.events.append(reply)

    def resize(self, width, height, scale=1):
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=scale, mobile=False,
        )

    def media(self, scheme="light", kind=""):
        """prefers-color-scheme, and "print" or the screen."""
        self.send(
            "Emulation.setEmulatedMedia",
            media=kind,
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def open(self, path):
        """Loads a file and waits until it is loaded."""
        self.events.clear()
        self.send("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        while not any(
            event["method"] == "Page.loadEventFired" for event in self.events
        ):
            self.events.append(self._receive())

    def evaluate(self, expression):
        """The JSON value of a JavaScript expression on the page."""
        result = self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(str(result["exceptionDetails"]))
        return result["result"].get("value")

    def move_mouse(self, x, y):
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def problems(self):
        """Texts of errors and warnings since the page was opened."""
        texts = []
        for event in self.events:
            parameters = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                texts.append(str(parameters["exceptionDetails"]))
            elif event["method"] == "Runtime.consoleAPICalled":
                texts.append(str(parameters["args"]))
            elif event["method"] == "Log.entryAdded":
                texts.append(parameters["entry"]["text"])
        return texts

    def requests(self):
        """Addresses that the page has asked for, itself among them."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def screenshot(self, whole=False):
        """A PNG of the window, or of the whole page."""
        result = self.send(
            "Page.captureScreenshot", format="png", captureBeyondViewport=whole
        )
        return base64.b64decode(result["data"])


def decode_png(data):
    """Width, height and rows of (r, g, b[, a]) bytes of an 8-bit PNG."""
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert depth == 8 and kind in (2, 6), (depth, kind)
    size = 3 if kind == 2 else 4
    packed, at = b"", 8
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        if name == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += 12 + length
    raw = zlib.decompress(packed)
    stride = width * size
    rows, above = [], bytearray(stride)
    for y in range(height):
        start = y * (stride + 1)
        row = bytearray(raw[start + 1 : start + 1 + stride])
        _unfilter(raw[start], row, above, size)
        rows.append(row)
        above = row
    return width, height, size, rows


def _unfilter(kind, row, above, size):
    """Undoes a PNG row's prediction in place (PNG specification, 9.2)."""
    for i in range(len(row)):
        left = row[i - size] if i >= size else 0
        up = above[i]
        corner = above[i - size] if i >= size else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        elif kind == 4:
            guess = left + up - corner
            near = sorted(
                (abs(guess - value), order, value)
                for order, value in enumerate((left, up, corner))
            )
            guess = near[0][2]
        else:
            return
        row[i] = (row[i] + guess) & 255


def colours(png):
    """The set of colours in a picture."""
    _, _, size, rows = decode_png(png)
    return {
        bytes(row[i : i + 3]) for row in rows for i in range(0, len(row), size)
    }

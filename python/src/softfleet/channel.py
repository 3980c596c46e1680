# SPDX-License-Identifier: Apache-2.0
"""How an actor reaches the processes of a run: addresses, credentials,
channels; which answers are worth another try."""

import ipaddress
import os
import random
import re
import ssl
from dataclasses import dataclass

import grpc

from softfleet.errors import RefusedError

# Largest message either side accepts, as in transport/channel.h.
MAX_MESSAGE_BYTES = 16 << 20

# As transport/channel.cc: pings find a peer that vanished without a word
# within half a minute, a shard that is back is found within a second, and
# there are no retries but ours.
_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.min_reconnect_backoff_ms", 5_000),
    ("grpc.dns_min_time_between_resolutions_ms", 250),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
    ("grpc.service_config_disable_resolution", 1),
    ("grpc.enable_retries", 0),
]

_ADDRESS = re.compile(
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})"
)

_TRANSIENT = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNKNOWN,
}


@dataclass(frozen=True)
class Tls:
    """PEM files of a process that takes part in a run with mutual TLS, as
    --tls_cert, --tls_key and --tls_ca name them. Read once."""

    certificate: str | os.PathLike[str]
    key: str | os.PathLike[str]
    authority: str | os.PathLike[str]


def make_channel(address: str, tls: Tls | None, insecure: bool) -> grpc.Channel:
    """Connects on first use. ValueError: a malformed address or TLS file, or
    an address beyond loopback with neither TLS nor `insecure`."""
    host = _check_address(address)
    if tls is not None:
        return grpc.secure_channel(address, _credentials(tls), _OPTIONS)
    if not insecure and not _is_loopback(host):
        raise ValueError(
            f"{address} is not a loopback address and nothing would be "
            "encrypted; give tls=softfleet.Tls(...), or insecure=True where "
            "the network itself is trusted"
        )
    return grpc.insecure_channel(address, _OPTIONS)


def _check_address(address: str) -> str:
    """The host in it, without brackets."""
    found = _ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found["port"]) < 65536:
        raise ValueError(
            f'"{address}" is not an address (expected host:port, such as '
            "127.0.0.1:7200, learner:7200 or [::1]:7200)"
        )
    return found["host"].strip("[]")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _credentials(tls: Tls) -> grpc.ChannelCredentials:
    """Checked here: gRPC itself would only fail every handshake."""
    try:
        context = ssl.create_default_context(cafile=tls.authority)
        context.load_cert_chain(tls.certificate, tls.key, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(
            f"the TLS files certificate {tls.certificate}, key {tls.key} and "
            f"authority {tls.authority} cannot be used: {error}"
        ) from None
    return grpc.ssl_channel_credentials(
        _read(tls.authority), _read(tls.key), _read(tls.certificate)
    )


def _no_password() -> str:
    raise ValueError("the key has a password")


def _read(path: str | os.PathLike[str]) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def is_transient(code: grpc.StatusCode) -> bool:
    """Whether a call that ended so is worth another try."""
    return code in _TRANSIENT


def message_of(error: grpc.RpcError) -> str:
    """What the peer, or gRPC, said."""
    if error.code() == grpc.StatusCode.UNIMPLEMENTED:
        return (
            "the program at this address is of another kind or version: it "
            f"does not know the call ({error.details()})"
        )
    return error.details() or f"the call ended with {error.code().name}"


def refusal(who: str, error: grpc.RpcError) -> RefusedError:
    return RefusedError(f"{who} refuses: {message_of(error)}")


class Backoff:
    """How long to wait before the next try: min(most, first * 2^n) seconds
    after n tries, times a uniform number in [0.5, 1], so that many clients of
    one server that came back do not return in step."""

    def __init__(self, first: float = 0.1, most: float = 2.0):
        self._first, self._most = first, most
        self._delay = first

    def next(self) -> float:
        delay = self._delay
        self._delay = min(self._most, 2 * delay)
        return delay * random.uniform(0.5, 1)

    def reset(self) -> None:
        """After a success: the next delay is the first again."""
        self._delay = self._first

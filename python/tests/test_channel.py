# SPDX-License-Identifier: Apache-2.0
"""Addresses and credentials; with a real replay server behind mutual TLS."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.programs import Program, binary

from softfleet import Tls
from softfleet.channel import Backoff, make_channel
from softfleet.insert_session import InsertSession, SessionOptions
from softfleet.wire import experience


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        ":7200",
        "::1:7200",
        "a b:1",
    ],
)
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(ValueError, match=r"is not an address \(expected"):
        make_channel(address, None, True)


@pytest.mark.parametrize(
    "address", ["127.0.0.1:7200", "127.8.8.8:7200", "localhost:1", "[::1]:7200"]
)
def test_loopback_needs_no_encryption(address: str) -> None:
    make_channel(address, None, False).close()


@pytest.mark.parametrize(
    "address", ["learner:7200", "10.0.0.1:7200", "[2001:db8::1]:7200"]
)
def test_plaintext_beyond_loopback_must_be_spelled_out(address: str) -> None:
    with pytest.raises(ValueError, match="nothing would be encrypted"):
        make_channel(address, None, False)
    make_channel(address, None, True).close()


def test_waits_grow_with_jitter_and_begin_anew_after_a_success() -> None:
    backoff = Backoff(first=0.1, most=2.0)
    for delay in [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]:
        assert delay / 2 <= backoff.next() <= delay
    backoff.reset()
    assert backoff.next() <= 0.1


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, and two parties of it: server and client."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("tls")
    key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"]
    openssl(
        "req", "-x509", *key, "-subj", "/CN=authority",
        "-keyout", folder / "ca.key", "-out", folder / "ca.pem",
    )  # fmt: skip
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    for party in ("server", "client"):
        openssl(
            "req", *key[:-2], "-subj", f"/CN={party}",
            "-keyout", folder / f"{party}.key", "-out", folder / "request",
        )  # fmt: skip
        openssl(
            "x509", "-req", "-in", folder / "request", "-days", "2",
            "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
            "-CAcreateserial", "-extfile", folder / "names",
            "-out", folder / f"{party}.pem",
        )  # fmt: skip
    return folder


def party(folder: Path, name: str) -> Tls:
    return Tls(
        folder / f"{name}.pem", folder / f"{name}.key", folder / "ca.pem"
    )


def test_files_that_cannot_be_used_are_named(certificates: Path) -> None:
    good = party(certificates, "client")
    other = party(certificates, "server")
    empty = certificates / "empty"
    empty.touch()
    for wrong in (
        Tls(good.certificate, other.key, good.authority),
        Tls(empty, good.key, good.authority),
        Tls(good.certificate, good.key, empty),
    ):
        with pytest.raises(ValueError, match="TLS files .* cannot be used"):
            make_channel("127.0.0.1:7200", wrong, False)
    with pytest.raises(FileNotFoundError):
        gone = Tls(good.certificate, "gone", good.authority)
        make_channel("127.0.0.1:7200", gone, False)


def try_a_session(address: str, tls: Tls | None) -> None:
    """Until the first try to open one has failed, which is logged."""
    channel = make_channel(address, tls, False)
    options = SessionOptions("run-1", experience.Schema(), "test")
    session = InsertSession(channel, options)
    with session._changed:
        assert session._changed.wait_for(lambda: session._away, 20)
    session.close()
    channel.close()


def test_a_server_that_wants_tls_gets_it(
    certificates: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = party(certificates, "server")
    with Program(
        binary("softfleet-replay-server"),
        "--listen", "127.0.0.1:0", "--data_dir", tmp_path,
        "--tls_cert", str(files.certificate), "--tls_key", str(files.key),
        "--tls_ca", str(files.authority),
    ) as server:  # fmt: skip
        address = server.address()
        client = party(certificates, "client")
        try_a_session(address, client)
        assert "no learner has attached this shard" in caplog.text
        caplog.clear()
        try_a_session(address, None)
        assert "no connection to the replay shard" in caplog.text
        assert "no learner" not in caplog.text

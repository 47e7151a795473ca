"""Files are fetched from untrusted addresses: what may be fetched, and what each answer means."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable

import pytest
import urllib3

from sellsy_ledger.errors import DocumentError, TryLater
from sellsy_ledger.http import downloads, engine
from sellsy_ledger.http.downloads import AllowList
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Download, Transport
from tests.unit.http.conftest import FakeClock, SlowTime
from tests.unit.http.wire import RESET, Wire, answer

PDF = b"%PDF-1.7 small"
Fetch = Callable[..., Download]


@pytest.fixture
def fetch(wire: Wire, clock: FakeClock) -> Fetch:
    transport = Transport(
        base_url=wire.url,
        tool="exemple",
        throttle=Throttle([(10, 1.0)]),
        error_rule=lambda found, wrote: None,
        headers={"Authorization": "Bearer very-secret-token"},
        timeout_seconds=(1.0, 0.2),
        sleep=clock.sleep,
    )

    def get(path: str = "/file/?key=signed", hosts: list[str] | None = None, max_bytes: int = 1000) -> Download:
        url = path if "://" in path else wire.url + path
        return transport.download(url, allowed_hosts=[wire.url] if hosts is None else hosts, max_bytes=max_bytes)

    return get


def test_a_file_is_fetched_without_our_authorization(wire: Wire, fetch: Fetch) -> None:
    wire.play(answer(body=PDF, headers={"Content-Type": "application/pdf"}))
    assert fetch() == Download(PDF, "application/pdf")
    assert b"very-secret-token" not in wire.requests[0]


def test_redirects_are_followed_while_the_list_allows_them(wire: Wire, fetch: Fetch) -> None:
    wire.play(answer(302, b"", {"Location": "/b"}), answer(301, b"", {"Location": f"{wire.url}/c"}), answer(body=PDF))
    assert fetch().body == PDF
    assert [head.split()[1] for head in wire.heads] == ["/file/?key=signed", "/b", "/c"]


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest", "https://evil.example/x", "file:///etc/passwd"])
def test_a_redirect_elsewhere_is_refused(wire: Wire, fetch: Fetch, target: str) -> None:
    wire.play(answer(302, b"", {"Location": target}))
    with pytest.raises(DocumentError, match="allow-list"):
        fetch()


def test_redirects_end_after_five(wire: Wire, fetch: Fetch) -> None:
    wire.play(*[answer(302, b"", {"Location": "/again"})] * 9)
    with pytest.raises(DocumentError, match="more than 5 redirects"):
        fetch()
    assert len(wire.requests) == 6


@pytest.mark.parametrize("fault", [answer(503), answer(429), RESET, answer(200, PDF, length=500)])
def test_a_passing_fault_is_tried_again(wire: Wire, fetch: Fetch, fault: bytes | str) -> None:
    wire.play(fault, answer(body=PDF))
    assert fetch().body == PDF


def test_a_server_that_stays_down_is_told_as_passing(wire: Wire, fetch: Fetch) -> None:
    wire.play(*[answer(500)] * 4)
    with pytest.raises(TryLater):
        fetch()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_file_that_is_not_given_is_a_missing_document(wire: Wire, fetch: Fetch, status: int) -> None:
    wire.play(answer(status))
    with pytest.raises(DocumentError) as missing:
        fetch()
    assert missing.value.reason.value == "supporting_document_missing"
    assert len(wire.requests) == 1


def test_a_file_beyond_the_cap_is_refused_whether_announced_or_not(wire: Wire, fetch: Fetch) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n"
    wire.play(answer(body=b"x" * 2000), head)
    for _ in range(2):
        with pytest.raises(DocumentError, match="larger than 1000 bytes"):
            fetch()


def test_a_bomb_is_refused_by_its_unpacked_size(wire: Wire, fetch: Fetch) -> None:
    wire.play(answer(body=gzip.compress(b"0" * 5_000_000), headers={"Content-Encoding": "gzip"}))
    with pytest.raises(DocumentError, match="larger than 100000 bytes"):
        fetch(max_bytes=100_000)


def test_a_file_that_never_ends_is_left_after_ten_minutes(
    wire: Wire, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "time", SlowTime(seconds_a_look=150))
    wire.play(*[answer(body=b"1" * 2_000_000)] * 4)
    with pytest.raises(TryLater):
        fetch(max_bytes=10_000_000)


def test_the_time_counts_for_public_addresses_too() -> None:
    for pool in (downloads._PublicPool, downloads._PublicTLSPool):
        assert pool.ConnectionCls.response_class is engine.TimedConnection.response_class  # type: ignore[attr-defined]


def test_messages_and_logs_never_repeat_a_signed_address(
    wire: Wire, fetch: Fetch, caplog: pytest.LogCaptureFixture
) -> None:
    wire.play(answer(404), *[RESET] * 4)
    with caplog.at_level(logging.DEBUG):
        for kind in (DocumentError, TryLater):
            with pytest.raises(kind) as failed:
                fetch("/file/?key=signed-secret")
            assert "signed-secret" not in str(failed.value)
            assert failed.value.__cause__ is None
    assert "signed-secret" not in caplog.text


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://file.sellsy.com/x", True),
        ("https://FILE.sellsy.com:443/x", True),
        ("https://a.files.example.com/x", True),
        ("https://files.example.com/x", False),
        ("https://other.sellsy.com/x", False),
        ("http://file.sellsy.com/x", False),
        ("https://file.sellsy.com:8443/x", False),
        ("https://user@file.sellsy.com/x", False),
        ("https://file.sellsy.com@evil.example/x", False),
        ("https://evil.example\\.files.example.com/x", False),
        ("https://file.sellsy.com.evil.example/x", False),
        ("https://[bad/x", False),
        ("ftp://file.sellsy.com/x", False),
        ("//file.sellsy.com/x", False),
        ("", False),
        ("http://127.0.0.1:8700/f", True),
        ("http://127.0.0.1:8701/f", False),
        ("https://127.0.0.1:8700/f", False),
        ("https://file.sellsy.com:nan/x", False),
    ],
)
def test_the_allow_list_means_exactly_what_it_says(url: str, allowed: bool) -> None:
    assert AllowList(["file.sellsy.com", "*.files.example.com", "http://127.0.0.1:8700"]).allows(url) is allowed


def test_a_name_that_leads_inside_our_network_is_not_connected_to(wire: Wire) -> None:
    """The address is judged after the name was resolved; nothing is sent to a private one."""
    port = int(wire.url.rsplit(":", 1)[1])
    with pytest.raises(downloads._PrivateAddress), downloads._PublicPool("localhost", port) as pool:
        pool.urlopen("GET", "/", retries=False, timeout=urllib3.Timeout(1))
    assert wire.requests == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("10.0.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),
    ],
)
def test_only_public_addresses_pass(address: str, public: bool) -> None:
    class Peer:
        closed = False

        def getpeername(self) -> tuple[str, int]:
            return address, 443

        def close(self) -> None:
            self.closed = True

    peer = Peer()
    if public:
        assert downloads._only_public(peer) is peer  # type: ignore[arg-type, comparison-overlap]
    else:
        with pytest.raises(downloads._PrivateAddress):
            downloads._only_public(peer)  # type: ignore[arg-type]
    assert peer.closed is not public

"""What the transport does with each answer and each fault, case by case, on real sockets."""

from __future__ import annotations

import gzip
import logging
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
)
from urllib3.exceptions import SSLError as Urllib3SSLError

from sellsy_ledger.core.outcomes import Reason
from sellsy_ledger.errors import ConfigurationError, LedgerError, OutcomeUnknown, PostingRefused, TryLater
from sellsy_ledger.http import engine
from sellsy_ledger.http.faults import never_left, retry_after_seconds
from sellsy_ledger.http.throttle import Throttle
from sellsy_ledger.http.transport import Answer, Transport
from tests.unit.http.conftest import FakeClock, SlowTime
from tests.unit.http.wire import CLOSE, HANG, RESET, Wire, answer

Build = Callable[..., Transport]


def no_rule(answer: Answer, wrote: bool) -> LedgerError | None:
    return None


@pytest.fixture
def build(wire: Wire, clock: FakeClock) -> Build:
    def make(**changes: Any) -> Transport:
        facts: dict[str, Any] = {
            "base_url": f"{wire.url}/v2",
            "tool": "exemple",
            "throttle": Throttle([(1000, 1.0)], clock=clock, sleep=clock.sleep),
            "error_rule": no_rule,
            "headers": {"Authorization": "Bearer very-secret-token"},
            "timeout_seconds": (1.0, 0.2),
            "sleep": clock.sleep,
        }
        return Transport(**{**facts, **changes})

    return make


def refused_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


# -- what leaves -------------------------------------------------------------------------------------------------
def test_a_read_sends_its_query_and_the_authorization(wire: Wire, build: Build) -> None:
    wire.play(answer(body=b'{"amount": 12.10, "count": 3}'))
    found = build().read("GET", "/invoices", params=[("field[]", "id"), ("field[]", "number")]).json()
    assert wire.heads == ["GET /v2/invoices?field%5B%5D=id&field%5B%5D=number HTTP/1.1"]
    assert b"Authorization: Bearer very-secret-token" in wire.requests[0]
    assert found == {"amount": Decimal("12.10"), "count": 3}
    assert str(found["amount"]) == "12.10"


def test_a_json_write_keeps_every_digit_of_an_amount(wire: Wire, build: Build) -> None:
    wire.play(answer())
    build().write("POST", "/entry", json={"debit": Decimal("120.10"), "credit": 0, "big": Decimal("90071992547409.93")})
    assert wire.requests[0].endswith(b'{"debit":120.10,"credit":0,"big":90071992547409.93}')
    assert b"Content-Type: application/json" in wire.requests[0]


def test_forms_files_and_raw_bytes_are_sent_as_such(wire: Wire, build: Build) -> None:
    wire.play(answer(), answer(), answer())
    http = build()
    http.write("POST", "/token", data={"grant_type": "client_credentials"})
    http.write("POST", "/files", data={"name": "a"}, files={"file": ("a.pdf", b"%PDF-1", "application/pdf")})
    http.write("POST", "/raw", data=b"\x00\x01", headers={"Content-Type": "application/octet-stream"})
    form, multipart, raw = wire.requests
    assert form.endswith(b"grant_type=client_credentials")
    assert b'filename="a.pdf"' in multipart
    assert b"%PDF-1" in multipart
    assert raw.endswith(b"\x00\x01")
    assert raw.count(b"Content-Type") == 1


def test_a_compressed_answer_is_unpacked(wire: Wire, build: Build) -> None:
    wire.play(answer(body=gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"}))
    assert build().read_json("GET", "/x") == {"a": 1}


@pytest.mark.parametrize("address", ["", "api.example.com", "ftp://example.com", "https://", "https://u:p@example.com"])
def test_an_address_that_is_none_names_the_field(build: Build, address: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        build(base_url=address)
    assert refused.value.field == "host"


# -- reads -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(answer(500), id="500"),
        pytest.param(answer(503, b"<html>"), id="503 page"),
        pytest.param(answer(429), id="429"),
        pytest.param(RESET, id="reset"),
        pytest.param(CLOSE, id="closed"),
        pytest.param(HANG, id="time-out"),
        pytest.param(answer(200, b'{"a": ', length=50), id="cut body"),
        pytest.param(answer(200, b"not gzip", {"Content-Encoding": "gzip"}), id="broken compression"),
    ],
)
def test_a_read_tries_again_after_a_passing_fault(wire: Wire, build: Build, fault: bytes | str) -> None:
    wire.play(fault, answer(body=b'{"ok": true}'))
    assert build().read_json("GET", "/x") == {"ok": True}
    assert len(wire.requests) == 2


def test_a_read_gives_up_after_its_tries_and_says_so(wire: Wire, build: Build, clock: FakeClock) -> None:
    wire.play(*[answer(502)] * 4)
    with pytest.raises(TryLater) as given_up:
        build(tries=4).read("GET", "/x")
    assert len(wire.requests) == 4
    assert given_up.value.tool_code == "502"
    assert len(clock.slept) == 3
    assert clock.slept == sorted(clock.slept)


def test_a_page_instead_of_json_is_a_passing_fault(wire: Wire, build: Build) -> None:
    wire.play(answer(body=b"<html>maintenance</html>"), answer(body=b"[1]"))
    assert build().read_json("GET", "/x") == [1]


def test_an_accepted_error_answer_reads_as_nothing(wire: Wire, build: Build) -> None:
    wire.play(answer(404, b'{"error": "absent"}'), answer(204, b""))
    http = build()
    assert http.read_json("GET", "/x") is None
    assert http.read_json("GET", "/x") is None


def test_a_redirect_of_a_read_is_a_wrong_host_and_is_not_followed(wire: Wire, build: Build) -> None:
    wire.play(answer(302, b"", {"Location": "http://example.com/"}))
    with pytest.raises(ConfigurationError) as refused:
        build().read("GET", "/x")
    assert refused.value.field == "host"
    assert len(wire.requests) == 1


def test_an_answer_beyond_the_cap_is_refused_while_it_is_read(wire: Wire, build: Build) -> None:
    wire.play(answer(body=b"x" * 2_000_000))
    with pytest.raises(ConfigurationError, match="more than 1000000 bytes"):
        build(max_bytes=1_000_000).read("GET", "/x")


def test_the_cap_holds_for_an_answer_of_one_piece(wire: Wire, build: Build) -> None:
    wire.play(answer(body=b"x" * 200))
    with pytest.raises(ConfigurationError):
        build(max_bytes=100).read("GET", "/x")


def test_a_write_answered_beyond_the_cap_may_have_been_carried_out(wire: Wire, build: Build) -> None:
    wire.play(answer(body=b"x" * 200))
    with pytest.raises(OutcomeUnknown):
        build(max_bytes=100).write("POST", "/entry", json={})


def test_a_bomb_is_refused_by_its_unpacked_size(wire: Wire, build: Build) -> None:
    wire.play(answer(body=gzip.compress(b"0" * 5_000_000), headers={"Content-Encoding": "gzip"}))
    with pytest.raises(ConfigurationError):
        build(max_bytes=1_000_000).read("GET", "/x")


def test_an_answer_that_never_ends_is_left_after_ten_minutes(
    wire: Wire, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each read comes soon enough: only all of them together take too long."""
    monkeypatch.setattr(engine, "time", SlowTime(seconds_a_look=150))
    wire.play(*[answer(body=b"1" * 2_000_000)] * 2)
    with pytest.raises(TryLater):
        build(tries=1).read("GET", "/x")
    with pytest.raises(OutcomeUnknown):
        build().write("POST", "/entry", json={})


def test_a_long_answer_that_comes_fast_enough_is_read(
    wire: Wire, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "time", SlowTime(seconds_a_look=0.001))
    wire.play(answer(body=b"1" * 2_000_000))
    assert len(build().read("GET", "/x").body) == 2_000_000


def test_the_error_rule_decides_and_is_not_retried(wire: Wire, build: Build) -> None:
    refusal = PostingRefused("no", reason=Reason.REFUSED_BY_TOOL, tool_code="E1")
    wire.play(answer(400, b"{}", {"request-id": "abc"}))
    seen: list[tuple[int, bool, str | None]] = []

    def rule(found: Answer, wrote: bool) -> LedgerError | None:
        seen.append((found.status, wrote, found.request_id))
        return refusal

    with pytest.raises(PostingRefused):
        build(error_rule=rule).read("POST", "/search", json={})
    assert seen == [(400, False, "abc")]


# -- waiting -----------------------------------------------------------------------------------------------------
def test_retry_after_is_waited_for(wire: Wire, build: Build, clock: FakeClock) -> None:
    wire.play(answer(429, b"slow down", {"Retry-After": "7"}), answer())
    build().read("GET", "/x")
    assert 7 <= sum(clock.slept) < 8


def test_a_long_retry_after_is_handed_to_the_caller(wire: Wire, build: Build, clock: FakeClock) -> None:
    wire.play(answer(429, b"", {"Retry-After": "3600"}))
    with pytest.raises(TryLater) as later:
        build().read("GET", "/x")
    assert later.value.retry_after_seconds == 3600
    assert clock.slept == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "Tue, 24 Nov 2026 12:00:30 GMT", "date": "Tue, 24 Nov 2026 12:00:00 GMT"}, 30),
        ({"retry-after": "Tue, 24 Nov 2026 11:00:00 GMT", "date": "Tue, 24 Nov 2026 12:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1e99"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers) == seconds


def test_a_date_without_the_servers_clock_is_compared_with_ours() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert retry_after_seconds({"retry-after": "Tue, 24 Nov 2026 12:00:05 GMT"}, now) == 5


# -- writes ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(answer(500), id="500"),
        pytest.param(answer(503, b"", {"Retry-After": "1"}), id="503 with Retry-After"),
        pytest.param(answer(303, b"", {"Location": "/done"}), id="redirect"),
        pytest.param(answer(408), id="408 of a gateway that gave up waiting"),
        pytest.param(answer(425), id="425"),
        pytest.param(RESET, id="reset"),
        pytest.param(CLOSE, id="closed"),
        pytest.param(HANG, id="time-out"),
        pytest.param(answer(201, b'{"id": ', length=50), id="cut body"),
    ],
)
def test_a_write_whose_fate_is_unknown_leaves_once(wire: Wire, build: Build, fault: bytes | str) -> None:
    wire.play(fault, answer())
    with pytest.raises(OutcomeUnknown):
        build().write("POST", "/entry", json={"a": 1})
    assert len(wire.requests) == 1


def test_a_kept_connection_that_breaks_proves_nothing(wire: Wire, build: Build) -> None:
    """The second request leaves on the first one's connection; its reset may come after the server read it."""
    http = build()
    wire.play(answer(), RESET, answer())
    http.read("GET", "/x")
    with pytest.raises(OutcomeUnknown):
        http.write("POST", "/entry", json={})
    assert len(wire.requests) == 2


def test_a_write_is_not_saved_by_a_rule_that_calls_a_500_passing(wire: Wire, build: Build) -> None:
    wire.play(answer(500), answer())
    with pytest.raises(OutcomeUnknown):
        build(error_rule=lambda found, wrote: TryLater("later")).write("POST", "/entry", json={})
    assert len(wire.requests) == 1


def test_a_refused_connection_is_tried_again_and_surely_wrote_nothing(build: Build, clock: FakeClock) -> None:
    with pytest.raises(TryLater):
        build(base_url=refused_port(), tries=3).write("POST", "/entry", json={})
    assert len(clock.slept) == 2


def test_a_used_up_quota_lets_a_write_leave_again(wire: Wire, build: Build) -> None:
    wire.play(answer(429, b"", {"Retry-After": "1"}), answer(201, b'{"id": 5}'))
    assert build().write("POST", "/entry", json={}).json() == {"id": 5}
    assert len(wire.requests) == 2


def test_a_tool_that_says_nothing_was_done_lets_a_write_leave_again(wire: Wire, build: Build) -> None:
    wire.play(answer(400, b"busy"), answer(201))
    rule = lambda found, wrote: TryLater("busy") if found.status == 400 else None  # noqa: E731
    build(error_rule=rule).write("POST", "/entry", json={})
    assert len(wire.requests) == 2


@pytest.mark.parametrize(
    ("error", "left_nothing"),
    [
        (NewConnectionError(None, "refused"), True),  # type: ignore[arg-type]
        (NameResolutionError("host", None, socket.gaierror(1, "x")), True),  # type: ignore[arg-type]
        (ConnectTimeoutError("slow"), True),
        (MaxRetryError(None, "/", NewConnectionError(None, "refused")), True),  # type: ignore[arg-type]
        (ProxyError("proxy", NewConnectionError(None, "refused")), True),  # type: ignore[arg-type]
        # urllib3 also wraps faults of a request that did go through the proxy.
        (ProxyError("proxy", ProtocolError("aborted")), False),
        (ProtocolError("aborted", ConnectionResetError()), False),
        (ReadTimeoutError(None, "/", "slow"), False),  # type: ignore[arg-type]
        (Urllib3SSLError("eof"), False),
        (BrokenPipeError(), False),
    ],
)
def test_only_a_connection_that_never_was_proves_that_nothing_left(error: Exception, left_nothing: bool) -> None:
    assert never_left(error) is left_nothing


# -- what is told ------------------------------------------------------------------------------------------------
def test_logs_and_messages_hold_no_secret(wire: Wire, build: Build, caplog: pytest.LogCaptureFixture) -> None:
    wire.play(answer(), RESET)
    http = build()
    with caplog.at_level(logging.DEBUG):
        http.read("GET", "/files", params={"key": "signed-secret", "page": "2"})
        with pytest.raises(OutcomeUnknown) as lost:
            http.write("POST", "/entry?key=signed-secret", json={"iban": "FR7630006000011234567890189"})
    assert "page=2" in caplog.text
    for text in (caplog.text, str(lost.value), repr(http)):
        assert "signed-secret" not in text
        assert "very-secret-token" not in text
        assert "FR76" not in text

"""A server that follows a script: for each request on the wire, exactly the bytes or the fault the test wants."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

RESET = "reset"  # read the request, then reset the connection
CLOSE = "close"  # read the request, then close without an answer
HANG = "hang"  # read the request, then say nothing until the client gives up


def answer(
    status: int = 200, body: bytes = b"{}", headers: dict[str, str] | None = None, length: int | None = None
) -> bytes:
    """An HTTP answer; ``length`` lies about the size of the body."""
    lines = [f"HTTP/1.1 {status} Reason", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Wire:
    """The script's state: what is left to play, what arrived."""

    url: str
    script: list[bytes | str] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)

    def play(self, *steps: bytes | str) -> None:
        self.script.extend(steps)

    @property
    def heads(self) -> list[str]:
        """The first line of each request."""
        return [request.split(b"\r\n", 1)[0].decode() for request in self.requests]


@contextlib.contextmanager
def scripted() -> Iterator[Wire]:
    """Listen on a free port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    wire = Wire(f"http://127.0.0.1:{listener.getsockname()[1]}")
    open_sockets: list[socket.socket] = []
    thread = threading.Thread(target=_accept, args=(listener, wire, open_sockets), daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        # The listener first: once its thread has ended, no connection can be added behind our back.
        _end(listener)
        thread.join(2)
        for each in open_sockets:
            _end(each)


def _end(each: socket.socket) -> None:
    """shutdown wakes accept() and every recv(); close alone would leave the threads waiting."""
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()


def _accept(listener: socket.socket, wire: Wire, open_sockets: list[socket.socket]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        open_sockets.append(connection)
        threading.Thread(target=_serve, args=(connection, wire), daemon=True).start()


def _serve(connection: socket.socket, wire: Wire) -> None:
    with contextlib.suppress(OSError):
        while (request := _read_request(connection)) is not None:
            wire.requests.append(request)
            step = wire.script.pop(0) if wire.script else answer(599, b"the script is over")
            if step == HANG:
                connection.recv(1)
                return
            if step == RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if isinstance(step, str):
                connection.close()
                return
            connection.sendall(step)
            if _lies(step):
                connection.close()
                return


def _lies(step: bytes) -> bool:
    head, _, body = step.partition(b"\r\n\r\n")
    announced = next((line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), b":0")
    return int(announced.split(b":")[1]) > len(body)


def _read_request(connection: socket.socket) -> bytes | None:
    data = b""
    while b"\r\n\r\n" not in data:
        block = connection.recv(65536)
        if not block:
            return None
        data += block
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    wanted = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < wanted:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body

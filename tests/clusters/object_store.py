"""An object store that speaks S3, in a process of its own: moto's server on the loopback.

It honours conditional puts, several writers at once included; faults stand before it on demand.
`python -m clusters.object_store` is that process: it tells its port and ends with its input.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
KEYS = {"AWS_ACCESS_KEY_ID": "anybody", "AWS_SECRET_ACCESS_KEY": "nothing secret"}
REGION = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
_CONTROL = "/-fault"
_TESTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class ObjectStore:
    """A running server with one bucket."""

    port: int
    process: subprocess.Popen[str]
    bucket: str = "bucket"

    @property
    def endpoint(self) -> str:
        """What clients are told."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Environment of a process that uses the store."""
        return {"AWS_ENDPOINT_URL": self.endpoint, **KEYS, **REGION}

    @property
    def address(self) -> str:
        """The bucket as users write it."""
        return f"s3://{self.bucket}"

    def behave(
        self,
        *,
        refuse: str = "",
        careless: bool = False,
        gone_after_puts: int | None = None,
        silent: bool = False,
    ) -> None:
        """Put faults before the server, in the place of those before.

        Args:
            refuse: code of S3 with which it refuses everything.
            careless: it knows no conditional puts, and takes the last.
            gone_after_puts: after so many objects it answers nothing any more.
            silent: it then keeps connections open, and does not close them.
        """
        fault = {"refuse": refuse, "careless": careless, "puts": gone_after_puts}
        fault["silent"] = silent
        self._ask("PUT", _CONTROL, json.dumps(fault).encode())

    def _ask(self, method: str, path: str, content: bytes = b"") -> None:
        request = urllib.request.Request(f"{self.endpoint}{path}", content, method=method)
        with urllib.request.urlopen(request, timeout=60):
            pass


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """Start the server, with an empty bucket; the environment of this process leads to it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "clusters.object_store"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(_TESTS)},
    )
    before = dict(os.environ)
    try:
        assert process.stdout is not None
        store = ObjectStore(int(process.stdout.readline()), process)
        os.environ.update(store.environment)
        store._ask("PUT", f"/{store.bucket}")
        yield store
    finally:
        os.environ.clear()
        os.environ.update(before)
        process.kill()
        process.wait()


class _Faulty:
    """The server behind what is wrong with it."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._fault: Mapping[str, Any] = {}
        self._puts = 0
        self._counting = threading.Lock()
        self._mended = threading.Event()

    def __call__(self, request: dict[str, Any], start: Any) -> Any:
        if request["PATH_INFO"] == _CONTROL:
            length = int(request["CONTENT_LENGTH"])
            self._mended.set()  # who waits is let go
            self._mended = threading.Event()
            self._fault, self._puts = json.loads(request["wsgi.input"].read(length)), 0
            return _answer(start, "200 OK", b"")
        if code := self._fault.get("refuse"):
            body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
            return _answer(start, "403 Forbidden", body)
        if self._fault.get("careless"):
            request.pop("HTTP_IF_NONE_MATCH", None)
        left = self._fault.get("puts")
        if left is not None and self._is_beyond(request, left):
            if self._fault["silent"]:
                self._mended.wait()
            raise ConnectionResetError  # the handler below closes the connection
        return self._app(request, start)

    def _is_beyond(self, request: Mapping[str, Any], left: int) -> bool:
        with self._counting:
            self._puts += request["REQUEST_METHOD"] == "PUT"
            return self._puts > left


def _answer(start: Any, status: str, body: bytes) -> list[bytes]:
    start(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]


def serve() -> None:
    """Serve until the input ends, which it does with whoever started this process."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log(self, *_: object) -> None:
            return None

        def connection_dropped(self, *_: object) -> None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    app = _Faulty(DomainDispatcherApplication(create_backend_app))
    server = make_server(LOOPBACK, 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    serve()

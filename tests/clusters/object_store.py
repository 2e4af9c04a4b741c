"""An object store that speaks S3, in a process of its own: moto's server on the loopback.

It honours conditional puts, several writers at once included, and asks for keys where it is told
to; as Amazon's does, it refuses what is signed with a time a quarter of an hour from its own.
Faults stand before it on demand. `python -m clusters.object_store` is that process: it tells its
port and ends with its input.
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
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
KEYS = {"AWS_ACCESS_KEY_ID": "anybody", "AWS_SECRET_ACCESS_KEY": "nothing secret"}
REGION = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}
_CONTROL = "/-fault"
_KEYS_FROM_NOW_ON = "/moto-api/reset-auth"
_MOST_SKEW = timedelta(minutes=15)
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

    def make_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        self._ask("PUT", f"/{name}")

    def keys_of(self, user: str, *rights: str) -> dict[str, str]:
        """Environment of a new user who has some rights, such as `s3:*`, and no others."""
        import boto3

        service = boto3.client("iam", "us-east-1", endpoint_url=self.endpoint)
        service.create_user(UserName=user)
        allowed = {"Effect": "Allow", "Action": list(rights), "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        if rights:
            service.put_user_policy(UserName=user, PolicyName="rights", PolicyDocument=policy)
        key = service.create_access_key(UserName=user)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}  # fmt: skip

    def demand_keys(self, demanded: bool) -> None:
        """Take requests of known users alone, signed by their secrets; or of anybody."""
        self._ask("POST", _KEYS_FROM_NOW_ON, b"0" if demanded else b"inf")

    def _ask(self, method: str, path: str, content: bytes = b"") -> None:
        kind = {"Content-Type": "text/plain"}  # else moto takes it for a form
        request = urllib.request.Request(f"{self.endpoint}{path}", content, kind, method=method)
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
        store.make_bucket(store.bucket)
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
        if code := self._fault.get("refuse") or _refused_for_its_time(request):
            body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
            # Who asks for a head alone is not told why.
            return _answer(start, "403 Forbidden", body * (request["REQUEST_METHOD"] != "HEAD"))
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


def _refused_for_its_time(request: Mapping[str, Any]) -> str:
    """Code of S3 where the time that a request is signed with is not the server's."""
    if not (signed := request.get("HTTP_X_AMZ_DATE")):
        return ""
    said = datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return "RequestTimeTooSkewed" if abs(datetime.now(UTC) - said) > _MOST_SKEW else ""


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

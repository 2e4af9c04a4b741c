"""What Spark's own client asks of Kubernetes: a server in its place keeps what it is sent."""

import json
import os
import re
import shlex
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyspark

from tradegains.engines.java import java_environment

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "clusters.md"
SPARK_HOME = Path(pyspark.__file__).parent
Sent = list[tuple[str, Any]]


def submissions() -> list[list[str]]:
    """The words of each spark-submit of the page."""
    text = "\n".join(re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL))
    lines = text.replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line))[:1] == ["spark-submit"]]


@contextmanager
def stand_in_for_kubernetes() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """An API server that takes everything and starts nothing: its address, and what it was sent."""
    sent: list[tuple[str, Any]] = []

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            given = json.loads(body or b"{}")
            sent.append((f"{self.command} {self.path.partition('?')[0]}", given))
            given.setdefault("metadata", {})["uid"] = "1"
            answer = json.dumps(given).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"k8s://http://127.0.0.1:{server.server_port}", sent
        server.shutdown()
        thread.join()


def submit_to_kubernetes(
    job: tuple[str, ...] = (), options: Mapping[str, str] | None = None
) -> Sent:
    """What the API server is sent by the spark-submit of docs/clusters.md.

    Args:
        job: what to give the job in the place of the page's arguments.
        options: further settings of Spark.
    """
    (words,) = [each for each in submissions() if any("k8s://" in word for word in each)]
    if job:
        end = next(place for place, word in enumerate(words) if word.endswith("run_study.py"))
        words = [*words[: end + 1], *job]
    further = {"spark.kubernetes.submission.waitAppCompletion": "false"} | dict(options or {})
    with stand_in_for_kubernetes() as (master, sent):
        command = [str(SPARK_HOME / "bin" / "spark-submit"), *words[1:]]
        command[command.index("--master") + 1] = master
        command[1:1] = [part for key, value in further.items()
                        for part in ("--conf", f"{key}={value}")]  # fmt: skip
        ended = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            env=os.environ
            | {"SPARK_HOME": str(SPARK_HOME), "KUBECONFIG": os.devnull}
            | java_environment(),
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return sent

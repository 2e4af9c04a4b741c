"""What the libraries that open an address by themselves are told of it."""

import os
from collections.abc import Mapping
from typing import Final

from tradegains.store.hadoop import PATIENCE

S3_SILENT_SECONDS: Final = 3
"""How long an object store may send nothing before it is given up, for pyarrow's requests [s]."""

S3_TRIES: Final = 3
"""How often it is asked then; with the waits between, a user hears of it in less than 15 s."""

# By default a request that fails is tried again for three minutes. What is written is small, and
# what fails for its time is not tried again: the run has a lease to give back in what is left.
_S3_PATIENCE: Final = {"timeout": "5s", "max_retries": "2", "retry_timeout": "5s"}
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


def storage_options(address: str) -> dict[str, str] | None:
    """Options of delta-rs, and of whatever else is built on the same library, for an address.

    Example:
        >>> storage_options("/data/results/tables") is None
        True
        >>> storage_options("s3://bucket/tables")["retry_timeout"]
        '5s'
    """
    if address.startswith("hdfs://"):
        return dict(PATIENCE)
    if address.startswith("s3://"):
        return dict(_S3_PATIENCE)
    return None


def allow_plain_http() -> None:
    """Let Sail and delta-rs, which look at the environment, use such a store; call it before."""
    for name, value in plain_http(os.environ).items():
        os.environ.setdefault(name, value)


def plain_http(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave for an object store without encryption, where its endpoint is given as one.

    pyarrow and Spark take `http://` in the endpoint for that; others want to be told twice.

    Example:
        >>> plain_http({"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"})
        {'AWS_ALLOW_HTTP': 'true'}
    """
    return {"AWS_ALLOW_HTTP": "true"} if endpoint(environment).startswith("http://") else {}


def endpoint(environment: Mapping[str, str]) -> str:
    """Where the object store is, by the environment; empty for Amazon's own."""
    return next((environment[name] for name in _ENDPOINTS if environment.get(name)), "")

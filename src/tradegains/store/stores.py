"""What the libraries that open an address by themselves are told of it."""

import os
from collections.abc import Mapping

from tradegains.store.hadoop import PATIENCE

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


def storage_options(address: str) -> dict[str, str] | None:
    """Options of delta-rs, and of whatever else is built on the same library, for an address.

    Example:
        >>> storage_options("/data/results/tables") is None
        True
    """
    if address.startswith("hdfs://"):
        return dict(PATIENCE)
    if address.startswith("s3://"):
        return dict(plain_http(os.environ))
    return None


def plain_http(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave for an object store without encryption, where its endpoint is given as one.

    pyarrow and Spark take `http://` in the endpoint for that; others want to be told twice.

    Example:
        >>> plain_http({"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"})
        {'AWS_ALLOW_HTTP': 'true'}
    """
    endpoint = next((environment[name] for name in _ENDPOINTS if environment.get(name)), "")
    return {"AWS_ALLOW_HTTP": "true"} if endpoint.startswith("http://") else {}

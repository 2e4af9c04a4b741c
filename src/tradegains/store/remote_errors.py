"""What stores behind an address say when they do not answer or refuse, in our words.

The libraries that reach them (hdfs-native, pyarrow, delta-rs, both engines) each wrap the servers'
answers in texts of their own. These are looked through for the few signs of what a user can do
something about, and never shown: a text may quote rows, keys or tokens.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tradegains.errors import Problem, StorageError, TradegainsError

REFUSED: Final = "nothing answers at this address: the connection is refused"
_LOST: Final = (
    "the connection to the server was lost",
    "see that the server runs, then run again: what was published before stands",
)
# The first that fits is told; a refusal may be followed by the complaint that all tries failed.
_SIGNS: Final[tuple[tuple[tuple[str, ...], str, str], ...]] = (
    (
        ("SafeModeException", "in safe mode"),
        "the namenode is in safe mode and takes nothing",
        "wait until it has left it (hdfs dfsadmin -safemode get), then run again",
    ),
    (
        ("QuotaExceededException", "quota of"),
        "the quota of the folder is used up",
        "ask for a larger quota (hdfs dfs -count -q shows it), or remove what is not needed there",
    ),
    (
        ("AccessControlException", "Permission denied", "permission denied", "ACCESS_DENIED",
         "AccessDenied"),
        "access is refused",
        "ask the owner of the folder or bucket for it, or run as a user who has it; for a bucket, "
        "with credentials that hold",
    ),
    (
        ("RequestTimeTooSkewed", "REQUEST_TIME_TOO_SKEWED"),
        "the clock of this machine is not that of the object store",
        "set it (timedatectl shows it): requests are signed with their time, and 15 minutes apart "
        "is too much",
    ),
    (
        ("InvalidAccessKeyId", "SignatureDoesNotMatch", "INVALID_ACCESS_KEY_ID",
         "SIGNATURE_DOES_NOT_MATCH", "<Code>ExpiredToken", "<Code>InvalidToken", "EXPIRED_TOKEN"),
        "the credentials are refused",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN) to ones that hold",
    ),
    (
        ("instance metadata", "169.254.169.254", "no credentials", "NoCredentials"),
        "there are no credentials for the object store",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile",
    ),
    (
        ("NoSuchBucket", "NO_SUCH_BUCKET", "bucket does not exist"),
        "the bucket does not exist",
        "correct its name, or have it made",
    ),
    (
        ("failed to lookup address", "Name or service not known", "Couldn't resolve host",
         "UnknownHostException", "dns error", "Could not resolve host"),
        "the name of the server is not known here",
        "correct the name in the address, or ask why this machine does not know it",
    ),
    (
        ("Connection refused", "ConnectException", "Couldn't connect to server",
         "Could not connect to server", "connection refused", "tcp connect error"),
        REFUSED,
        "check server and port in the address, and that the server runs; then run again",
    ),
    (
        ("Connection reset", "Broken pipe", "connection closed", "Connection timed out",
         "operation timed out", "NETWORK_CONNECTION", "error sending request", "early eof",
         "unexpected end of file", "EOFException", "deadline has elapsed", "NoRouteToHost",
         "NotEnoughReplicas", "could only be written to 0 of the"),
        *_LOST,
    ),
)  # fmt: skip


def is_remote(address: str) -> bool:
    """Whether another machine may be behind an address.

    Example:
        >>> is_remote("hdfs://names/census"), is_remote("file:///data"), is_remote("/data")
        (True, False, False)
    """
    return "://" in address and not address.startswith("file://")


def remote_error(error: BaseException | str, address: str) -> StorageError | None:
    """The error of ours that a store behind an address is the cause of; None where it is none.

    Args:
        error: what a library raised, or its text.
        address: what it was doing something with, for the message.

    Example:
        >>> print(remote_error(OSError("Connection refused (os error 111)"), "hdfs://names:8020/x"))
        nothing answers at this address: the connection is refused in hdfs://names:8020/x
          cure: check server and port in the address, and that the server runs; then run again
        >>> remote_error(OSError("No such file"), "hdfs://names/x") is None
        True
        >>> remote_error(OSError("Connection refused"), "file:///data/x") is None
        True
    """
    if not is_remote(address):
        return None
    said = error if isinstance(error, str) else "\n".join(_texts(error))
    for signs, what, cure in _SIGNS:
        if any(sign in said for sign in signs):
            return StorageError(Problem(what, address, cure=cure))
    return None


def connection_lost(address: str) -> StorageError:
    """The error of a server that has fallen silent, which no library tells of."""
    what, cure = _LOST
    return StorageError(Problem(what, address, cure=cure))


def is_gone(error: StorageError) -> bool:
    """Whether a server did not answer at all: it gave no refusal.

    Example:
        >>> is_gone(connection_lost("hdfs://names/x"))
        True
        >>> is_gone(remote_error("AccessControlException", "hdfs://names/x"))
        False
    """
    return all(each.what in {REFUSED, _LOST[0]} for each in error.problems)


def raise_if_remote(error: BaseException, address: str) -> None:
    """Raise what a store behind an address is the cause of; return where it is of nothing.

    Raises:
        StorageError: the store does not answer, or refuses.
    """
    if told := remote_error(error, address):
        raise told from error


@contextmanager
def told_of_store(address: str) -> Iterator[None]:
    """Tell a failure that a store behind an address is the cause of as one; others pass.

    Raises:
        StorageError: the store does not answer, or refuses.
    """
    try:
        yield
    except TradegainsError:
        raise
    except Exception as error:
        raise_if_remote(error, address)
        raise


def _texts(error: BaseException) -> Iterator[str]:
    """Texts of an exception and of those it was raised from."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield str(following)
        following = following.__cause__ or following.__context__

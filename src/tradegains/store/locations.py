"""Where a path or an address points: a local disk, HDFS, an object store.

One address has one spelling from here on, whoever opens it: engines, the writer of Delta and
pyarrow. `hdfs:///x` becomes the namenode's own address, and s3a:// is s3://.
"""

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
from pyarrow import fs

from tradegains.errors import InputError, Problem
from tradegains.store import hadoop
from tradegains.store.listing import is_unicode
from tradegains.store.remote_errors import raise_if_remote
from tradegains.store.stores import S3_SILENT_SECONDS, S3_TRIES, allow_plain_http

_HDFS, _S3 = "hdfs://", "s3://"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HALF = re.compile(r"(file|hdfs|viewfs|s3[an]?|gs|abfss?|wasbs?):(?!//)", re.IGNORECASE)
# One program takes these as they are, another as the beginning of a query or of a coded sign.
_AMBIGUOUS = re.compile(r"[%?#\\\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Location:
    """A folder or file on a local disk or behind an address (hdfs://, s3://, ...).

    `address` is the one spelling of it, without options; the path itself on a local disk.
    """

    given: str
    system: fs.FileSystem
    path: str
    address: str = ""

    @property
    def root(self) -> str:
        """What an engine opens: the absolute local path, or the address."""
        return self.address or self.path


def resolved(given: str) -> str:
    """The one spelling of an address, its options kept; a local path as it is.

    Raises:
        InputError: programs would read the address in several ways, or `hdfs:///` stands for no
            namenode.

    Example:
        >>> resolved("s3a://bucket/census/")
        's3://bucket/census'
    """
    if "://" not in given:
        return given
    scheme, _, rest = given.partition("://")
    scheme = "s3" if scheme.lower() == "s3a" else scheme.lower()
    if scheme == "hdfs":
        if odd := sorted(set(_AMBIGUOUS.findall(rest))):
            cure = "rename the folder"
            what = f"the address contains {', '.join(map(repr, odd))}, which programs take for "
            raise InputError(Problem(f"{what}different things", given, cure=cure))
        rest = rest if not rest.startswith("/") else hadoop.default_authority(given) + rest
    path, mark, options = rest.partition("?")
    return f"{scheme}://{path.rstrip('/')}{mark}{options}"


def half_address(given: str) -> Problem | None:
    """Why an address is none: Hadoop takes one slash for two, and we would make a folder `hdfs:`.

    Example:
        >>> half_address("hdfs:/data/census").what, half_address("/data/hdfs:/census")
        ('the address hdfs: lacks its two slashes', None)
    """
    if (found := _HALF.match(given)) is None:
        return None
    scheme, path = found[1], given[found.end() :]
    cure = path or "/path" if scheme.lower() == "file" else f"{scheme}://HOST/{path.lstrip('/')}"
    what = f"the address {scheme}: lacks its two slashes"
    return Problem(what, given, cure=f"write {cure}; ./{scheme}: is a folder of that name")


def locate(given: str) -> Location:
    """Where a path or URI points.

    Raises:
        InputError: this kind of address cannot be opened here.
        StorageError: what is behind the address does not answer.

    Example:
        >>> locate("/data/census").path
        '/data/census'
    """
    if "://" not in given:
        if half := half_address(given):
            raise InputError(half)
        if _CONTROL.search(given):
            what = "the path has tabs, line ends or other signs that nobody sees"
            raise InputError(Problem(what, repr(given), cure="rename the file or folder"))
        path = str(Path(given).absolute())
        if not is_unicode(path):
            what = "the path is not in UTF-8, which no engine reads"
            raise InputError(Problem(what, ascii(path), cure="rename the file or folder"))
        return Location(given, fs.LocalFileSystem(), _as_written(path))
    uri = resolved(given)
    if uri.startswith(_S3):
        allow_plain_http()
    try:
        if uri.startswith(_HDFS) and hadoop.is_native():
            found = urlsplit(uri)
            return Location(given, hadoop.file_system(found.netloc), found.path or "/", uri)
        system, path = fs.FileSystem.from_uri(uri)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise_if_remote(error, given)
        raise InputError(_unopened(given, is_hdfs=uri.startswith(_HDFS))) from error
    if isinstance(system, fs.LocalFileSystem):
        return Location(given, system, path, uri)
    if uri.startswith(_S3):
        system = _patient(system)
    return Location(given, system, path, uri.partition("?")[0])


def _as_written(path: str) -> str:
    """A local path, its accents in the form of the disk where only that one is there."""
    if path.isascii() or os.path.exists(path):
        return path
    forms = (unicodedata.normalize(form, path) for form in ("NFC", "NFD"))
    return next((each for each in forms if os.path.exists(each)), path)


def _patient(system: fs.S3FileSystem) -> fs.S3FileSystem:
    """The same object store, waited for as long as a user would.

    pyarrow takes patience only where each option is given, not from an address; so the options that
    it made of the address and the environment are those that it pickles. Its own patience with a
    server that keeps silent is 100 s.
    """
    make, (options,) = system.__reduce__()
    patience = {"connect_timeout": S3_SILENT_SECONDS, "request_timeout": S3_SILENT_SECONDS}
    return make(options | patience | {"retry_strategy": fs.AwsStandardS3RetryStrategy(S3_TRIES)})


def _unopened(given: str, *, is_hdfs: bool) -> Problem:
    if is_hdfs:
        return hadoop.missing(given)
    cure = "use a local path, hdfs:// or s3://, and check its spelling"
    return Problem("this kind of address cannot be opened", given, cure=cure)

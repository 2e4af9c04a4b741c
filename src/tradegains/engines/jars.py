"""Delta's two jars from Maven Central, for a Spark that has no way to the internet.

Decision: the digests stand here, not only beside the jars on the server, so a copy by any way
(a mirror, a memory stick) is the file that the tests ran with, or is refused.
"""

import hashlib
import http.client
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import BinaryIO, Final

from tradegains.errors import EngineError, Problem

MAVEN_CENTRAL: Final = "https://repo1.maven.org/maven2"
DIGESTS_FILE: Final = "SHA256SUMS"
SECONDS: Final = 60  # without an answer
_PIECE: Final = 1 << 20


@dataclass(frozen=True)
class Jar:
    """A jar of Maven Central: its coordinates and the SHA-256 of its bytes."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def name(self) -> str:
        """Its file name."""
        return f"{self.artifact}-{self.version}.jar"

    def url(self, repository: str) -> str:
        """Where a repository in Maven's layout has it.

        Example:
            >>> Jar("io.delta", "delta-storage", "4.4.0", "").url("https://maven.example")
            'https://maven.example/io/delta/delta-storage/4.4.0/delta-storage-4.4.0.jar'
        """
        folder = f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}"
        return f"{repository.rstrip('/')}/{folder}/{self.name}"


DELTA_JARS: Final = (
    Jar(
        "io.delta",
        "delta-spark_4.2_2.13",
        "4.4.0",
        "27d4fd8b1f879535c573ed1c718177d6a27f24d3e626ba02e216369725721ead",
    ),
    Jar(
        "io.delta",
        "delta-storage",
        "4.4.0",
        "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc",
    ),
)


def _listed(name: str) -> tuple[Jar, ...]:
    """The jars that a file of this package lists: group, artifact, version and SHA-256."""
    text = files("tradegains.engines").joinpath(name).read_text(encoding="utf-8")
    return tuple(Jar(*line.split()) for line in text.splitlines())


S3_JARS: Final = _listed("s3_jars.txt")
"""What Spark needs for s3a:// beside its own jars: the modules of Amazon's SDK that Hadoop uses.
The bundle that Hadoop itself names is 686 MB. Netty and the logging come with Spark."""


@dataclass(frozen=True)
class Collected:
    """A jar in its folder; `new` if it was downloaded now."""

    jar: Jar
    path: Path
    new: bool


def collect_jars(
    folder: Path, jars: Sequence[Jar] | None = None, *, repository: str = MAVEN_CENTRAL
) -> Iterator[Collected]:
    """Download the jars that are not in the folder yet, and write their digests beside them.

    Args:
        folder: where to; made if needed.
        jars: which; Delta's two by default.
        repository: address of Maven Central or a mirror of it.

    Yields:
        Each jar when its bytes are in place; a jar of other bytes never is.

    Raises:
        EngineError: the folder cannot be written, or a jar cannot be had or is not the one.
    """
    jars = DELTA_JARS if jars is None else jars
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for jar in jars:
            path = folder / jar.name
            is_there = path.exists() and _digest_of(path) == jar.sha256
            if not is_there:
                _download(jar, path, repository)
            yield Collected(jar, path, not is_there)
        listed = "".join(f"{jar.sha256}  {jar.name}\n" for jar in jars)
        (folder / DIGESTS_FILE).write_text(listed, encoding="utf-8")
    except OSError as error:
        cure = "choose a folder that can be written with --to"
        what = f"the jars cannot be written: {error.strerror}"
        raise EngineError(Problem(what, str(folder), cure=cure)) from error


def _download(jar: Jar, path: Path, repository: str) -> None:
    url = jar.url(repository)
    descriptor, draft = tempfile.mkstemp(prefix=f".{jar.name}.", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            found = _fetch(url, file)
        if found != jar.sha256:
            what = f"the file is not {jar.name}: its SHA-256 is {found}, not {jar.sha256}"
            raise EngineError(Problem(what, url, cure="try again, or another --from"))
        Path(draft).chmod(0o644)
        Path(draft).replace(path)  # whole or not at all
    finally:
        Path(draft).unlink(missing_ok=True)


def _fetch(url: str, file: BinaryIO) -> str:
    """Copy what an address has into a file; return its SHA-256."""
    digest = hashlib.sha256()
    try:
        # Only http(s) and file, as --from says; proxies are taken from the environment.
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:
            while piece := answer.read(_PIECE):
                digest.update(piece)
                file.write(piece)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        cure = (
            "run this on a machine with internet access and carry the folder over, or name a "
            "mirror of Maven Central with --from URL"
        )
        raise EngineError(Problem(f"no answer ({reason})", url, cure=cure)) from error
    return digest.hexdigest()


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

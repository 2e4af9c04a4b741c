"""What tests of several stores do alike: put files there, and compare what was published."""

from pyarrow import fs

from tradegains.published.reading import list_runs


def put(system: fs.FileSystem, path: str, content: bytes) -> None:
    """Write a file, its folder first."""
    system.create_dir(path.rpartition("/")[0])
    with system.open_output_stream(path) as stream:
        stream.write(content)


def digests(output: str) -> dict[str, str]:
    """Content digest of each table of the latest run."""
    return {table["name"]: table["digest"] for table in list_runs(output)[0]["tables"]}

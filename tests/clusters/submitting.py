"""Jobs submitted as docs/clusters.md says, with little memory, for several checks to compare."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from clusters.hadoop import SPARK_HOME, MiniHadoop
from clusters.small_runs import put
from small_study import YEARS, year_file
from tradegains.engines.java import java_environment
from tradegains.store.locations import locate

ROOT = Path(__file__).parents[2]
LOOPBACK = "127.0.0.1"
SETTINGS = {
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
    "spark.executor.cores": "1",
    "spark.executor.instances": "2",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.log.level": "WARN",
    # One compiler: each JVM ends before the second pays off.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    # As docs/clusters.md says of YARN.
    "spark.yarn.maxAppAttempts": "1",
    "spark.yarn.jars": f"local:{SPARK_HOME}/jars/*",
    # One machine: else master and executors listen on its own address.
    "spark.yarn.appMasterEnv.SPARK_LOCAL_IP": LOOPBACK,
    "spark.executorEnv.SPARK_LOCAL_IP": LOOPBACK,
}


TOTALS = "industry,year,employment\n0111,1990,5\n3211,1990,5.5\n"


def upload(study: Path, census: str) -> None:
    """Put the census of the small study at an address, and a small table beside it."""
    place = locate(census)
    for year in YEARS:
        content = year_file(study.parent, year).read_bytes()
        put(place.system, f"{place.path}/year={year}/part #1?.parquet", content)
    put(place.system, f"{place.path.rpartition('/')[0]}/totals.csv", TOTALS.encode())


def inputs(folder: object) -> tuple[str, str]:
    """Options that name the census and the small table of `upload` in a folder."""
    return f"--input=census={folder}/census", f"--input=control_totals={folder}/totals.csv"


def submit(
    zipped: Path,
    *arguments: object,
    options: Mapping[str, str],
    environment: Mapping[str, str] | None = None,
    more: tuple[object, ...] = (),
) -> subprocess.CompletedProcess[str]:
    """What spark-submit of the job says, and its exit code."""
    command = [SPARK_HOME / "bin" / "spark-submit"]
    command += [part for key, value in options.items() for part in ("--conf", f"{key}={value}")]
    command += [*more, "--py-files", zipped, ROOT / "jobs" / "run_study.py", *arguments]
    ours = {"SPARK_LOCAL_IP": LOOPBACK, "PYSPARK_PYTHON": sys.executable}
    return subprocess.run(
        [str(part) for part in command],
        env=os.environ | java_environment() | ours | dict(environment or {}),
        capture_output=True,
        text=True,
    )


def on_yarn(servers: MiniHadoop, folder: Path, mode: str = "client") -> dict[str, dict[str, str]]:
    """Options and environment of a submission to YARN."""
    settings = servers.write_client_settings(folder / "hadoop-conf")
    options = SETTINGS | {"spark.master": "yarn", "spark.submit.deployMode": mode}
    return {"options": options, "environment": {"HADOOP_CONF_DIR": str(settings)}}

"""An Airflow DAG: publish the study when the statistical office has delivered a year.

Airflow 3. Copy it to the DAG folder and fit the paths. A refused input or a wrong study fails at
once, because a second try cannot help; a fault of the cluster, or another run on the same output,
is tried again. A run that was published before is not computed again, so a retry costs little.
"""

import subprocess
from datetime import datetime, timedelta

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

INSTALLED = "/opt/tradegains"  # a clone of the repository, after `make dist`
STUDY = f"{INSTALLED}/conf/studies/cusfta.toml"
CENSUS = "hdfs:///census"
OUTPUT = "hdfs:///results/cusfta"
SUBMIT = [
    "spark-submit",
    "--master", "yarn",
    "--deploy-mode", "client",  # YARN's cluster mode does not pass the exit code on
    "--properties-file", f"{INSTALLED}/conf/spark/cluster.conf",
    "--py-files", f"{INSTALLED}/dist/tradegains.zip",
    f"{INSTALLED}/jobs/run_study.py", STUDY,
    "--output", OUTPUT,
    "--input", f"census={CENSUS}",
    "--wait", "600",
]  # fmt: skip
FINAL = {
    2: "the study file or the command line is wrong",
    3: "the input is refused",
    4: "the disclosure gate refuses the release",
}


@dag(
    schedule="@monthly",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    tags=["tradegains"],
)
def tradegains():
    """One task: the study, from the census to the published tables."""

    @task(retries=2, retry_delay=timedelta(minutes=15), execution_timeout=timedelta(hours=6))
    def publish() -> None:
        code = subprocess.run(SUBMIT, check=False).returncode
        if code in FINAL:
            raise AirflowFailException(
                f"{FINAL[code]} (exit code {code}); the task's log says what"
            )
        if code:
            raise RuntimeError(f"exit code {code}; the next try may do better")

    publish()


tradegains()

"""What is shipped for clusters and schedulers works as far as a machine without them can tell."""

import argparse
import fcntl
import os
import re
import runpy
import shlex
import subprocess
import sys
import types
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyspark
import pytest
import yaml

from clusters.kubernetes import ROOT, SPARK_HOME, submissions, submit_to_kubernetes
from tradegains.command.arguments import add_what_to_run
from tradegains.engines.jars import DELTA_JARS
from tradegains.engines.java import java_environment
from tradegains.errors import (
    DisclosureError,
    InputError,
    OutputBusyError,
    StudyError,
    TradegainsError,
)

CRON, KUBERNETES = ROOT / "conf" / "cron", ROOT / "conf" / "kubernetes"
SETTINGS = [*sorted((ROOT / "conf" / "spark").glob("*.conf")), KUBERNETES / "spark.conf"]
DAG = ROOT / "conf" / "airflow" / "tradegains_dag.py"
STUDY_IN_IMAGE = "/opt/tradegains/studies/cusfta.toml"


def settings_of(file: Path) -> dict[str, str]:
    lines = [line.split(None, 1) for line in file.read_text().splitlines()]
    return {line[0]: line[1].strip() for line in lines if line and not line[0].startswith("#")}


# --- spark-submit ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def known_to_spark() -> bytes:
    """The compiled classes in which Spark declares its settings."""
    jars = [jar for room in ("core", "kubernetes", "yarn", "catalyst", "sql", "common-utils")
            for jar in (SPARK_HOME / "jars").glob(f"spark-{room}_*.jar")]  # fmt: skip
    return b"".join(declaring_classes(jars))


def declaring_classes(jars: list[Path]) -> Iterator[bytes]:
    place = re.compile(r"(/config/|/Config|SQLConf|/SparkConf|/yarn/)")
    for jar in jars:
        with zipfile.ZipFile(jar) as archive:
            yield from (archive.read(name) for name in archive.namelist() if place.search(name))


@pytest.mark.parametrize("file", SETTINGS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_setting_is_one_of_spark(file: Path, known_to_spark: bytes) -> None:
    assert settings_of(file)
    unknown = [key for key in settings_of(file) if not is_known(key, known_to_spark)]
    assert unknown == []


def is_known(key: str, declared: bytes) -> bool:
    """Whether Spark declares it whole, or as a prefix with a last part or a name of the user's."""
    if key.startswith("spark.hadoop."):
        (jar,) = (SPARK_HOME / "jars").glob("hadoop-client-api-*.jar")
        with zipfile.ZipFile(jar) as archive:
            defaults = archive.read("core-default.xml").decode()
        return f"<name>{key.removeprefix('spark.hadoop.')}</name>" in defaults
    if key.startswith("spark.yarn.appMasterEnv."):
        key = "spark.yarn.appMasterEnv."
    prefix, _, last = key.rpartition(".")
    return key.encode() in declared or all(
        part.encode() in declared for part in (f"{prefix}", f".{last}") if part
    )


def test_an_unknown_setting_is_seen(known_to_spark: bytes) -> None:
    assert not is_known("spark.kubernetes.container.imag3", known_to_spark)
    assert not is_known("spark.hadoop.fs.s3a.endpunkt", known_to_spark)


def test_settings_on_the_page_are_of_spark(known_to_spark: bytes) -> None:
    given = [value.partition("=")[0] for words in submissions()
             for option, value in pairwise(words)
             if option == "--conf"]  # fmt: skip
    assert given
    assert [key for key in given if not is_known(key, known_to_spark)] == []


@pytest.mark.only("spark")
def test_options_on_the_page_are_of_spark_submit() -> None:
    asked = subprocess.run(
        [SPARK_HOME / "bin" / "spark-submit", "--help"],
        capture_output=True,
        text=True,
        env=os.environ | {"SPARK_HOME": str(SPARK_HOME)} | java_environment(),
    )
    taken = set(re.findall(r"(?<![\w-])--[a-z-]+", asked.stdout + asked.stderr))
    for words in [*submissions(), dag_command()]:
        job = next(place for place, word in enumerate(words) if word.endswith("run_study.py"))
        given = {word for word in words[1:job] if word.startswith("--")}
        assert given - taken == set(), words


def test_jobs_take_the_options_on_the_page() -> None:
    parser = argparse.ArgumentParser()
    add_what_to_run(parser)
    for words in [*submissions(), dag_command()]:
        job = next(place for place, word in enumerate(words) if word.endswith("run_study.py"))
        for option in (word for word in words[job:] if word.startswith("--")):
            assert option in parser.format_help(), option


# --- Kubernetes -----------------------------------------------------------------------------------


@pytest.mark.only("spark")
def test_submission_to_kubernetes_asks_for_the_pod_of_the_template() -> None:
    sent = submit_to_kubernetes()
    (pod,) = [body for request, body in sent if request.endswith("/namespaces/tradegains/pods")]
    assert pod["spec"]["serviceAccountName"] == "tradegains"
    (container,) = pod["spec"]["containers"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts["data"] == "/data"
    scratch = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert scratch["SPARK_LOCAL_DIRS"] == mounts["spark-local-dir-1"]
    assert "local:///opt/tradegains/jobs/run_study.py" in container["args"]
    assert STUDY_IN_IMAGE in container["args"]
    needed = {request.split("/")[-2] for request, _ in sent if request.startswith("PATCH")}
    expected = {"services", "configmaps", "networkpolicies"}
    if pyspark.__version__ < "4.2":
        expected -= {"networkpolicies"}
    assert needed == expected, "docs/clusters.md names them"


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((KUBERNETES / name).read_text()))


def test_the_account_may_do_what_a_driver_does() -> None:
    account, role, binding = documents("access.yaml")
    name = settings_of(KUBERNETES / "spark.conf")[
        "spark.kubernetes.authenticate.driver.serviceAccountName"
    ]
    assert account["metadata"]["name"] == binding["subjects"][0]["name"] == name
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    (rule,) = role["rules"]
    assert {"pods", "services", "configmaps"} <= set(rule["resources"])
    assert {"create", "delete", "watch"} <= set(rule["verbs"])
    assert "secrets" not in rule["resources"]


def test_the_pod_template_has_no_privileges_and_disk_for_shuffles() -> None:
    (pod,) = documents("pod.yaml")
    (container,) = pod["spec"]["containers"]
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    assert any(name.startswith("spark-local-dir-") for name in volumes)


def test_the_image_holds_what_the_submission_names() -> None:
    recipe = (KUBERNETES / "Containerfile").read_text()
    copied = re.findall(r"^COPY (?:--\S+ )*(\S+) .*?(\S+)$", recipe, re.MULTILINE)
    for source, _ in copied:
        if not source.startswith(("/", "jars/", "dist/")):
            assert (ROOT / source).is_dir(), source
    targets = dict(copied)
    assert f"{targets['jobs/']}run_study.py" == "/opt/tradegains/jobs/run_study.py"
    assert f"{targets['conf/studies/']}cusfta.toml" == STUDY_IN_IMAGE
    assert (ROOT / "conf" / "studies" / "cusfta.toml").is_file()
    assert targets["dist/tradegains.zip"] == "/opt/tradegains/tradegains.zip"
    assert all(jar.name.endswith(".jar") for jar in DELTA_JARS)
    assert f"apache/spark:{pyspark.__version__}-" in recipe
    assert f"USER {documents('pod.yaml')[0]['spec']['securityContext']['runAsUser']}" in recipe


# --- Airflow --------------------------------------------------------------------------------------


class FailForGoodError(Exception):
    """Stands in for Airflow's exception after which a task is not tried again."""


def loaded_dag(monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], dict[str, Any]]:
    """The DAG's file as a module, Airflow stood in for: its names, and what it declared."""
    declared: dict[str, Any] = {}

    def task(**options: Any) -> Any:
        declared.update(options)
        return lambda function: lambda: declared.setdefault("run", function)

    def dag(**options: Any) -> Any:
        declared.update(options)
        return lambda function: function

    sdk, exceptions = types.ModuleType("airflow.sdk"), types.ModuleType("airflow.sdk.exceptions")
    sdk.dag, sdk.task = dag, task
    exceptions.AirflowFailException = FailForGoodError
    for module in (types.ModuleType("airflow"), sdk, exceptions):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return runpy.run_path(str(DAG)), declared


def dag_command() -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        return list(loaded_dag(patch)[0]["SUBMIT"])


def test_the_dag_runs_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    _, declared = loaded_dag(monkeypatch)
    assert declared["max_active_runs"] == 1
    assert declared["catchup"] is False
    assert declared["retry_delay"] >= timedelta(minutes=1)


@pytest.mark.parametrize("error", [StudyError, InputError, DisclosureError])
def test_the_dag_does_not_try_again_what_cannot_help(
    error: type[TradegainsError], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FailForGoodError, match=f"exit code {error.exit_code}"):
        run_dag(error.exit_code, monkeypatch)


@pytest.mark.parametrize("code", [TradegainsError.exit_code, OutputBusyError.exit_code, 137])
def test_the_dag_tries_again_what_may_help(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match=f"exit code {code}"):
        run_dag(code, monkeypatch)


def test_the_dag_is_done_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    run_dag(0, monkeypatch)


def run_dag(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    _, declared = loaded_dag(monkeypatch)
    ended = subprocess.CompletedProcess([], code)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: ended)
    declared["run"]()


# --- cron -----------------------------------------------------------------------------------------


@pytest.fixture
def cron(tmp_path: Path) -> Any:
    """Call the script with a stand-in for `tradegains` that ends with a code."""

    def call(code: int) -> subprocess.CompletedProcess[str]:
        program = tmp_path / "tradegains"
        program.write_text(f'#!/bin/sh\necho "$@"\necho problem >&2\nexit {code}\n')
        program.chmod(0o755)
        output = tmp_path / "results of mine"
        command = [CRON / "run_study.sh", "study.toml", output, "--input", "census=/data/a b"]
        return subprocess.run(
            command, capture_output=True, text=True, env=os.environ | {"TRADEGAINS": str(program)}
        )

    return call


def logs(folder: Path) -> list[str]:
    return [log.read_text() for log in (folder / "results of mine" / "logs").glob("*.txt")]


def test_cron_hears_nothing_of_a_run_that_went_well(cron: Any, tmp_path: Path) -> None:
    ended = cron(0)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    (log,) = logs(tmp_path)
    output = tmp_path / "results of mine"
    assert log == f"run study.toml --output {output} --input census=/data/a b\nproblem\n"


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5])
def test_cron_passes_the_exit_code_on_with_the_end_of_the_log(code: int, cron: Any) -> None:
    ended = cron(code)
    assert ended.returncode == code
    assert f"exit code {code}; the log is " in ended.stderr
    assert "problem" in ended.stderr


def test_cron_lets_one_run_at_a_time_through(cron: Any, tmp_path: Path) -> None:
    place = tmp_path / "results of mine" / "logs"
    place.mkdir(parents=True)
    with (place / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        ended = cron(0)
    assert ended.returncode == 75
    assert "has not ended" in ended.stderr
    assert logs(tmp_path) == []
    assert cron(0).returncode == 0


def test_the_crontab_calls_the_script_with_options_it_takes() -> None:
    from tradegains.command.arguments import build_parser

    lines = (CRON / "crontab").read_text().splitlines()
    (line,) = [line for line in lines if line[:1].isdigit()]
    *times, command = line.split(None, 5)
    assert all(re.fullmatch(r"[\d*/,-]+", field) for field in times)
    script, study, output, *options = shlex.split(command)
    assert script.endswith((CRON / "run_study.sh").relative_to(ROOT).as_posix())
    assert build_parser().parse_args(["run", study, "--output", output, *options]).input


def test_the_script_is_shell_and_executable() -> None:
    subprocess.run(["bash", "-n", CRON / "run_study.sh"], check=True)
    assert os.access(CRON / "run_study.sh", os.X_OK)

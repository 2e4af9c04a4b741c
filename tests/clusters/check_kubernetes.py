"""What Kubernetes would be given: manifests of its schema, and an image whose driver publishes.

Minutes, and 6 GB of disk, so not part of the usual suite: `make kubernetes-check` runs it. It needs
buildah and mmdebstrap, and no privileges. What it does not show is a cluster that schedules pods.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from clusters.images import TOOLS, Builder, build_image
from clusters.kubernetes import ROOT, Sent, submit_to_kubernetes
from clusters.object_store import ObjectStore
from clusters.small_runs import digests
from clusters.submitting import SETTINGS, inputs, upload

kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="pip install .[kubernetes]")

MANIFESTS = sorted((ROOT / "conf" / "kubernetes").glob("*.yaml"))
API = "1.37"
PROPERTIES = "/opt/spark/conf/spark.properties"


def require_valid(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, API, strict=True)


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: file.name)
def test_shipped_manifests_are_of_the_schema(file: Path) -> None:
    manifests = list(yaml.safe_load_all(file.read_text()))
    assert manifests
    for manifest in manifests:
        require_valid(manifest)


def test_a_manifest_that_is_not_of_the_schema_is_seen() -> None:
    (pod,) = yaml.safe_load_all((ROOT / "conf" / "kubernetes" / "pod.yaml").read_text())
    pod["spec"]["containers"][0]["volumeMount"] = []
    with pytest.raises(kubernetes_validate.ValidationError, match="volumeMount"):
        require_valid(pod)


@pytest.fixture(scope="module")
def submitted(store: ObjectStore) -> Sent:
    """What Spark's client asks the API server for, for the small study over the object store."""
    job = ("/data/study.toml", "--output", f"{store.address}/pod", *inputs(f"{store.address}/in"))
    memory = {key: value for key, value in SETTINGS.items() if "memory" in key or "sql" in key}
    there = {f"spark.kubernetes.driverEnv.{key}": value for key, value in store.environment.items()}
    s3a = {"spark.hadoop.fs.s3a.endpoint": store.endpoint,
           "spark.hadoop.fs.s3a.path.style.access": "true"}  # fmt: skip
    return submit_to_kubernetes(job, memory | there | s3a)


def test_what_spark_asks_for_is_of_the_schema(submitted: Sent) -> None:
    asked = [body for _, body in submitted if body.get("kind")]
    assert {"Pod", "Service", "ConfigMap", "NetworkPolicy"} <= {body["kind"] for body in asked}
    for body in asked:
        body["metadata"].pop("uid", None)  # the stand-in's
        require_valid(body)


@pytest.fixture(scope="module")
def image(zipped: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Builder, str]:
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    if lacking:
        pytest.skip(f"needs {' and '.join(lacking)} (Debian packages of the same names)")
    return build_image(tmp_path_factory.mktemp("images"), zipped)


def test_the_driver_of_the_pod_publishes_from_the_image(
    image: tuple[Builder, str],
    submitted: Sent,
    store: ObjectStore,
    study: Path,
    here: dict[str, str],
    tmp_path: Path,
) -> None:
    upload(study, f"{store.address}/in/census")
    (pod,) = (body for _, body in submitted if body.get("kind") == "Pod")
    (container,) = pod["spec"]["containers"]
    environment = {each["name"]: each["value"] for each in container["env"] if "value" in each}
    environment |= {"SPARK_DRIVER_BIND_ADDRESS": "127.0.0.1", "SPARK_LOCAL_IP": "127.0.0.1"}
    environment["SPARK_LOCAL_DIRS"] = "/tmp"
    assert PROPERTIES in container["args"]
    properties = tmp_path / "conf" / "spark.properties"
    properties.parent.mkdir()
    properties.write_text(in_one_process(submitted))
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(study, data / "study.toml")
    for folder in (properties.parent, data):
        folder.chmod(0o755)  # for the user of the image
    builder, name = image
    told = builder.run_inside(
        name,
        ["/opt/entrypoint.sh", *container["args"]],
        environment=environment,
        volumes={properties.parent: "/opt/spark/conf", data: "/data"},
    )
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr[-3000:]
    assert digests(f"{store.address}/pod") == here


def in_one_process(submitted: Sent) -> str:
    """The settings that Spark's client gives the pod, but for the cluster that is not there."""
    (text,) = (body["data"]["spark.properties"] for _, body in submitted
               if body.get("kind") == "ConfigMap"
               and "spark.properties" in body.get("data", {}))  # fmt: skip
    lines = [line for line in text.splitlines() if not line.startswith("spark.master=")]
    return "\n".join([*lines, "spark.master=local[2]", ""])

"""The image for Kubernetes, built without privileges by buildah, with no registry of images.

Its two bases stand in for those of Docker: Python is that of Debian, of the release that the recipe
names too, and Spark is that of the PySpark package with the Java of this machine. SPARK_IMAGE and
PYTHON_IMAGE name the real ones, where a registry can be had.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clusters.kubernetes import ROOT, SPARK_HOME
from tradegains.engines.jars import DELTA_JARS, S3_JARS, collect_jars
from tradegains.engines.java import java_environment

TOOLS = ("buildah", "mmdebstrap")  # Debian's packages of the same names
RECIPE = ROOT / "conf" / "kubernetes" / "Containerfile"
STAND_INS = {"spark": "SPARK_IMAGE", "python": "PYTHON_IMAGE"}
# What Spark's own entry point does for a driver: start it under an init process, in the place of
# this one, as the client that asked for the pod has written it down.
ENTRY_POINT = """#!/bin/bash
set -e
[ "$1" = driver ] || { echo "this stands in for an entry point for drivers alone" >&2; exit 64; }
shift
exec /usr/bin/tini -s -- "$SPARK_HOME/bin/spark-submit" --deploy-mode client \\
    --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" "$@"
"""
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class Builder:
    """A store of images in a folder of its own; nothing else on this machine is touched."""

    folder: Path

    def run(self, *words: object) -> subprocess.CompletedProcess[str]:
        """What buildah says, which must end well."""
        ended = self.try_to(*words)
        assert ended.returncode == 0, f"{words}: {ended.stdout[-3000:]}{ended.stderr[-3000:]}"
        return ended

    def try_to(self, *words: object) -> subprocess.CompletedProcess[str]:
        """What buildah says, and its exit code."""
        store = ["--storage-driver", "vfs", "--root", self.folder / "images"]
        store += ["--runroot", self.folder / "running"]
        command = ["buildah", *store, *words]
        return subprocess.run([str(word) for word in command], capture_output=True, text=True)

    def build(
        self, name: str, recipe: Path, context: Path, arguments: Mapping[str, str] | None = None
    ) -> str:
        """An image of a recipe; its name."""
        given = [part for key, value in (arguments or {}).items()
                 for part in ("--build-arg", f"{key}={value}")]  # fmt: skip
        # A machine may trust more than the image does: what it trusts serves while it is built.
        trusted = ["--volume", f"{CERTIFICATES}:{CERTIFICATES}:ro"] if context != recipe else []
        way = ["--isolation", "chroot", "--layers=false", *trusted, *given]
        self.run("build", *way, "--file", recipe, "--tag", name, context)
        return f"localhost/{name}"

    def run_inside(
        self, image: str, command: Sequence[str], *,
        environment: Mapping[str, str], volumes: Mapping[Path, str],
    ) -> subprocess.CompletedProcess[str]:  # fmt: skip
        """What a command in a container of the image says, and its exit code."""
        container = self.run("from", image).stdout.strip()
        # Kubernetes enters a pod's name in its /etc/hosts; Java asks who it is.
        way = ["--isolation", "chroot", "--hostname", "localhost"]
        way += [part for key, value in environment.items() for part in ("--env", f"{key}={value}")]
        way += [part for here, there in volumes.items() for part in ("--volume", f"{here}:{there}")]
        try:
            return self.try_to("run", *way, container, "--", *command)
        finally:
            self.try_to("rm", container)


def build_image(folder: Path, package: Path) -> tuple[Builder, str]:
    """The image of conf/kubernetes/Containerfile, with the jars for S3, in a store below a folder.

    Args:
        folder: for images, their sources and what is left of them; 6 GB.
        package: the zip of `make dist`.
    """
    builder = Builder(folder)
    spark = os.environ.get("SPARK_IMAGE") or spark_base(builder)
    python = os.environ.get("PYTHON_IMAGE") or python_base(builder)
    context = folder / "context"
    list(collect_jars(context / "jars", [*DELTA_JARS, *S3_JARS]))
    (context / "dist").mkdir()
    shutil.copy(package, context / "dist" / "tradegains.zip")
    shutil.copytree(ROOT / "jobs", context / "jobs")
    shutil.copytree(ROOT / "conf" / "studies", context / "conf" / "studies")
    return builder, builder.build("tradegains", RECIPE, context, {"SPARK": spark, "PYTHON": python})


def python_base(builder: Builder) -> str:
    """Debian with its Python, which is 3.11 in this release, found where Docker's image has it."""
    context = builder.folder / "python"
    context.mkdir()
    hooks = ['ln -s /usr/bin/python3 "$1/usr/local/bin/python3"',
             'ln -s /usr/bin/pip3 "$1/usr/local/bin/pip"',
             'rm "$1"/usr/lib/python3*/EXTERNALLY-MANAGED']  # fmt: skip
    command = ["mmdebstrap", "--variant=minbase", "--include=ca-certificates,python3,python3-pip"]
    command += [f"--customize-hook={hook}" for hook in hooks]
    ended = subprocess.run(
        [*command, "bookworm", context / "root.tar"], capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    (context / "recipe").write_text("FROM scratch\nADD root.tar /\n")
    return builder.build("python", context / "recipe", context)


def spark_base(builder: Builder) -> str:
    """What the recipe takes of Spark's image: Java, Spark and the entry point."""
    context = builder.folder / "spark"
    context.mkdir()
    java = Path(java_environment().get("JAVA_HOME") or find_java())
    # Debian keeps a part of Java elsewhere and links to it.
    shutil.copytree(java, context / "java", ignore_dangling_symlinks=True)
    for part in ("bin", "jars", "python", "sbin"):
        shutil.copytree(SPARK_HOME / part, context / "spark" / part)
    for name, text in (("entrypoint.sh", ENTRY_POINT), ("decom.sh", "#!/bin/bash\n")):
        (context / name).write_text(text)
        (context / name).chmod(0o755)
    lines = ["FROM scratch", "COPY java /opt/java/openjdk", "COPY spark /opt/spark"]
    lines.append("COPY entrypoint.sh decom.sh /opt/")
    (context / "recipe").write_text("\n".join(lines) + "\n")
    return builder.build("spark", context / "recipe", context)


def find_java() -> Path:
    """The home of the Java on the path."""
    found = shutil.which("java")
    assert found, "there is no Java"
    return Path(found).resolve().parents[1]

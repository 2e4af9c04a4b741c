"""Hadoop's own mini cluster on the loopback: HDFS, and YARN where it is asked for.

One jar beside those that PySpark ships holds it. Python drives it through py4j, so that a test can
do to the servers what happens to real ones: safe mode, a quota, a namenode that goes and returns.
The JVM ends with the process that started it.
"""

import logging
import os
import signal
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyspark
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

from tradegains.engines.jars import MAVEN_CENTRAL, Jar, collect_jars
from tradegains.engines.java import java_environment

LOOPBACK = "127.0.0.1"
SPARK_HOME = Path(pyspark.__path__[0])
HDFS_JARS = (
    Jar(
        "org.apache.hadoop",
        "hadoop-client-minicluster",
        "3.5.0",  # as the client that PySpark 4.2 ships
        "06772d24529e59939915979b3edba204d367750ef7dc5120411f35221dd4818c",
    ),
)
# What YARN signs its tokens and asserts with, and Spark has not.
YARN_JARS = (
    *HDFS_JARS,
    Jar(
        "org.bouncycastle",
        "bcpkix-jdk18on",
        "1.78.1",
        "4b48ea084e5232b9d79ebca1887b9de037b124931807cd60710748c2aee08cc9",
    ),
    Jar(
        "org.bouncycastle",
        "bcprov-jdk18on",
        "1.78.1",
        "add5915e6acfc6ab5836e1fd8a5e21c6488536a8c1f21f386eeb3bf280b702d7",
    ),
    Jar(
        "org.bouncycastle",
        "bcutil-jdk18on",
        "1.78.1",
        "d9fa56f97b0f761ce3bc8d9d74c5d7137a987bf5bd3abfe1003f9bafa45a1d2f",
    ),
    Jar(
        "org.junit.jupiter",
        "junit-jupiter-api",
        "5.8.2",
        "1808ee87e0f718cd6e25f3b75afc17956ac8a3edc48c7e9bab9f19f9a79e3801",
    ),
    Jar(
        "org.junit.platform",
        "junit-platform-commons",
        "1.8.2",
        "d2e015fca7130e79af2f4608dc54415e4b10b592d77333decb4b1a274c185050",
    ),
    Jar(
        "org.opentest4j",
        "opentest4j",
        "1.2.0",
        "58812de60898d976fb81ef3b62da05c6604c18fd4a249f5044282479fc286af2",
    ),
)
HDFS_SETTINGS = {
    "dfs.replication": "1",
    # A namenode that has just come back leaves safe mode when its one block report is in.
    "dfs.namenode.safemode.extension": "0",
    "dfs.namenode.heartbeat.recheck-interval": "1000",
    "dfs.heartbeat.interval": "1",
    "dfs.namenode.http-address": f"{LOOPBACK}:0",
    "dfs.datanode.http.address": f"{LOOPBACK}:0",
    "hadoop.security.groups.cache.secs": "0",
}
YARN_SETTINGS = {
    "yarn.scheduler.capacity.root.queues": "default",
    "yarn.scheduler.capacity.root.default.capacity": "100",
    "yarn.scheduler.capacity.maximum-am-resource-percent": "1.0",
    "yarn.minicluster.yarn.nodemanager.resource.memory-mb": "5120",
    "yarn.scheduler.minimum-allocation-mb": "128",
    "yarn.nodemanager.vmem-check-enabled": "false",
    "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99",
    "yarn.nodemanager.delete.debug-delay-sec": "600",
}


def jars_folder() -> Path:
    """Where the servers' jars are kept once they have been fetched."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "tradegains" / "cluster-jars"


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@dataclass
class MiniHadoop:
    """A running HDFS, with YARN or without.

    Attributes:
        java: classes of its JVM, by the names of their packages.
        hdfs: Hadoop's MiniDFSCluster.
        yarn: Hadoop's MiniYARNCluster, or None.
        address: of the namenode, `hdfs://127.0.0.1:PORT`.
    """

    gateway: JavaGateway
    process: Any
    java: Any
    hdfs: Any
    yarn: Any
    address: str
    _datanode: Any = None

    @property
    def files(self) -> Any:
        """Hadoop's own client of the file system, as its superuser."""
        return self.hdfs.getFileSystem()

    def path(self, path: str) -> Any:
        """A path as Hadoop takes it."""
        return self.java.org.apache.hadoop.fs.Path(path)

    def read_only(self, state: bool) -> None:
        """Put the namenode in safe mode, or end it."""
        self.hdfs.getNameNodeRpc().setSafeMode(
            getattr(
                self.java.org.apache.hadoop.hdfs.protocol.HdfsConstants.SafeModeAction,
                "SAFEMODE_ENTER" if state else "SAFEMODE_LEAVE",
            ),
            False,
        )

    def limit_space(self, path: str, size: int) -> None:
        """Set how many bytes a folder may hold; -1: any number."""
        constants = self.java.org.apache.hadoop.hdfs.protocol.HdfsConstants
        names = constants.QUOTA_DONT_SET if size > 0 else constants.QUOTA_RESET
        space = size if size > 0 else constants.QUOTA_RESET
        self.files.setQuota(self.path(path), names, space)

    def stop_namenode(self) -> None:
        """Let the namenode go; its port refuses from then on."""
        self.hdfs.shutdownNameNode(0)

    def start_namenode(self) -> None:
        """Start the namenode again, with what it had."""
        self.hdfs.restartNameNode(0)  # and waits until it serves

    def stop_datanode(self) -> None:
        """Let the one datanode go: names are still told, but no content is taken or given."""
        self._datanode = self.hdfs.stopDataNode(0)

    def start_datanode(self) -> None:
        """Start it again, with what it had."""
        self.hdfs.restartDataNode(self._datanode, True)
        self.hdfs.waitActive()

    def pause(self) -> None:
        """Stop the servers' process: connections are taken, and nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def write_client_settings(self, folder: Path) -> Path:
        """Write what a client of the cluster needs, and no more, into a HADOOP_CONF_DIR.

        The servers' full settings name classes that Spark does not have.
        """
        folder.mkdir(parents=True, exist_ok=True)
        core = {"fs.defaultFS": self.address, "dfs.replication": "1"}
        (folder / "core-site.xml").write_text(_settings_text(core), encoding="utf-8")
        if self.yarn:
            found = self.yarn.getConfig()
            names = [
                f"yarn.resourcemanager.{part}address" for part in ("", "scheduler.", "admin.")
            ] + ["yarn.resourcemanager.resource-tracker.address"]
            chosen = {name: found.get(name) for name in names}
            (folder / "yarn-site.xml").write_text(_settings_text(chosen), encoding="utf-8")
        return folder

    def stop(self) -> None:
        """Stop the servers and their JVM."""
        logging.getLogger("py4j").setLevel(logging.CRITICAL)  # it would tell of the lost connection
        self.gateway.shutdown()
        self.process.kill()
        self.process.wait()


def _settings_text(settings: dict[str, str]) -> str:
    entries = [
        f"<property><name>{name}</name><value>{value}</value></property>"
        for name, value in settings.items()
    ]
    return f"<configuration>{''.join(entries)}</configuration>\n"


def start_hadoop(folder: Path, *, yarn: bool = False, heap: str = "400m") -> MiniHadoop:
    """Start the servers, with their data and log below a folder.

    Raises:
        EngineError: a jar cannot be had, or there is no Java.
    """
    jars = [each.path for each in collect_jars(
        jars_folder(), YARN_JARS if yarn else HDFS_JARS, repository=MAVEN_CENTRAL
    )]  # fmt: skip
    os.environ.update(java_environment())
    folder.mkdir(parents=True, exist_ok=True)
    (client,) = (SPARK_HOME / "jars").glob("py4j-*.jar")
    log = (folder / "hadoop.log").open("w")
    port, process = launch_gateway(
        jarpath=str(client),
        classpath=":".join(map(str, [*jars, SPARK_HOME / "jars" / "*"])),
        javaopts=[
            f"-Xmx{heap}",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            f"-Dtest.build.data={folder}",  # else YARN keeps its data where it was started
        ],
        die_on_exit=True,
        return_proc=True,
        redirect_stdout=log,
        redirect_stderr=log,
    )
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port))
    java = gateway.jvm
    settings = {"hdfs.minidfs.basedir": str(folder / "hdfs")} | HDFS_SETTINGS
    kind = (
        java.org.apache.hadoop.yarn.conf.YarnConfiguration
        if yarn
        else (java.org.apache.hadoop.conf.Configuration)
    )
    configuration = kind()
    for name, value in (settings | (YARN_SETTINGS if yarn else {})).items():
        configuration.set(name, value)
    builder = java.org.apache.hadoop.hdfs.MiniDFSCluster.Builder(configuration)
    namenode = free_port()
    hdfs = builder.nameNodePort(namenode).numDataNodes(1).build()
    hdfs.waitActive()
    nodes = None
    if yarn:
        nodes = java.org.apache.hadoop.yarn.server.MiniYARNCluster("yarn", 1, 1, 1)
        nodes.init(configuration)
        nodes.start()
        nodes.waitForNodeManagersToConnect(30000)
    return MiniHadoop(gateway, process, java, hdfs, nodes, f"hdfs://{LOOPBACK}:{namenode}")

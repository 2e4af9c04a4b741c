"""Everything that would stop a run, found in seconds: study, inputs, environment, conditions.

Each part is looked at even where another has problems, so that one answer names them all. No JVM
and no engine is started: conditions ([[populations]], [[restrictions]]) are judged as text.
"""

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tradegains.engines.protection import choose_protection
from tradegains.errors import (
    EngineError,
    InputError,
    Problem,
    StorageError,
    StudyError,
    TradegainsError,
)
from tradegains.inputs.latest import read_study
from tradegains.store.writers import needs_spark
from tradegains.study import Study

if TYPE_CHECKING:
    from tradegains.store.census import CensusFiles

OLDEST_PYTHON = (3, 11)
_PACKAGES = {
    "embedded": ("pyspark", "pysail", "deltalake", "pyarrow", "numpy", "pandas", "lark"),
    "spark": ("pyspark", "deltalake", "pyarrow", "numpy", "pandas", "lark"),
}
_MAVEN = "https://repo1.maven.org/maven2/io/delta/"
_MAVEN_SECONDS = 5


@dataclass(frozen=True, repr=False)
class Checked:
    """What a check found: the study and its census as far as they can be read, and the errors.

    Each error holds the problems of one kind and the exit code of that kind. `protection` says how
    other users of this machine are kept from the embedded engine, where that is the engine; `told`
    what the study accepts to lose.
    """

    study: Study | None
    census: "CensusFiles | None"
    errors: tuple[TradegainsError, ...]
    protection: str | None = None
    told: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem, those of the study first."""
        return tuple(problem for error in self.errors for problem in error.problems)

    @property
    def exit_code(self) -> int:
        """0, or the exit code of the first error."""
        return self.errors[0].exit_code if self.errors else 0

    def __repr__(self) -> str:
        """What is wrong, for a notebook."""
        return "\n".join(map(str, self.problems)) or "nothing is wrong"


def check_study(
    path: str | Path,
    overrides: Mapping[str, str] | None = None,
    *,
    engine: str = "embedded",
    output: str | None = None,
    jars: str | None = None,
    unshared: bool = False,
) -> Checked:
    """Check a study, its inputs and this machine.

    Args:
        path: The study file.
        overrides: Input paths by name.
        engine: The engine that a run would use.
        output: The folder a run would write to; None leaves it unchecked.
        jars: The folder with Delta's jars, for Spark.
        unshared: Nobody else uses this machine.

    Returns:
        What was found; nothing is raised for what is wrong with the user's files or machine.
    """
    study, census = None, None
    told: tuple[str, ...] = ()
    errors: list[TradegainsError] = []
    try:
        study = read_study(path, overrides)
    except (StudyError, InputError, StorageError) as error:  # the last two: of its newest year
        errors.append(error)
    census_path = None if study is None else study.inputs.census
    try:
        if found := list(output_problems(output, census_path)):
            errors.append(StudyError(found))
    except StorageError as error:
        errors.append(error)
    if study is not None:
        from tradegains.inputs.reading import judge_inputs

        try:
            judged = judge_inputs(study, tell=True)
            census, told = judged.census, judged.told
            errors += judged.errors
            errors += _storage_errors(census, engine)
        except StorageError as error:
            errors.append(error)
    errors += environment_errors(engine, jars, output)
    protection = None
    if engine == "embedded":
        try:
            protection = choose_protection(unshared=unshared).told
        except EngineError as error:
            errors.append(error)
    return Checked(study, census, tuple(errors), protection, told)


def _storage_errors(census: "CensusFiles | None", engine: str) -> Iterator[InputError]:
    if census is None:
        return
    from tradegains.store.storage import storage_problems

    if problems := list(storage_problems(census, engine)):
        yield InputError(problems)


def output_problems(output: str | None, census: str | None = None) -> Iterator[Problem]:
    """Why an output cannot be written to a folder, if it cannot; nothing is created.

    Raises:
        StorageError: what is behind its address does not answer, or refuses: told before an engine
            is started, which on a cluster takes a minute.
    """
    if output is None:
        return
    from tradegains.store.output import census_problems, locate_output

    try:
        located = locate_output(output)
        yield from census_problems(output, census)
    except (StudyError, InputError) as error:
        yield from error.problems
        return
    if "://" in output:
        located.require_answer()
        return
    place = Path(output).absolute()
    while not os.path.exists(place) and place != place.parent:  # False also of too long a name
        place = place.parent
    if not place.is_dir():
        yield Problem(
            "the output folder cannot be made: a file stands in its place",
            str(place),
            cure="choose another folder with --output",
        )
    elif not os.access(place, os.W_OK | os.X_OK):
        cure = "choose a folder you may write to with --output, or change its permissions"
        yield Problem("the output folder cannot be written to", str(place), cure=cure)


def needs_jars(output: str | Path | None) -> bool:
    """Whether Spark needs Delta's jars: a local disk, HDFS and S3 are written by Python.

    Example:
        >>> needs_jars("hdfs://names/results"), needs_jars("gs://bucket/results")
        (False, True)
    """
    return output is None or needs_spark(str(output))


def environment_errors(
    engine: str, jars: str | None = None, output: str | None = None
) -> Iterator[TradegainsError]:
    """What this machine lacks for an engine; `jars` is the folder with Delta's jars, if stated."""
    problems = [*_python_problems(), *_package_problems(engine)]
    if engine == "spark" and not problems:
        try:
            problems += _spark_problems(jars, output)
        except EngineError as error:
            problems += error.problems
    if problems:
        yield EngineError(problems)


def _python_problems() -> Iterator[Problem]:
    if sys.version_info < OLDEST_PYTHON:
        wanted = ".".join(map(str, OLDEST_PYTHON))
        cure = f"make an environment with Python {wanted} or newer"
        yield Problem(f"Python {sys.version.split()[0]} is too old", sys.executable, cure=cure)


def _package_problems(engine: str) -> Iterator[Problem]:
    for package in _PACKAGES.get(engine, ()):
        if find_spec(package) is None:
            cure = "run `pip install tradegains` in this environment"
            if package == "pysail":
                cure += ", or use --engine spark"
            yield Problem(f"the package {package} is missing", sys.prefix, cure=cure)


def _spark_problems(jars: str | None, output: str | None) -> Iterator[Problem]:
    from tradegains.engines import delta_jars, java
    from tradegains.engines.spark import SUBMITTED

    if SUBMITTED in os.environ:
        return  # spark-submit has started Java and chosen the jars
    delta_jars.require_pair()
    java.java_environment()
    choice = jars or os.environ.get(delta_jars.JARS_VARIABLE, "")
    if choice == delta_jars.NO_JARS or not needs_jars(output):
        return
    if choice:
        delta_jars.jar_files(Path(choice))
    elif not _ivy_has_delta() and not _maven_answers():
        yield Problem(
            "Delta's jars are neither on this machine nor can they be fetched",
            delta_jars.coordinates(),
            cure="give this machine access to Maven Central, or a folder with the jars by "
            f"--jars-dir or {delta_jars.JARS_VARIABLE}; --engine embedded needs none",
        )


def _ivy_has_delta() -> bool:
    caches = Path.home().glob(".ivy2*/jars")
    return any(list(cache.glob("io.delta_delta-spark*.jar")) for cache in caches)


def _maven_answers() -> bool:
    request = urllib.request.Request(_MAVEN, method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=_MAVEN_SECONDS):
            return True
    except urllib.error.HTTPError:
        return True  # it answers; a mirror may refuse HEAD
    except OSError:
        return False

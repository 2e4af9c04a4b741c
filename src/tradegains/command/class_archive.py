"""`tradegains class-archive`: Spark's classes in one file, from which a JVM starts faster.

A JVM that starts Spark loads and checks some 20,000 classes. Java's class-data sharing keeps them
ready in a file; local runs with `--engine spark` use it once it is there. It is written on request
only: it takes 180 MB and a run of the demonstration.
"""

import os
import tempfile
from pathlib import Path
from typing import Final

from tradegains.command.demo import prepare_demo
from tradegains.engines.start import class_archive, start_engine, stop_java
from tradegains.errors import EngineError, Problem
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.study import read_study
from tradegains.tables.published import tables_of

ESTABLISHMENTS: Final = 2000
"""Of the demonstration whose run shows which classes are needed [establishments a year]."""


def write_class_archive(progress: Progress, *, jars: str | None = None) -> Path:
    """Run the demonstration on Spark, and keep the classes that it loaded.

    Args:
        progress: told of each step.
        jars: folder with Delta's jars, if Maven Central is out of reach.

    Returns:
        The file, in the user's cache folder; an earlier one is replaced.

    Raises:
        EngineError: Spark cannot start, or Java wrote no archive.
    """
    archive = class_archive()
    archive.unlink(missing_ok=True)  # an archive cannot be made on top of another
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        draft = Path(folder, archive.name)
        options = {"spark.driver.extraJavaOptions": f"-XX:ArchiveClassesAtExit={draft}"}
        with start_engine("spark", settings=options, jars=jars, memory="2g") as engine:
            output = Path(folder, "demo")
            study = prepare_demo(engine, output, establishments=ESTABLISHMENTS, progress=progress)
            wanted = tables_of("markets", "distributions")
            run(engine, read_study(study), output=str(output), only=wanted, progress=progress)
        with progress.step("write the class archive"):
            stop_java()
        if not draft.exists():
            raise EngineError(
                Problem(
                    "Java wrote no class archive",
                    str(archive),
                    cure="use a Java 17 or 21 with class-data sharing, with 300 MB free there",
                )
            )
        os.replace(draft, archive)
    return archive

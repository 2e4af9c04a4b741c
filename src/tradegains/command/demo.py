"""`tradegains demo`: the whole way from a census to a report, on synthetic data.

Decision: the study is the shipped `conf/studies/cusfta.toml`, copied beside the data it reads, so
that what the demonstration ran is a file to look at, change and run again. A clone has `conf/`; an
installed package has the same files under `share/tradegains/studies`, listed in its own record.
"""

import shutil
from importlib import metadata
from pathlib import Path

from tradegains.engines.start import Engine
from tradegains.errors import EngineError, Problem
from tradegains.progress import Progress

STUDY = "cusfta.toml"
RELEASE = "release"
_CLONE = Path(__file__).parents[3] / "conf" / "studies"
_TARGET = Path(__file__).parents[2] / "share" / "tradegains" / "studies"  # pip install --target
_INPUTS_OF_THE_SHIPPED_STUDY = "../../build/demo/input/"


def shipped_study(name: str) -> Path:
    """Where a study that comes with tradegains lies.

    Raises:
        EngineError: the installation is not complete.

    Example:
        >>> shipped_study("cusfta.toml").name
        'cusfta.toml'
    """
    installed = [Path(str(file.locate())) for file in metadata.files("tradegains") or ()]
    places = [_CLONE / name, _TARGET / name, *(file for file in installed if file.name == name)]
    found = next((place.resolve() for place in places if place.is_file()), None)
    if found is None:
        cure = "install tradegains again, or run from a clone of its repository"
        raise EngineError(Problem(f"the study {name} is not installed", cure=cure))
    return found


def prepare_demo(engine: Engine, output: Path, *, establishments: int, progress: Progress) -> Path:
    """Write the synthetic census and its study under an output folder.

    Args:
        engine: The engine that generates the census.
        output: Folder of the demonstration; its `input/` is replaced.
        establishments: Size of the census [establishments a year].
        progress: Told of the step.

    Returns:
        The study file, whose inputs lie beside it.
    """
    from tradegains.synthetic.census import write_synthetic_census

    with progress.step("generate the census"):
        write_synthetic_census(engine.spark, output / "input", establishments=establishments)
    text = shipped_study(STUDY).read_text(encoding="utf-8")
    study = output / STUDY
    study.write_text(text.replace(_INPUTS_OF_THE_SHIPPED_STUDY, "input/"), encoding="utf-8")
    return study


def forget_demo(output: Path) -> None:
    """Remove the synthetic census and the releases of an earlier demonstration.

    It may have been of another size; nobody is harmed by what left of a synthetic census.
    """
    for name in ("input", RELEASE, "work/releases"):
        shutil.rmtree(output / name, ignore_errors=True)


def release_headline(output: Path, run_id: str) -> Path:
    """Release the headline's tables of a demonstration by the plain example rules."""
    from tradegains.release.profiles import example_path
    from tradegains.release.releasing import write_release

    folder = output / RELEASE
    write_release(output, example_path("plain"), folder, run_id=run_id)
    return folder

"""`import tradegains`: light, and what it offers is what the modules have."""

import subprocess
import sys

import pytest

import tradegains
from tradegains.command.check import check_study
from tradegains.command.cli import main
from tradegains.engines.start import start_engine
from tradegains.errors import UnsupportedSystemError
from tradegains.inputs.latest import read_study
from tradegains.pipeline import run
from tradegains.published.results import open_results

HEAVY = ("pyspark", "pysail", "pandas", "numpy", "pyarrow", "matplotlib", "deltalake", "jinja2")


def loaded_by(code: str) -> list[str]:
    """Packages from outside that a new Python process has loaded after some code."""
    told = f"import sys\n{code}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    ended = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    return [name for name in HEAVY if name in ended.stdout.split()]


def test_the_package_alone_loads_no_other() -> None:
    assert loaded_by("import tradegains; dir(tradegains); tradegains.__version__") == []
    assert loaded_by("import tradegains; tradegains.read_study") == []


def test_reading_results_loads_no_engine(output) -> None:
    reading = f"tradegains.open_results({str(output)!r}).table('welfare')"
    loaded = loaded_by(f"import tradegains; {reading}")
    assert {"pandas", "pyarrow"} <= set(loaded)
    assert {"pysail", "matplotlib", "jinja2"}.isdisjoint(loaded)


def test_it_offers_five_functions() -> None:
    assert tradegains.check is check_study
    assert tradegains.open_results is open_results
    assert tradegains.read_study is read_study
    assert tradegains.run is run
    assert tradegains.start_engine is start_engine
    assert set(dir(tradegains)) == set(tradegains.__all__)
    assert set(tradegains.__all__) == {*tradegains._PLACES, "__version__"}


def test_a_name_that_it_has_not_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'open_result'"):
        tradegains.open_result  # noqa: B018  looked up for its error


def test_a_system_without_file_locks_is_refused(monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with pytest.raises(UnsupportedSystemError, match="Windows Subsystem for Linux"):
        tradegains.run  # noqa: B018  looked up for its error
    assert main(["runs", "--output", "results"]) == 1
    assert "no POSIX file locks" in capsys.readouterr().err

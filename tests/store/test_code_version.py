"""The code's version is the same from a source tree and a zip, and changes with the code."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import tradegains
from tradegains.store.code_version import code_version

SOURCE = Path(tradegains.__file__).parent
ASK = "from tradegains.store.code_version import code_version; print(code_version())"


def asked(path: Path) -> str:
    """Version told by a new Python process that imports the package from a path."""
    code = f"import sys; sys.path.insert(0, {str(path)!r}); import tradegains; {ASK}"
    code += "; print(tradegains.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    version, file = done.stdout.split()
    assert file.startswith(str(path))
    return version


def zipped(target: Path, **changes: str) -> Path:
    """The package as a zip, with the text of some files changed."""
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(SOURCE.rglob("*.py")):
            name = path.relative_to(SOURCE).as_posix()
            text = path.read_text() + changes.get(name.removesuffix(".py"), "")
            archive.writestr(f"tradegains/{name}", text)
        archive.writestr("tradegains/__pycache__/stray.pyc", b"")
    return target


def test_version_reads_well() -> None:
    assert re.fullmatch(re.escape(tradegains.__version__) + r"\+[0-9a-f]{12}", code_version())


def test_zip_and_source_tree_agree_and_a_change_shows(tmp_path: Path) -> None:
    here = asked(SOURCE.parent)
    assert asked(zipped(tmp_path / "same.zip")) == here
    assert asked(zipped(tmp_path / "other.zip", errors="\n# changed\n")) != here

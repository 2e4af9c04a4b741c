"""Pack the package for spark-submit --py-files: Python sources and package data, nothing compiled.

The archive depends on the files' contents alone, so that the same sources give the same bytes.
"""

import sys
import zipfile
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
PACKED = {".py", ".typed", ".csv", ".txt", ".toml", ".html", ".css", ".j2"}
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the format's own beginning: no clock in the archive


def main(target: Path) -> None:
    """Write the archive to `target`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    paths = sorted((SOURCE / "tradegains").rglob("*"))
    files = [path for path in paths if path.suffix in PACKED]
    with zipfile.ZipFile(target, "w") as archive:
        for path in files:
            name = path.relative_to(SOURCE).as_posix()
            entry = zipfile.ZipInfo(name, EARLIEST)
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    print(f"{target}: {len(files)} files, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

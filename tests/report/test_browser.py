"""The page in Debian's chromium: no error, no sideways scroll, links that land, all of it in print.

The page forbids itself every script, so a script that measures it stands in copies whose policy
lets scripts run. The copies lie in frames of the widths asked for and report to the page around
them, which chromium prints as it stands when all is still.
"""

import html
import json
import re
import shutil
import subprocess
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tradegains.report.page import page_html

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
WIDTHS = (360, 800, 1200)
SECONDS = 120
MARGIN = 18.0  # points of paper at the right that stay white
LIGHT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
PROBE = """
<script>
addEventListener("load", () => {
  const root = document.documentElement;
  const links = [...document.querySelectorAll("nav a")].map((link) => {
    link.click();
    const target = document.querySelector(":target");
    const top = target ? target.getBoundingClientRect().top : null;
    return [link.getAttribute("href"), target ? "#" + target.id : null, top, innerHeight];
  });
  scrollTo(10000, 0);
  const wide = [...document.querySelectorAll("body *")]
    .filter((one) => !one.closest(".table, .picture"))
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
    .map((one) => one.tagName + "." + one.className);
  const found = {width: innerWidth, scrolled: scrollX, content: root.scrollWidth, links, wide};
  parent.postMessage(JSON.stringify(found), "*");
});
</script>
"""
FRAMES = """<!DOCTYPE html><meta charset="utf-8"><body>{frames}<pre id="found"></pre><script>
addEventListener("message", (event) => {{
  document.getElementById("found").textContent += event.data + "\\n";
}});
</script>"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="needs chromium: apt install chromium")


@dataclass(frozen=True)
class Seen:
    """What the browser found: one entry a width, and its console by the name of the file."""

    frames: dict[int, dict[str, Any]]
    console: list[str]

    def complaints(self, name: str) -> list[str]:
        """What the console says of a file."""
        return [line for line in self.console if f"/{name} " in line or f'/{name}"' in line]


def browse(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of chromium with a profile of its own and no network."""
    command = [BROWSER or "", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += [f"--user-data-dir={folder / 'profile'}", "--host-resolver-rules=MAP * ~NOTFOUND"]
    return subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
    )


@pytest.fixture(scope="module")
def page(run, sections, tmp_path_factory) -> Path:
    """The page as a user opens it."""
    path = tmp_path_factory.mktemp("browser") / "page.html"
    path.write_text(page_html(run, sections), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def seen(page) -> Seen:
    """The page, a copy with a probe in it for each width, and one with a script it forbids."""
    text = page.read_text(encoding="utf-8")
    assert LIGHT in text
    measured = text.replace(LIGHT, f"{LIGHT}; script-src 'unsafe-inline'")
    files = {"page.html": 1200, "damaged.html": 1200, **{f"{w}.html": w for w in WIDTHS}}
    (page.parent / "damaged.html").write_text(text.replace("</body>", "<script>1</script></body>"))
    for width in WIDTHS:
        (page.parent / f"{width}.html").write_text(measured.replace("</body>", f"{PROBE}</body>"))
    frames = "".join(
        f'<iframe src="{name}" width="{width}" height="900" frameborder="0"></iframe>'
        for name, width in files.items()
    )
    (page.parent / "frames.html").write_text(FRAMES.format(frames=frames))
    around = (page.parent / "frames.html").as_uri()
    done = browse(page.parent, "--enable-logging=stderr", "--virtual-time-budget=20000",
                  "--window-size=1400,1000", "--dump-dom", around)  # fmt: skip
    shown = html.unescape(re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)[1])
    frames_found = [json.loads(line) for line in shown.splitlines()]
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return Seen({one["width"]: one for one in frames_found}, console)


def test_the_console_is_silent(seen):
    assert seen.complaints("page.html") == []
    assert seen.complaints("damaged.html"), "the browser would not tell of an error"


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_scrolls_sideways(seen, width):
    found = seen.frames[width]
    assert found["content"] <= width
    assert found["scrolled"] == 0
    assert found["wide"] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_every_link_of_the_navigation_lands(seen, sections, width):
    links = seen.frames[width]["links"]
    assert [link for link, *_ in links] == [f"#{one.key}" for one in sections if one.blocks]
    assert [target for _, target, *_ in links] == [link for link, *_ in links]
    assert all(-1 <= top < height for *_, top, height in links)


def words(text: str) -> str:
    """Text without spaces, ligatures apart: as a browser's PDF and HTML both have it."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def test_print_shows_every_row_and_every_paragraph(page, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    path = tmp_path / "page.pdf"
    browse(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={path}", page.as_uri())
    sheets = pypdf.PdfReader(path).pages
    printed = words("\n".join(sheet.extract_text() for sheet in sheets))
    text = re.sub(r"<svg.*?</svg>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    parts = re.findall(r"<(tr|p|h1|h2|h3|figcaption|dt|dd|caption)\b(.*?)</\1>", text, re.DOTALL)
    wanted = [words(html.unescape(re.sub(r"<.*?>", "", f"<{part}"))) for _, part in parts]
    assert len(wanted) > 200
    assert [part for part in wanted if part not in printed] == []
    for sheet in sheets:
        places: list[float] = []
        sheet.extract_text(
            visitor_text=lambda text, matrix, own, *_, places=places: (
                places.append(own[4] * matrix[0] + matrix[4]) if text.strip() else None
            )
        )
        assert max(places, default=0.0) < float(sheet.mediabox.width) - MARGIN

"""Writing pages, which few tests do, and reading them: their tags, and what a browser makes of them."""

import html
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ganlab.report.compare.comparison import write_comparison
from ganlab.report.single.write import write_curves, write_page

__all__ = ["Page", "asked", "dumped", "write_comparison", "write_curves", "write_page"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Page(HTMLParser):
    """The tags of a page, with their attributes, and its texts."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.texts: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data.strip())

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def words(self) -> str:
        return " ".join(self.texts)


def browser() -> str:
    """The browser of this machine; without one the test is skipped."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return found or pytest.skip("Chromium is not installed (Debian's package chromium)")


def asked(page: Path, question: str, folder: Path, width: int = 1400, *, patience: int = 0) -> str:
    """What ``question``, an expression over ``doc`` and ``view`` of the page, is in a browser so many pixels wide.

    patience: milliseconds of the page's own time in which a promise is kept.
    """
    frame = folder / "frame.html"
    frame.write_text(
        f'<iframe src="{page.resolve().as_uri()}" style="border: 0; width: {width}px; height: 900px"></iframe>'
        "<output></output><script>onload = async () => { const view = frames[0], doc = view.document;"
        f"document.querySelector('output').textContent = JSON.stringify(await ({question})); }}</script>"
    )
    size = f"--window-size={max(width, 500) + 50},1000"
    waits = [f"--virtual-time-budget={patience}"] if patience else []
    dump = dumped(frame.as_uri(), folder, "--allow-file-access-from-files", size, *waits)
    return html.unescape(dump.partition("<output>")[2].partition("</output>")[0])


def dumped(address: str, folder: Path, *flags: str) -> str:
    """The page at an address as the browser has it after its scripts; its profile lies in ``folder``."""
    usual = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
    ]
    command = [browser(), *usual, *flags, f"--user-data-dir={folder / 'browser'}", "--dump-dom", address]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout

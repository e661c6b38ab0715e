"""What MkDocs calls: pages that are written from the code, those from outside docs/, and links between all of them."""

import posixpath
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(Path(__file__).parent)]

from generate import generated  # noqa: E402  # its neighbour, which needs ganlab

ELSEWHERE = "https://github.com/ganlab/ganlab/blob/main"
MOVED = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md"}  # from the repository to the site
LINK = re.compile(r"(\]\()(?!https?:|#)([^)\s#]+)((?:#[^)\s]*)?\))")


def place_of(path: str) -> str | None:
    """Where a file of the repository is in the site; None for one that is not."""
    folder, _, name = path.rpartition("/")
    if path in MOVED:
        return MOVED[path]
    if folder == "benchmarks" and name.endswith(".md"):
        return path
    if folder == ".github/images":
        return f"pictures/{name}"
    return (
        path.removeprefix("docs/") if path.startswith("docs/") and not path.startswith("docs/site/") else None
    )


def relinked(text: str, origin: str) -> str:
    """A page with its links as the site needs them; ``origin``: its path in the repository."""
    here = posixpath.dirname(place_of(origin) or "")

    def new(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), link[2]))
        place = place_of(path)
        target = f"{ELSEWHERE}/{path}" if place is None else posixpath.relpath(place, here or ".")
        return link[1] + target + link[3]

    return LINK.sub(new, text)


def own_pages() -> list[str]:
    """The pages of docs/ themselves."""
    return sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md"))


def outside() -> list[str]:
    """Files of the repository that the site shows and that do not lie in docs/."""
    folders = [*ROOT.glob("benchmarks/*.md"), *ROOT.glob(".github/images/*")]
    return [*MOVED, *sorted(str(path.relative_to(ROOT)) for path in folders)]


def on_config(config):
    """Name the generated pages in the navigation."""
    config._pages = generated()
    parts = {next(iter(part)): part for part in config.nav}
    named = re.findall(r"[\w/]+\.md", str(config.nav))
    parts["Work with it"]["Work with it"] += [uri for uri in own_pages() if uri not in named]
    for uri, text in config._pages.items():
        part = {"variants": "Variants", "configuration": "Reference"}.get(uri.split("/")[-2])
        if part:
            parts[part][part].append({text.splitlines()[0].lstrip("# `").rstrip("`"): uri})
    return config


def on_files(files, config):
    """Add what is generated, and what lies outside docs/."""
    from mkdocs.structure.files import File

    for uri, text in config._pages.items():
        files.append(File.generated(config, uri, content=text))
    for path in outside():
        files.append(File.generated(config, place_of(path), abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Links as they are written for somebody who reads the repository lead to the same places of the site."""
    origins = {place_of(path): path for path in outside()}
    uri = page.file.src_uri
    return markdown if uri in config._pages else relinked(markdown, origins.get(uri, f"docs/{uri}"))


def on_page_content(html, page, config, files):
    """Docstrings name things as Sphinx does, :func:`load`; here that is the name alone."""
    return re.sub(r":(?:class|func|meth|mod|attr):(<code[^>]*>)~?", r"\1", html)

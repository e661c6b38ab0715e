"""Pages of results, whose sections commands write."""

import re
from pathlib import Path


def write(page: Path, name: str, text: str) -> None:
    """Put a section of this name into the page, in the place of the old one or at the end; the rest stays."""
    block = f"<!-- {name} -->\n{text}\n<!-- end of {name} -->"
    found, whole = (
        re.compile(rf"<!-- {re.escape(name)} -->.*?<!-- end of {re.escape(name)} -->", re.DOTALL),
        page.read_text(),
    )
    page.write_text(
        found.sub(lambda _: block, whole) if found.search(whole) else f"{whole.rstrip()}\n\n{block}\n"
    )

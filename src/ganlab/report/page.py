"""The HTML around every page: one file without anything from elsewhere, light or dark as the reader's system is."""

import base64
import hashlib
import html
from collections.abc import Iterable, Mapping, Sequence
from string import Template
from typing import NewType

Html = NewType("Html", str)
"""Ready to stand in a page: every word in it that came from a run is escaped."""

PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="ganlab">
$policy
<title>$title</title>
<style>
:root {
  color-scheme: light dark;
  --ground: #f6f6f4; --card: #fff; --ink: #1d1e20; --faint: #6b6d73; --line: #e3e3e0;
  --first: #2463b4; --second: #c2541a; --third: #2c7a4b; --fourth: #8a4a9e; --fifth: #8a6d00; --sixth: #4c6a75;
  --good: #2c7a4b; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #161719; --card: #202225; --ink: #ececee; --faint: #9a9ca3; --line: #303236;
    --first: #7fb0f5; --second: #f0985f; --third: #74c893; --fourth: #cf9ae0; --fifth: #dcbb4b; --sixth: #9db8c2;
    --good: #74c893; --bad: #f2867e;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
header {
  position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: baseline;
  padding: .8rem 1.2rem; background: var(--ground); border-bottom: 1px solid var(--line);
}
@media (max-width: 40rem) { header { position: static; } }
h1 { margin: 0; font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere; }
dl { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin: 0; flex: 1; font-size: .85rem; }
dl div { display: flex; gap: .4rem; }
dt { color: var(--faint); }
dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
label { color: var(--faint); font-size: .85rem; display: flex; gap: .5rem; align-items: center; }
input { width: 9rem; accent-color: var(--faint); }
figure { margin: 0; padding: .6rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
img.pixels { image-rendering: pixelated; }
$style</style>
</head>
<body>
<header>
<h1>$title</h1>
$header
</header>
<main>
$main
</main>
$script
</body>
</html>
""")

REPORT = """\
main { display: grid; gap: 1.6rem; padding: 1.2rem; max-width: 92rem; margin: 0 auto; }
main, section { min-width: 0; }
h2 { margin: 0 0 .6rem; font-size: 1rem; font-weight: 600; }
p { margin: .3rem 0; max-width: 60rem; overflow-wrap: anywhere; }
.faint, figcaption, summary { color: var(--faint); font-size: .85rem; }
.state { padding: 0 .5rem; border: 1px solid currentColor; border-radius: 99px; font-size: .85rem; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: .9rem; }
figure svg { display: block; width: 100%; height: auto; }
figure img { display: block; max-width: 100%; height: auto; border-radius: 3px; background: var(--line); }
figcaption b { color: var(--ink); font-weight: 600; margin-right: .6rem; overflow-wrap: anywhere; }
figcaption span { margin-right: .8rem; white-space: nowrap; }
figcaption i { display: inline-block; width: 1.1em; margin-right: .35em; border-top: 2px solid; }
figcaption i { vertical-align: middle; }
[hidden] { display: none !important; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .35rem .7rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
.words td, .words th { text-align: left; }
.words td:last-child { width: 100%; white-space: normal; overflow-wrap: anywhere; }
tr:last-child td { border-bottom: 0; }
th { color: var(--faint); font-weight: 500; }
pre {
  margin: .3rem 0; padding: .5rem .7rem; overflow-x: auto; font: .82rem/1.5 ui-monospace, monospace; user-select: all;
  background: var(--card); border: 1px solid var(--line); border-radius: 8px;
}
ul { margin: 0; padding-left: 1.2rem; }
li { overflow-wrap: anywhere; }
a { color: var(--first); }
"""


def page(
    title: str,
    header: Html,
    main: Iterable[Html],
    *,
    style: str = REPORT,
    script: str = "",
    closed: bool = True,
) -> str:
    """A page of parts that are ready; ``title`` is plain text.

    closed: nothing but ``script`` may run in it, and nothing may be loaded, not even a picture beside it.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'\">"
    )
    return PAGE.substitute(
        policy=policy if closed else "",
        title=text(title),
        header=header,
        main="\n".join(main),
        style=style,
        script=f"<script>{script}</script>" if script else "",
    )


def text(words: object) -> Html:
    """Anything as words in a page, or in quotes as the value of an attribute."""
    return Html(html.escape(str(words)))


def facts(named: Mapping[str, object]) -> Html:
    """A list of names and what they are."""
    pairs = "".join(f"<div><dt>{text(n)}</dt><dd>{text(value)}</dd></div>" for n, value in named.items())
    return Html(f"<dl>{pairs}</dl>")


def section(title: str, *parts: Html) -> Html:
    """A part of a page under a title; nothing where no part has anything."""
    body = "\n".join(part for part in parts if part)
    return Html(f"<section><h2>{text(title)}</h2>\n{body}\n</section>" if body else "")


def paragraph(words: str, kind: str = "") -> Html:
    return Html(f'<p class="{kind}">{text(words)}</p>' if words else "")


def listed(words: Iterable[str]) -> Html:
    entries = "".join(f"<li>{text(word)}</li>" for word in words)
    return Html(f"<ul>{entries}</ul>" if entries else "")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, kind: str = "") -> Html:
    """Rows of plain text; the first column stands to the left, the others hold numbers, unless of kind ``words``."""
    head = "".join(f"<th>{text(heading)}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{text(c)}</td>" for c in cells) + "</tr>\n" for cells in rows)
    return Html(
        f'<div class="scroll"><table class="{kind}"><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>'
        if body
        else ""
    )

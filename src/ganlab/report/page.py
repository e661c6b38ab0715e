"""The HTML around a gallery: one file without anything from elsewhere, light or dark as the reader's system is."""

from string import Template

PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root {
  color-scheme: light dark;
  --ground: #f6f6f4; --card: #fff; --ink: #1d1e20; --faint: #6b6d73; --line: #e3e3e0; --size: ${size}px;
}
@media (prefers-color-scheme: dark) {
  :root { --ground: #161719; --card: #202225; --ink: #ececee; --faint: #9a9ca3; --line: #303236; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
header {
  position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: baseline;
  padding: .8rem 1.2rem; background: var(--ground); border-bottom: 1px solid var(--line);
}
h1 { margin: 0; font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere; }
dl { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; margin: 0; flex: 1; font-size: .85rem; }
dl div { display: flex; gap: .4rem; }
dt { color: var(--faint); }
dd { margin: 0; font-variant-numeric: tabular-nums; }
label { color: var(--faint); font-size: .85rem; display: flex; gap: .5rem; align-items: center; }
input { width: 9rem; accent-color: var(--faint); }
main { display: flex; flex-wrap: wrap; align-items: flex-start; gap: .9rem; padding: 1.2rem; }
figure { margin: 0; padding: .6rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
figure div { display: flex; flex-wrap: wrap; gap: .6rem; }
a { display: block; width: var(--size); max-width: 100%; color: var(--faint); text-decoration: none; }
img { display: block; width: 100%; height: auto; border-radius: 3px; background: var(--line); }
img.pixels { image-rendering: pixelated; }
span { display: block; margin-top: .25rem; font-size: .78rem; }
a:hover span { color: var(--ink); }
figcaption {
  margin-top: .4rem; font-size: .82rem; overflow-wrap: anywhere; max-width: calc(var(--size) * 4);
}
</style>
</head>
<body>
<header>
<h1>$title</h1>
<dl>$facts</dl>
<label>size <input type="range" min="48" max="640" value="$size"
oninput="document.documentElement.style.setProperty('--size', this.value + 'px')"></label>
</header>
<main>
$examples
</main>
</body>
</html>
""")

"""The site of docs/: links hold there as they do in the repository, and its pages are written from what there is."""

import posixpath
import re
from pathlib import Path

import pytest
import yaml

from ganlab.config import config_dir
from ganlab.config.compose.catalogue import catalogue

ROOT = Path(__file__).parents[1]
SITE = ROOT / "docs" / "site"
OWN = [*sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "benchmarks").glob("*.md"))]
OWN += [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


@pytest.fixture(scope="module")
def site():
    """hooks.py, with generate.py beside it; neither needs MkDocs to be imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SITE))
        import hooks

        yield hooks


@pytest.mark.parametrize("page", OWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_pages_of_the_site_or_to_files_of_the_repository(site, page):
    origin = page.relative_to(ROOT).as_posix()
    places = {site.place_of(path.relative_to(ROOT).as_posix()) for path in OWN} | {
        site.place_of(path) for path in site.outside()
    }
    here = posixpath.dirname(site.place_of(origin))
    for _, target, _ in site.LINK.findall(site.relinked(page.read_text(encoding="utf-8"), origin)):
        place = posixpath.normpath(posixpath.join(here, target))
        assert place in places or (ROOT / "docs" / place).is_file(), target
    for path in re.findall(
        rf"{site.ELSEWHERE}/([^)#\s]+)", site.relinked(page.read_text(encoding="utf-8"), origin)
    ):
        assert (ROOT / path).exists(), path


def test_a_link_is_turned_as_the_site_needs_it(site):
    assert (
        site.relinked("[a](../benchmarks/quality.md#growing)", "docs/images.md")
        == "[a](benchmarks/quality.md#growing)"
    )
    assert site.relinked("[a](docs/images.md)", "README.md") == "[a](images.md)"
    assert site.relinked("![a](../.github/images/plane.png)", "docs/points.md") == "![a](pictures/plane.png)"
    assert site.relinked("[a](../README.md)", "benchmarks/README.md") == "[a](../index.md)"
    assert site.relinked("[a](LICENSE)", "README.md") == f"[a]({site.ELSEWHERE}/LICENSE)"
    assert site.relinked("[a](https://b.c) [d](#e)", "README.md") == "[a](https://b.c) [d](#e)"


def test_every_page_is_in_the_navigation(site):
    parts = yaml.safe_load((SITE / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    named = re.findall(r"[\w/]+\.md", yaml.safe_dump(parts))
    assert {"index.md", "contributing.md", "course/README.md", "extend.md"} <= set(named)
    there = {site.place_of(path.relative_to(ROOT).as_posix()) for path in OWN}
    assert {uri for uri in named if not uri.startswith("reference/")} <= there, "what is named is there"

    class Config:
        nav = parts

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(site, "generated", lambda: {"variants/dcgan.md": "# dcgan\n"})
        added = re.findall(r"[\w/]+\.md", str(site.on_config(Config()).nav))
    assert there - {uri for uri in there if uri.startswith("benchmarks/")} <= set(added)
    assert "variants/dcgan.md" in added


def test_a_variant_s_page_has_paper_step_results_and_keys(site):
    import generate

    known = catalogue()
    page = generate.variant(known["model"]["dcgan"], known["data"])
    assert page.startswith("# dcgan\n\nDeep convolutional GAN at 32")
    assert "[arXiv:1511.06434](https://arxiv.org/abs/1511.06434)" in page
    assert '    with self.update("discriminator") as terms:' in page
    assert "- Noise to image: fid_digits best" in page
    assert "| `model.loss.real_label` | `1.0` | a number above 0.5 and of at most 1 |" in page
    assert "`experiment=dcgan_cifar10`" in page
    assert "ganlab model=cyclegan data=fonts_unpaired" in generate.variant(
        known["model"]["cyclegan"], known["data"]
    )


def test_every_group_has_a_page_with_all_its_options(site):
    import generate

    assert {"model", "model/loss", "data", "callbacks/samples", "protocol"} <= set(generate.groups())
    for group in generate.groups():
        page = generate.options(group)
        for file in (config_dir() / group).glob("*.yaml"):
            assert f"## {group}={file.stem}\n" in page


def test_the_python_page_names_what_there_is(site):
    import pkgutil

    import generate

    for names in generate.API.values():
        assert all(pkgutil.resolve_name(name) for name in names)


def test_a_docstring_becomes_markdown(site):
    import generate

    assert generate.prose("D: x.\n\na, b: :class:`~c.D` of ``e``.") == "D: x.\n\n- `a, b`: `c.D` of `e`."

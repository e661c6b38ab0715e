"""The page of a model, on this machine alone."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

import torch

from ganlab.errors import UserError

if TYPE_CHECKING:
    from gradio import Blocks

HERE = "127.0.0.1"
LARGEST = "50mb"  # of an uploaded file
PIXELS = ".pixels img { image-rendering: pixelated; width: 100%; }"


@contextmanager
def served(
    run_dir: Path,
    checkpoint: Literal["last", "best"] = "last",
    *,
    port: int | None = None,
    browser: bool = False,
) -> Iterator[str]:
    """The address of the page of a run's model, or an export's, which is there within; uploads are deleted after.

    port: the first free one from 7860 on, unless given. browser: open the page in this machine's browser.

    Raises:
        UserError: gradio is not installed, the port is taken, or the run cannot be loaded or makes points.
    """
    if find_spec("gradio") is None:
        raise UserError("ganlab demo needs the package gradio: pip install 'ganlab[demo]'")
    with TemporaryDirectory() as uploads:
        os.environ |= {"GRADIO_TEMP_DIR": uploads, "GRADIO_ANALYTICS_ENABLED": "False"}
        page = page_of(run_dir, checkpoint)
        from gradio.themes import Default

        try:
            _, address, _ = page.launch(
                server_name=HERE,
                server_port=port,
                share=False,
                inbrowser=browser,
                prevent_thread_lock=True,
                quiet=True,
                ssr_mode=False,
                max_file_size=LARGEST,
                footer_links=[],
                css=PIXELS,
                theme=Default(font="system-ui", font_mono="monospace"),
            )
        except OSError as error:
            which = f"port={port} is taken" if port else "every port from 7860 on is taken"
            raise UserError(f"{which}: choose another with port=NUMBER") from error
        try:
            yield address
        finally:
            page.close(verbose=False)


def page_of(run_dir: Path, checkpoint: Literal["last", "best"]) -> "Blocks":
    """The page of what a run's model can do."""
    from ganlab.inference.demo.drawing import Drawing
    from ganlab.inference.demo.page import drawing_page, translating_page
    from ganlab.inference.demo.translating import Translating
    from ganlab.inference.export.read import config_of, names_in
    from ganlab.inference.latents.source import source_of
    from ganlab.inference.load import load
    from ganlab.types import Translator

    model = load(run_dir, checkpoint, device="cuda" if torch.cuda.is_available() else "cpu")
    names = names_in(config_of(run_dir))
    title = f"{names.get('model', 'model')} on {names.get('data', 'data')}"
    facts = f"{model.images:,} images seen"
    if isinstance(model, Translator):
        return translating_page(Translating(model, run_dir), title, facts)
    return drawing_page(Drawing(source_of(model, run_dir, checkpoint)), title, facts)

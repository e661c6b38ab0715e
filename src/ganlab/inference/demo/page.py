"""The controls of a model, as a page by Gradio."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import gradio as gr

from ganlab.errors import UserError
from ganlab.inference.demo.drawing import Asked, Drawing
from ganlab.inference.demo.translating import Translating

REACH = 3.0  # of a direction, to both sides
SHOWN: dict[str, Any] = {"format": "png", "buttons": ["download", "fullscreen"], "elem_classes": "pixels"}
ONE = "the model"  # events that ask it wait for each other


def drawing_page(drawing: Drawing, title: str, facts: str) -> gr.Blocks:
    """Controls at the left, pictures at the right, and below them the command that draws the same."""
    with gr.Blocks(title=title, analytics_enabled=False) as page:
        gr.Markdown(f"# {title}\n{facts}")
        with gr.Row():
            with gr.Column(scale=1, min_width=280):
                controls = drawing_controls(drawing)
            with gr.Column(scale=2, min_width=320):
                picture = gr.Image(label="samples", interactive=False, **SHOWN)
                command = gr.Code(label="the same in a shell", language="shell", interactive=False)

        def drawn(*values: Any) -> tuple[Any, str]:
            asked = asked_by(list(controls), values)
            return drawing.draw(asked), drawing.command(asked)

        told = told_errors(drawn)
        inputs = [*controls.values()]
        page.load(told, inputs, [picture, command], concurrency_id=ONE, api_name="draw")
        changes = [
            control.submit if name == "caption" else control.change for name, control in controls.items()
        ]
        gr.on(
            changes,
            told,
            inputs,
            [picture, command],
            concurrency_id=ONE,
            api_name=False,
            trigger_mode="always_last",
        )
    return page


def drawing_controls(drawing: Drawing) -> dict[str, Any]:
    """By the names of what :class:`Asked` has, a direction by its number; only those that mean something."""
    controls: dict[str, Any] = {
        "seed": gr.Slider(0, 1000, 0, step=1, label="seed"),
        "n": gr.Slider(1, 64, 16, step=1, label="pictures"),
    }
    if drawing.classes:
        controls["label"] = gr.Dropdown([("any", ""), *named(drawing.classes)], value="", label="class")
    if drawing.captions:
        controls["caption"] = gr.Textbox(
            "", label="caption", placeholder="empty: captions of the data; Enter draws"
        )
        gr.Examples([[caption] for caption in drawing.captions], [controls["caption"]], label="for instance")
    if drawing.truncations:
        values = [str(value) for value in drawing.truncations]
        controls["truncation"] = gr.Dropdown(
            [("none", ""), *named(values)], value="", label="truncation: more typical, less varied"
        )
    if len(drawing.vectors):
        with gr.Accordion("directions", open=False):
            for number in range(len(drawing.vectors)):
                controls[str(number)] = gr.Slider(-REACH, REACH, 0, step=0.1, label=f"direction {number}")
    return controls


def named(choices: list[str]) -> list[tuple[str, str]]:
    """Each with itself as its value, beside a choice whose value is empty."""
    return [(choice, choice) for choice in choices]


def asked_by(names: list[str], values: tuple[Any, ...]) -> Asked:
    """What the controls say."""
    said = dict(zip(names, values, strict=True))
    return Asked(
        seed=int(said["seed"]),
        n=int(said["n"]),
        label=said.get("label") or None,
        caption=said.get("caption", "").strip(),
        truncation=float(said["truncation"]) if said.get("truncation") else None,
        amounts=[float(said[name]) for name in names if name.isdecimal()],
    )


def translating_page(translating: Translating, title: str, facts: str) -> gr.Blocks:
    """A picture of one's own at the left, what becomes of it at the right."""
    with gr.Blocks(title=title, analytics_enabled=False) as page:
        gr.Markdown(f"# {title}\n{facts}")
        with gr.Row():
            with gr.Column(min_width=280):
                inputs = translating_controls(translating)
                button = gr.Button("translate", variant="primary")
            with gr.Column(min_width=280):
                output = gr.Image(label="translated", interactive=False, **SHOWN)

        def translated(*values: Any) -> Any:
            said = dict(zip(inputs, values, strict=True))
            if said["picture"] is None:
                raise UserError("first a picture, at the left")
            files = {key: Path(said[key]) for key in ("mask", "reference") if said.get(key)}
            return translating.translate(
                Path(said["picture"]), direction=said.get("direction"), seed=int(said["seed"]), **files
            )

        gr.on(
            [button.click, inputs["picture"].upload],
            told_errors(translated),
            [*inputs.values()],
            output,
            concurrency_id=ONE,
            api_name="translate",
        )
    return page


def upload(label: str) -> gr.Image:
    """Takes a picture file as it is, by its path: what is wrong with it, the translator says."""
    taken = gr.Image(label=label, type="filepath", sources=["upload", "clipboard"], height=260)
    # no class of its own: Gradio writes files beside the modules of those that derive from its components
    setattr(taken, "preprocess", lambda payload: None if payload is None else payload.path)  # noqa: B010
    return taken


def translating_controls(translating: Translating) -> dict[str, Any]:
    """By their names; only those that mean something."""
    inputs: dict[str, Any] = {"picture": upload("a picture of any size")}
    if len(translating.directions) > 1:
        inputs["direction"] = gr.Radio(
            translating.directions, value=translating.directions[0], label="direction"
        )
    if translating.fills_holes:
        label = "what is missing is white here; without a mask the square in the middle is"
        inputs["mask"] = upload(label)
    if translating.has_styles:
        inputs["reference"] = upload("in whose style; without a picture the seed draws one")
    inputs["seed"] = gr.Slider(0, 1000, 0, step=1, label="seed of its noise")
    return inputs


def told_errors(function: Callable[..., Any]) -> Callable[..., Any]:
    """A user's mistake as a note on the page."""

    @wraps(function)
    def told(*values: Any) -> Any:
        try:
            return function(*values)
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return told

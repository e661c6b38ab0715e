"""What a data set gives and a model needs: the key ``facts`` of their YAML files, and images that are not square."""

from dataclasses import dataclass, field, fields
from typing import Any, get_type_hints

from omegaconf import DictConfig, OmegaConf, open_dict

from ganlab.config.compose.check import check_values, locate, nodes, read
from ganlab.config.compose.conform import Mismatch, conform
from ganlab.config.compose.signature import parameters_of
from ganlab.errors import UserError
from ganlab.nearest import did_you_mean

GROUPS = ("model", "data")
IMAGE_SIZE = "data.image_size"
RECTANGULAR = {  # models that make rectangles, by their kind of data
    "images": "dcgan, sngan, r3gan or stylegan2",
    "labelled": "cgan_dcgan, acgan or cgan_projection",
    "unpaired": "cyclegan or cut",
}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """kind: of the data that a data set gives, or that a model needs; None: it does not say.

    kind_if: the kind instead, by the key of the node that must be true for it. classes: how many labels the data has,
    or their names in order; None: it has none, or the data itself is asked. channels_last: what
    ``trainer.channels_last=auto`` stands for: whether the model's networks are faster with it. image_size: the only one
    that they are drawn for; None: there are several.
    """

    kind: str | None = None
    kind_if: dict[str, str] = field(default_factory=dict)
    classes: int | list[str] | None = None
    channels_last: bool = True
    image_size: int | None = None

    def kind_of(self, node: Any) -> str | None:
        """The kind with the settings of ``node``."""
        return next((kind for key, kind in self.kind_if.items() if _is_true(node, key)), self.kind)


def _is_true(node: Any, key: str) -> bool:
    return key in node and bool(read(key, node, key))


def as_facts(written: Any, where: str) -> Facts:
    """``Facts`` out of YAML; raises UserError for an unknown key or a wrong type."""
    if not isinstance(written, dict):
        raise UserError(f"{where}={written}: a mapping is needed, for instance {{kind: images}}")
    known = [one.name for one in fields(Facts)]
    if unknown := [str(key) for key in written if key not in known]:
        raise UserError(f"{where}.{unknown[0]}: no such key{did_you_mean(unknown[0], known)}")
    hints, values = get_type_hints(Facts), {}
    for key, value in written.items():
        try:
            values[key] = conform(value, hints[key])
        except Mismatch as error:
            raise UserError(f"{where}.{key}={value}: expected {error}") from error
    if values.get("classes") in (0, []):
        raise UserError(f"{where}.classes={values['classes']}: at least one class is needed")
    return Facts(**values)


def take_facts(cfg: DictConfig) -> dict[str, Facts]:
    """The facts of model and data, which are no longer in their nodes then: constructors do not know them."""
    found = {}
    for group in GROUPS:
        node, where = cfg[group], f"{group}.facts"
        written: Any = {}
        if "facts" in node:
            written = read(where, node, "facts")
            if OmegaConf.is_config(written):
                check_values(written, where)
                written = OmegaConf.to_container(written, resolve=True)
            with open_dict(node):
                del node["facts"]
        found[group] = as_facts(written, where)
    return found


def settle_square(cfg: DictConfig) -> None:
    """Write ``data.image_size=[64,64]`` as 64, as every square is."""
    size = _two_sides(cfg)
    if size and size[0] == size[1]:
        with open_dict(cfg):
            cfg.data.image_size = size[0]


def refuse_rectangle(cfg: DictConfig) -> None:
    """Raise ``UserError`` where a part of the model takes one number, and the data's images are no squares."""
    size = _two_sides(cfg)
    if not size or size[0] == size[1]:
        return
    for where, node in nodes(cfg.model, "model"):
        if not (isinstance(node, DictConfig) and "_target_" in node and "image_size" in node):
            continue
        value: Any = read(f"{where}.image_size", node, "image_size")
        named, _ = parameters_of(locate(where, node["_target_"]))
        try:
            if OmegaConf.is_list(value) and "image_size" in named:
                conform([*value], named["image_size"].annotation)
        except Mismatch:
            others = RECTANGULAR.get(cfg.kinds.get("model", ""))
            remedy = f", or choose {others} for rectangles" if others else ""
            raise UserError(
                f"{IMAGE_SIZE}=[{size[0]},{size[1]}]: model={cfg.chosen.model} takes square images only ({where}); "
                f"give one number, as in {IMAGE_SIZE}={min(size)}{remedy}"
            ) from None


def _two_sides(cfg: DictConfig) -> list[int] | None:
    """Height and width, where the data has both."""
    size: Any = OmegaConf.select(cfg, IMAGE_SIZE) if "data" in cfg and "model" in cfg else None
    sides = list(size) if OmegaConf.is_list(size) else []
    return sides if len(sides) == 2 and all(type(side) is int for side in sides) else None

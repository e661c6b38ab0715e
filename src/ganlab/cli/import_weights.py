"""``ganlab import-weights``: a run directory from weights that were trained elsewhere."""

from pathlib import Path

from ganlab.cli.arguments import refuse_flags
from ganlab.config import own
from ganlab.config.compose.catalogue import fits
from ganlab.config.compose.compose import compose
from ganlab.config.compose.overrides import key_of
from ganlab.config.runs.trust import to_open
from ganlab.errors import UserError
from ganlab.nearest import listing

NETWORKS = (
    *("generator", "discriminator", "projection", "before"),
    *("a_to_b", "b_to_a", "discriminator_a", "discriminator_b"),
)
OF_WEIGHTS = (".pth", ".pt", ".bin", ".safetensors", ".pkl", ".ckpt")


def run(words: list[str]) -> int:
    """Compose conf/train.yaml with the words that name no file, and write the run directory."""
    refuse_flags("import-weights", words)
    files, output, overrides = sorted_out(words)
    if "" in files and files[""].suffix == ".pkl":  # a snapshot of both players
        files |= dict.fromkeys(("generator", "discriminator"), files.pop(""))
    cfg = compose(overrides, config_dirs=own.folders())
    fits(cfg, own.folders())
    stem = next(iter(files.values())).stem
    pair = f"{cfg.chosen['model']}-{cfg.chosen['data']}"
    run_dir = output or Path("outputs") / pair / f"imported_{stem}"
    from ganlab.inference.foreign.import_weights import import_weights

    untouched = import_weights(cfg, files, run_dir, overrides)
    print(f"{len(files)} network{'s' if len(files) > 1 else ''} in {run_dir}")
    if untouched:
        print(f"random weights, for no file was given: {', '.join(untouched)}")
    from_noise = cfg.kinds.get("model") in ("images", "labelled")
    print(f"next: {to_open('sample', run_dir, 'n=16' if from_noise else 'input=FOLDER')}")
    return 0


def sorted_out(words: list[str]) -> tuple[dict[str, Path], Path | None, list[str]]:
    """Files by network ("" for one without a name), the output directory if it is given, and the overrides.

    Raises:
        UserError: no file, two for the same network, or one for a network that none are read for.
    """
    files: dict[str, Path] = {}
    output, overrides = None, []
    for word in words:
        key, equals, value = word.partition("=")
        if equals and key == "output":
            output = Path(value).expanduser()
        elif not equals or key in NETWORKS:
            name, path = (key, value) if equals else ("", word)
            if name in files:
                raise UserError(f"{word}: there is a file for this network already, {files[name]}")
            files[name] = Path(path).expanduser()
        elif "." not in key and value.endswith(OF_WEIGHTS):
            raise UserError(f"{word}: no network that weights are imported for; they are {listing(NETWORKS)}")
        else:
            overrides.append(word)
    if not files:
        raise UserError(
            "which file? Give one, as in ganlab import-weights latest_net_G.pth model=pix2pix data=facades"
        )
    if not any(key_of(word) in ("model", "experiment") for word in overrides):
        raise UserError("which model? Give model=NAME and data=NAME, which say what the weights are of")
    return files, output, overrides

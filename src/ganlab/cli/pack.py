"""``ganlab pack``: a folder of pictures as shards, for data=shards and for other programs."""

from pathlib import Path
from typing import Any

from ganlab.cli.arguments import refuse_flags
from ganlab.config.runs.pasted import to_paste
from ganlab.errors import UserError

MEGABYTES = 1000
KINDS = {
    "labels": "folders are classes",
    "captions": "each picture has some",
    "pairs": "folders A and B hold partners",
}
DATA = {"captions": "shards_captions", "pairs": "shards_paired"}


def run(words: list[str]) -> int:
    """Write the shards, and say how they are trained on."""
    refuse_flags("pack", words)
    folder, settings = sorted_out(words)
    output = Path(settings.get("output") or f"{folder.resolve()}_shards").expanduser()
    if output.resolve().is_relative_to(folder.resolve()):
        raise UserError(f"output={output} lies inside {folder}: choose a folder beside it")
    size = settings.get("size", str(MEGABYTES))
    if not size.isdecimal() or int(size) < 1:
        raise UserError(
            f"size={size}: how many MB (10^6 bytes) a shard may have, 1 or more; {MEGABYTES} unless given"
        )
    kinds = {kind: _is_true(kind, settings.get(kind, "false")) for kind in KINDS}
    if kinds["pairs"] and sum(kinds.values()) > 1:
        raise UserError("pairs=true: pairs have neither labels nor captions; leave labels= and captions= out")
    from ganlab.inference.packing import pack

    on_corrupt: Any = settings.get("on_corrupt", "error")
    index = pack(folder, output, megabytes=int(size), on_corrupt=on_corrupt, **kinds)
    samples = sum(shard["samples"] for shard in index["shards"])
    count = len(index["shards"])
    what = "pairs" if kinds["pairs"] else "images"
    print(f"{samples} {what} in {count} shard{'s' * (count != 1)} below {output}")
    data = next((DATA[kind] for kind in DATA if kinds[kind]), "shards")
    with_labels = " data.labels=true" * (kinds["labels"] and data == "shards")
    print(f"next: {to_paste(f'data={data}', f'data.root={output}')}{with_labels}")
    return 0


def _is_true(kind: str, word: str) -> bool:
    if word.lower() not in ("true", "false"):
        raise UserError(f"{kind}={word}: true ({KINDS[kind]}) or false")
    return word.lower() == "true"


def sorted_out(words: list[str]) -> tuple[Path, dict[str, str]]:
    """The folder, and the settings by key.

    Raises:
        UserError: no folder, several, or a key that there is not.
    """
    folders = [word for word in words if "=" not in word]
    settings = dict(word.split("=", 1) for word in words if "=" in word)
    if unknown := sorted(settings.keys() - {"output", "size", "on_corrupt", *KINDS}):
        raise UserError(
            f"{unknown[0]}: no such key; ganlab pack FOLDER takes output=, size=, on_corrupt=, {'=, '.join(KINDS)}="
        )
    if len(folders) != 1:
        raise UserError("which folder? Give one, as in ganlab pack photographs output=shards")
    return Path(folders[0]).expanduser(), settings

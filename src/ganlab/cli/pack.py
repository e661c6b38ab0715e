"""``ganlab pack``: a folder of pictures as shards, for data=shards and for other programs."""

from pathlib import Path

from ganlab.cli.arguments import refuse_flags
from ganlab.errors import UserError

MEGABYTES = 1000


def run(words: list[str]) -> int:
    """Write the shards, and say how they are trained on."""
    refuse_flags("pack", words)
    folder, settings = sorted_out(words)
    output = Path(settings.get("output") or f"{folder.resolve()}_shards").expanduser()
    if output.resolve().is_relative_to(folder.resolve()):
        raise UserError(f"output={output} lies inside {folder}: choose a folder beside it")
    size, labels = settings.get("size", str(MEGABYTES)), settings.get("labels", "false").lower()
    if not size.isdecimal() or int(size) < 1:
        raise UserError(
            f"size={size}: how many MB (10^6 bytes) a shard may have, 1 or more; {MEGABYTES} unless given"
        )
    if labels not in ("true", "false"):
        raise UserError(f"labels={labels}: true (folders are classes) or false")
    from ganlab.inference.packing import pack

    index = pack(folder, output, megabytes=int(size), labels=labels == "true")
    samples = sum(shard["samples"] for shard in index["shards"])
    count = len(index["shards"])
    print(f"{samples} images in {count} shard{'s' * (count != 1)} below {output}")
    print(f"next: ganlab data=shards data.root={output}{' data.labels=true' * (labels == 'true')}")
    return 0


def sorted_out(words: list[str]) -> tuple[Path, dict[str, str]]:
    """The folder, and the settings by key.

    Raises:
        UserError: no folder, several, or a key that there is not.
    """
    folders = [word for word in words if "=" not in word]
    settings = dict(word.split("=", 1) for word in words if "=" in word)
    if unknown := sorted(settings.keys() - {"output", "size", "labels"}):
        raise UserError(f"{unknown[0]}: no such key; ganlab pack FOLDER takes output=, size= and labels=")
    if len(folders) != 1:
        raise UserError("which folder? Give one, as in ganlab pack photographs output=shards")
    return Path(folders[0]).expanduser(), settings

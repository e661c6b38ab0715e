"""``ganlab zoo``: trained models that are installed with ganlab."""

from ganlab.config.runs.zoo import ADDRESS, find, specimens
from ganlab.errors import UserError


def run(words: list[str]) -> int:
    """Print what there is, or the card of the one that is named."""
    if len(words) > 1:
        raise UserError(f"ganlab zoo {' '.join(words)}: one name, or none for all")
    if words:
        print((find(words[0]) / "README.md").read_text(encoding="utf-8"), end="")
        return 0
    for name, specimen in specimens().items():
        print(f"{ADDRESS}{name}  {specimen.description}")
        print(f"  reached  {specimen.score}")
        print(f"  weights  {specimen.bytes / 1e6:.1f} MB, sha256 {specimen.sha256}")
        print(f"  use      ganlab sample run={ADDRESS}{name} n=64")
        print(
            "\n".join(
                f"  {'made by' if number == 0 else '':<7}  {line}"
                for number, line in enumerate(specimen.make)
            )
        )
    return 0

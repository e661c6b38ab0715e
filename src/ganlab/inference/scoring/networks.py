"""The networks of all protocols, each once."""

from collections.abc import Sequence

import torch

from ganlab.inference.scoring.kinds.statistics import Statistics
from ganlab.inference.scoring.lenses import Lens
from ganlab.inference.scoring.passes import Seen
from ganlab.metrics.real.description import Description
from ganlab.types import Extractor

MIRRORED = "/mirrored"  # ends the key of one that sees each real image mirrored as well
Look = Seen | Statistics


class Networks:
    """The extractors of all lenses: two protocols that resize alike share one. all: by key; keys: by lens and name."""

    def __init__(self, lenses: Sequence[Lens], device: torch.device) -> None:
        self.all: dict[str, Extractor] = {}
        self.keys: dict[tuple[str, str], str] = {}
        for lens in lenses:
            for name, extractor in lens.extractors.items():
                extractor.prepare()
                key = f"{extractor.name}/{extractor.resize}{MIRRORED * lens.protocol.flips}"
                self.all.setdefault(key, extractor.to(device))
                self.keys[lens.name, name] = key

    @property
    def mirrored(self) -> list[str]:
        """The keys of those that see real images mirrored as well."""
        return [key for key in self.all if key.endswith(MIRRORED)]

    def description(self, seen: Look, key: str) -> Description:
        """What the network of this key says of a side, or what was saved of one.

        Raises:
            UserError: it was saved of another network.
        """
        return seen.descriptions[key] if isinstance(seen, Seen) else seen.description(self.all[key])

    def bytes(self, kept: int, sides: int) -> float:
        """That statistics and features of so many sides take beyond the networks: a covariance is there thrice."""
        return sum(
            sides * (24 * one.size**2 + 4 * kept * (one.size + len(one.classes))) + 16 * kept * one.size
            for one in self.all.values()
        )

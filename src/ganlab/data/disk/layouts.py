"""In which folders two domains of pictures lie, and which picture of one belongs to which of the other."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ganlab.data.disk.listing import HELD_OUT, find_images, held_out_by_hash, require_folder
from ganlab.errors import UserError

SIDES = (("A", "B"), ("a", "b"), ("source", "target"))
LAYOUTS = ("{split}{side}", "{split}/{side}", "{side}/{split}")


class Domain(NamedTuple):
    """The pictures of one side in one split: paths below ``folder``, sorted."""

    side: str
    folder: Path
    paths: list[str]

    def files(self) -> list[str]:
        """The full paths."""
        return [str(self.folder / path) for path in self.paths]

    def names(self) -> list[str]:
        """The paths without what comes after the last dot."""
        return [stem(path) for path in self.paths]

    def part(self, chosen: Sequence[bool]) -> "Domain":
        """Those pictures where ``chosen`` is true."""
        return self._replace(paths=[path for path, keep in zip(self.paths, chosen, strict=True) if keep])

    def shared_names(self) -> list[str]:
        """What a picture's partner is called as well: trainA/7_A.jpg is 7, as trainB/7_B.png is."""
        return [name.removesuffix(f"_{self.side}") for name in self.names()]

    def by_shared_name(self) -> dict[str, str]:
        """The full paths; raises UserError for two of one name."""
        found: dict[str, str] = {}
        for name, file in zip(self.shared_names(), self.files(), strict=True):
            if name in found:
                raise UserError(
                    f"{found[name]} and {file} have one name: which is the partner of the other side?"
                )
            found[name] = file
        return found


class Domains(NamedTuple):
    """Both sides of a split."""

    a: Domain
    b: Domain


def find_domains(
    root: Path, expected: str, named: Sequence[tuple[str, str]] = SIDES
) -> dict[str, Domains] | None:
    """The pictures of both sides, by split: "train", and "test" if there are folders for it.

    None where no folder is ``named`` as a side is. ``expected`` ends error messages.

    Raises:
        UserError: no such root, a side without folder or without images.
    """
    require_folder(root, expected)
    for sides in named:
        for layout in LAYOUTS:
            train = [layout.format(split="train", side=side) for side in sides]
            if _any_is_there(root, train):
                tests = ([layout.format(split=split, side=side) for side in sides] for split in HELD_OUT)
                test = next((folders for folders in tests if _any_is_there(root, folders)), None)
                found = {"train": _read(root, sides, train, expected)}
                kept_out = f" held-out pictures there, or no such folder{expected}"
                return found | ({"test": _read(root, sides, test, kept_out)} if test else {})
        if _any_is_there(root, sides):
            return {"train": _read(root, sides, sides, expected)}
    return None


def held_out_share(domains: Domains, share: float) -> dict[str, Domains]:
    """Both sides cut in two by the names of their pictures: partners go the same way."""
    kept, out = [], []
    for domain in domains:
        chosen = [held_out_by_hash(name, share) for name in domain.shared_names()]
        kept.append(domain.part([not held_out for held_out in chosen]))
        out.append(domain.part(chosen))
    return {"train": Domains(*kept), "test": Domains(*out)}


def matched(domains: Domains) -> list[tuple[str, str, str]]:
    """(name, file of a, file of b) of every pair.

    Raises:
        UserError: pictures without partner.
    """
    a, b = (domain.by_shared_name() for domain in domains)
    alone = [a[name] for name in a if name not in b] + [b[name] for name in b if name not in a]
    if alone:
        raise UserError(
            f"{len(alone)} pictures have no partner of the same name in the other folder: "
            f"{', '.join(alone[:5])}{', ...' if len(alone) > 5 else ''}; rename or remove them"
        )
    return [(name, a[name], b[name]) for name in a]


def stem(path: str) -> str:
    """The path without what comes after the last dot."""
    return str(PurePosixPath(path).with_suffix(""))


def _any_is_there(root: Path, folders: Sequence[str]) -> bool:
    return any((root / folder).is_dir() for folder in folders)


def _read(root: Path, sides: Sequence[str], folders: Sequence[str], expected: str) -> Domains:
    missing = [folder for folder in folders if not (root / folder).is_dir()]
    if missing:
        there = next(folder for folder in folders if folder not in missing)
        raise UserError(f"{root} has {there}/ but not {missing[0]}/; expected{expected}")
    return Domains(
        *(
            Domain(side, root / folder, find_images(root / folder, expected).paths)
            for side, folder in zip(sides, folders, strict=True)
        )
    )

"""Well-known image-to-image data sets in their original layout, downloaded where they are missing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from ganlab.bounds import Size, Whole
from ganlab.data.disk.archives import obtain
from ganlab.data.disk.downloads import Archive
from ganlab.data.disk.layouts import Domain, Domains
from ganlab.data.disk.listing import Part, find_images
from ganlab.data.translation.folders.domains import DomainsFolder
from ganlab.data.translation.folders.paired import PairedFolder
from ganlab.data.translation.folders.semantic import SemanticFolder
from ganlab.data.translation.folders.super_resolution import SuperResolutionFolder
from ganlab.data.translation.folders.unpaired import UnpairedFolder
from ganlab.data.translation.semantic import Regions
from ganlab.data.translation.sets import ExampleSplits
from ganlab.errors import UserError

BERKELEY = "http://efrosgans.eecs.berkeley.edu"
ZURICH = "https://data.vision.ee.ethz.ch/cvl/DIV2K"
MIT = "http://data.csail.mit.edu/places/ADEchallenge"
SEOUL = "https://cv.snu.ac.kr/research/EDSR"
FLICKR = "Flickr2K/Flickr2K_HR"

CYCLEGAN = {  # lengths and checksums as TensorFlow Datasets lists them for the authors' files
    "horse2zebra": (116_867_962, "a74d9d392eecca9966b51287a76ca126af473d9de4f3e8fc0e9cda08fa1730a1"),
    "apple2orange": (78_456_409, "845a191e9af8926408ea597001cd03a452e3300a1f44a79fe329b3d59f6e3eb8"),
    "summer2winter_yosemite": (
        132_640_856,
        "167fe1726807a9d22bd106b4a6c0bd7953b688af924ac1bf967439c4961e49f9",
    ),
    "monet2photo": (305_231_073, "88f91b00fc228f97c9411fbf1880ec1d119c98f1722e4cfcfaa2fb35fac05b04"),
    "vangogh2photo": (306_590_349, "362c3473e70be0944bda08d49d660eafdc2854df55d697835b8186d1d79caaff"),
}
PIX2PIX = (
    "facades",
    "maps",
    "cityscapes",
    "edges2shoes",
    "edges2handbags",
)  # nobody published their checksums
DIV2K = {  # likewise, and as others have measured
    "DIV2K_train_HR": (3_530_603_713, "9d0b9c463f6e35b6c62cc6a930ee2224f670b34c1df841a57670f9acf0f6c335"),
    "DIV2K_valid_HR": (448_993_893, "20dd31fd84d777bc1cf5d6b7654a3f569c0aec74458ae094122ad1d0489900fc"),
}

Known = TypeVar("Known")


class KnownUnpaired(UnpairedFolder):
    """One of ``CYCLEGAN``, in ``root/<known>`` (Zhu et al. 2017), with the parts trainA, trainB, testA and testB.

    With ``side_by_side`` one of ``PIX2PIX`` (Isola et al. 2017), whose pairs are taken apart.
    """

    archive: Archive

    def __init__(self, *, known: str, root: str = "data", side_by_side: bool = False, **options: Any) -> None:
        super().__init__(root=root, side_by_side=side_by_side, **options)
        if side_by_side:
            self.archive = pix2pix_archive(known)
        else:
            size, sha256 = known_as(known, CYCLEGAN)
            self.archive = Archive(f"{BERKELEY}/cyclegan/datasets/{known}.zip", known, size, sha256)

    def folder(self) -> Path:
        return obtained(self.root, self.archive)


class KnownPaired(PairedFolder):
    """One of ``PIX2PIX``, in ``root/<known>`` (Isola et al. 2017): a and b side by side, in train and val or test."""

    def __init__(self, *, known: str, root: str = "data", **options: Any) -> None:
        super().__init__(root=root, **options)
        self.archive = pix2pix_archive(known)

    def folder(self) -> Path:
        return obtained(self.root, self.archive)


class Div2K(SuperResolutionFolder):
    """800 photographs to train on and 100 held out, about 2040 x 1356 (Agustsson, Timofte 2017), in ``root/DIV2K``.

    The 100 are DIV2K's validation part; its test part was never published.
    """

    def __init__(
        self, *, root: str = "data", test_size: Size | tuple[Size, Size] | None = 480, **options: Any
    ) -> None:
        super().__init__(root=root, test_size=test_size, **options)

    def parts(self) -> tuple[Path, tuple[Part, Part]]:
        root = self.root
        root = root if root.name == "DIV2K" else root / "DIV2K"
        obtain(root, [Archive(f"{ZURICH}/{name}.zip", name, *facts) for name, facts in DIV2K.items()])
        train, test = (
            Part(f"{name}/", [f"{name}/{path}" for path in find_images(root / name).paths]) for name in DIV2K
        )
        return root, (train, test)


class DF2K(Div2K):
    """DIV2K, and 2,650 more photographs to train on, Flickr2K (Timofte et al. 2017).

    In ``root/DIV2K`` and ``root/Flickr2K``; held out are DIV2K's 100.
    """

    def parts(self) -> tuple[Path, tuple[Part, Part]]:
        obtain(self.root, [Archive(f"{SEOUL}/Flickr2K.tar", "Flickr2K")])
        train, test = ([f"DIV2K/{path}" for path in part.paths] for part in super().parts()[1])
        more = find_images(self.root / FLICKR).paths
        return self.root, (Part("", [*train, *(f"{FLICKR}/{path}" for path in more)]), Part("DIV2K/", test))


class ADE20K(SemanticFolder):
    """Scenes of 150 regions: 20,210 and 2,000 held out (Zhou et al. 2017), in ``root/ADEChallengeData2016``."""

    def __init__(
        self, *, regions: Regions = 150, first_id: Whole = 1, root: str = "data", **options: Any
    ) -> None:
        super().__init__(regions=regions, first_id=first_id, root=root, **options)

    def found(self) -> tuple[Path, dict[str, Domains]]:
        folder = obtained(self.root, Archive(f"{MIT}/ADEChallengeData2016.zip", "ADEChallengeData2016"))
        sides = ("annotations", "images")

        def part(split: str) -> Domains:
            return Domains(
                *(Domain(s, folder / s / split, find_images(folder / s / split).paths) for s in sides)
            )

        return folder, {"train": part("training"), "test": part("validation")}


def pix2pix_archive(known: str) -> Archive:
    """Of one of ``PIX2PIX``."""
    known_as(known, dict.fromkeys(PIX2PIX))
    return Archive(f"{BERKELEY}/pix2pix/datasets/{known}.tar.gz", known)


def known_as(known: str, sets: Mapping[str, Known]) -> Known:
    """What ``sets`` says of a data set; raises UserError for one that it does not know."""
    if known not in sets:
        raise UserError(f"data.known={known}: {', '.join(sets)}")
    return sets[known]


def obtained(root: Path, archive: Archive) -> Path:
    """The archive's folder: ``root`` itself if it bears its name, else the one below ``root``."""
    folder = root if root.name == archive.folder else root / archive.folder
    obtain(folder.parent, [archive])
    return folder


class StarDomains(DomainsFolder):
    """Domains as the authors of StarGAN v2 give them out: train/ and val/, a folder for each; fetched by hand.

    title, fetched: what the set is called, and its word for their program. licence: that they name.
    """

    title: ClassVar[str]
    fetched: ClassVar[str]
    licence: ClassVar[str] = "CC BY-NC 4.0"

    def load(self) -> ExampleSplits:
        if not self.root.is_dir():
            raise UserError(
                f"{self.root} is not there: {self.title} is fetched by hand, with bash download.sh {self.fetched} of "
                f"github.com/clovaai/stargan-v2 ({self.licence}), so that {self.root}/train/{self.classes[0]} holds "
                "pictures"
            )
        return super().load()


class AFHQ(StarDomains):
    """16,130 faces of cats, dogs and wild animals (Choi et al. 2020), 512 x 512."""

    default_root, title, fetched = "data/afhq", "AFHQ", "afhq-dataset"
    classes = ("cat", "dog", "wild")


class CelebAHQ(StarDomains):
    """30,000 faces of women and men (Karras et al. 2018; divided by Choi et al. 2020), 256 x 256."""

    default_root, title, fetched = "data/celeba_hq", "CelebA-HQ", "celeba-hq-dataset"
    classes = ("female", "male")

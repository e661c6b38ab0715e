"""The captioned sets of the papers: birds and flowers with Reed's ten captions each, and COCO with five."""

import json
from pathlib import Path
from typing import Any, ClassVar, Literal, Unpack

from ganlab.data.captions.files import lines_of
from ganlab.data.captions.folder import Captioned, CaptionFileOptions, CaptionFiles
from ganlab.data.captions.sets import require_captions
from ganlab.errors import UserError

TRAIN, TEST = "trainvalclasses.txt", "testclasses.txt"


class ReedCaptions(CaptionFiles):
    """Images by class with ten captions each (Reed, Akata, Lee, Schiele 2016); no class is in both parts.

    ``root`` holds ``text_c10/<class>/<image>.txt`` and the lists of classes ``trainvalclasses.txt`` and
    ``testclasses.txt``, as in the archive of captions, and the images. Captions match every image of their class, as in
    the code of Reed et al.
    """

    pictures: ClassVar[str]  # where images lie below ``root``, as a person would say it
    sources: ClassVar[str]

    def image_of(self, text: Path) -> Path:
        """The image that a text file of ``text_c10/<class>`` belongs to."""
        raise NotImplementedError

    def listed(self) -> tuple[list[Captioned], list[Captioned]]:
        return self._part(TRAIN), self._part(TEST)

    def _part(self, name: str) -> list[Captioned]:
        listed = self.root / name
        if not listed.is_file() or not (self.root / "text_c10").is_dir():
            raise UserError(self._expected(f"there is no {listed if self.root.is_dir() else self.root}"))
        captions: dict[str, tuple[str, ...]] = {}
        groups: dict[str, str] = {}
        for kind in listed.read_text(encoding="utf-8").split():
            for text in sorted((self.root / "text_c10" / kind).glob("*.txt")):
                image = str(self.image_of(text))
                captions[image], groups[image] = lines_of(text), kind
        absent = [image for image in captions if not Path(image).is_file()]
        if absent or not captions:
            what = f"{len(absent)} of {len(captions)} images are not there"
            raise UserError(self._expected(f"{name}: {what}, for instance {absent[:1]}"))
        require_captions(captions, "these files of text_c10 are damaged: unpack the archive again")
        return [Captioned(image, texts, groups[image]) for image, texts in captions.items()]

    def _expected(self, fault: str) -> str:
        return (
            f"data.root={self.root}: {fault}; expected\n  {self.root}/{self.pictures}\n"
            f"  {self.root}/text_c10/<class>/<image>.txt\n  {self.root}/{TRAIN} and {TEST}\n{self.sources}"
        )


class CUB(ReedCaptions):
    """11,788 photographs of birds (Wah et al. 2011), ten captions each: 150 kinds to train on, 50 held out."""

    default_root: ClassVar[str | None] = "data/cub"
    pictures: ClassVar[str] = "images/<class>/<image>.jpg"
    sources: ClassVar[str] = (
        "images: CUB_200_2011.tgz from https://data.caltech.edu/records/20098; captions and lists: the birds of "
        "https://github.com/reedscot/cvpr2016"
    )

    def image_of(self, text: Path) -> Path:
        return self.root / "images" / text.parent.name / f"{text.stem}.jpg"


class Flowers(ReedCaptions):
    """8,189 photographs of flowers (Nilsback, Zisserman 2008), ten captions each: 82 kinds to train on, 20 held out."""

    default_root: ClassVar[str | None] = "data/flowers"
    pictures: ClassVar[str] = "jpg/<image>.jpg"
    sources: ClassVar[str] = (
        "images: 102flowers.tgz from https://www.robots.ox.ac.uk/~vgg/data/flowers/102; captions and lists: the "
        "flowers of https://github.com/reedscot/cvpr2016"
    )

    def image_of(self, text: Path) -> Path:
        return self.root / "jpg" / f"{text.stem}.jpg"


class COCOCaptions(CaptionFiles):
    """COCO (Lin et al. 2014; Chen et al. 2015): 82,783 photographs, 40,504 held out, with five captions each.

    ``root`` holds ``train2014/``, ``val2014/``, ``annotations/captions_train2014.json`` and the same of ``val2014``;
    likewise for another ``year``, whose split has other numbers. Captions match the image that they were written
    for, and no other.
    """

    default_root: ClassVar[str | None] = "data/coco"

    def __init__(self, *, year: Literal[2014, 2017] = 2014, **options: Unpack[CaptionFileOptions]) -> None:
        super().__init__(**options)
        self.year = year

    def listed(self) -> tuple[list[Captioned], list[Captioned]]:
        return self._part("train"), self._part("val")

    def _part(self, split: str) -> list[Captioned]:
        pictures = self.root / f"{split}{self.year}"
        listed = self.root / "annotations" / f"captions_{split}{self.year}.json"
        for needed in (listed, pictures):
            if not needed.exists():
                raise UserError(
                    f"data.root={self.root}: there is no {needed}; unpack {split}{self.year}.zip and "
                    f"annotations_trainval{self.year}.zip of https://cocodataset.org/#download there"
                )
        files, captions = read_coco(listed)
        paths = {number: str(pictures / name) for number, name in files.items()}
        absent = [path for path in paths.values() if not Path(path).is_file()]
        if absent:
            raise UserError(
                f"{len(absent)} of {len(paths)} images of {listed} are not there, for instance {absent[0]}"
            )
        require_captions({paths[number]: texts for number, texts in captions.items()}, f"see {listed}")
        return [Captioned(paths[number], texts, number) for number, texts in captions.items()]


def read_coco(path: Path) -> tuple[dict[int, str], dict[int, list[str]]]:
    """File names and captions by the image's number.

    Raises:
        UserError: the file is no list of captions.
    """
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        files = {int(image["id"]): str(image["file_name"]) for image in content["images"]}
        captions: dict[int, list[str]] = {number: [] for number in files}
        for entry in content["annotations"]:
            captions[int(entry["image_id"])].append(entry["caption"].strip())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is no list of COCO captions ({type(error).__name__}: {error})") from None
    return files, captions

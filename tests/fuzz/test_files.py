"""Files with damage in them: an error sentence, or success; never another exception, a crash or a hang."""

import csv
import io
import json

import numpy as np
import pytest
import torch
from hypothesis import given
from PIL import Image

from ganlab.config.compose.yaml_files import read_yaml
from ganlab.data.captions.files import captions_below
from ganlab.data.disk.archives import unpack
from ganlab.data.disk.downloads import Refused
from ganlab.data.store.decode import Decoder, Header
from ganlab.errors import StorageError, UserError
from ganlab.storage import digest
from ganlab.training.checkpoints import checkpoint_name, checksum_path, newest_valid, read_checkpoint
from tests.support.archives import tarred, zipped
from tests.support.mutations import bounded, damaged, success_or

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 14, 3), np.uint8)
FORMATS = {
    "png": {},
    "jpeg": {"exif": Image.Exif()},
    "gif": {"save_all": True, "append_images": [Image.new("RGB", (14, 12))]},
    "tiff": {"compression": "tiff_deflate"},
    "webp": {},
    "bmp": {},
    "ppm": {},
    "tga": {},
}
FORMATS["jpeg"]["exif"][0x0112] = 6


def saved(form: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, form, **FORMATS[form])
    return buffer.getvalue()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("form", FORMATS)
def test_D3_D15_a_damaged_image_is_named_or_read(form, tmp_path):
    decoder, path = Decoder(height=8, width=8, channels=3), tmp_path / f"picture.{form}"

    @bounded(60)
    @given(damaged(saved(form)))
    def check(content):
        path.write_bytes(content)
        for read, kind in ((decoder.header, Header), (decoder, np.ndarray)):
            with success_or(UserError, str(path)):
                assert isinstance(read(str(path)), kind)

    check()


def checkpoint() -> bytes:
    buffer = io.BytesIO()
    state = {"state_dict": {"a": torch.arange(6.0).reshape(2, 3), "b": torch.ones(4, dtype=torch.int64)}}
    torch.save({**state, "ganlab": {"steps": 3, "counts": {}}, "lists": [1, 2.5, None, "x"]}, buffer)
    return buffer.getvalue()


def test_X1_a_damaged_checkpoint_is_refused_or_read(tmp_path):
    """Whoever changes a file can change its checksum."""
    path = tmp_path / checkpoint_name(1)

    @bounded(150)
    @given(damaged(checkpoint(), head=1200))
    def check(content):
        path.write_bytes(content)
        checksum_path(path).write_text(digest(path))
        assert newest_valid(tmp_path) == (path, [])
        with success_or(StorageError, str(path)):
            assert isinstance(read_checkpoint(path), dict)

    check()


def test_S2_a_damaged_checksum_is_no_checksum(tmp_path):
    path = tmp_path / checkpoint_name(1)
    path.write_bytes(checkpoint())
    whole = digest(path).encode()

    @bounded(40)
    @given(damaged(whole))
    def check(content):
        checksum_path(path).write_bytes(content)
        valid, bad = newest_valid(tmp_path)
        assert (valid, bad) in ((path, []), (None, [path]))
        assert (valid is None) == (content.strip() != whole)

    check()


FILES = {"set/1.jpg": b"1" * 300, "set/more/2.jpg": bytes(range(256)), "set/3.txt": b"three\n"}


@pytest.mark.parametrize("make", [zipped, tarred], ids=["zip", "tar"])
def test_D17_a_damaged_archive_is_refused_or_unpacked_in_its_place(make, tmp_path):
    path, tries = tmp_path / "archive", iter(range(10_000))

    @bounded(120)
    @given(damaged(make(FILES), head=600))
    def check(content):
        path.write_bytes(content)
        folder = tmp_path / f"work{next(tries)}"
        before = set(tmp_path.iterdir())
        with success_or(Refused, path.name):
            unpack(path, folder)
        assert set(tmp_path.iterdir()) - before <= {folder}

    check()


def test_D17_a_damaged_tar_inside_an_intact_gzip(tmp_path):
    """Damage that no checksum of the compression sees."""
    import gzip

    path, tries = tmp_path / "archive", iter(range(10_000))

    @bounded(120)
    @given(damaged(gzip.decompress(tarred(FILES)), head=1600))
    def check(content):
        path.write_bytes(gzip.compress(content, 1))
        with success_or(Refused, path.name):
            unpack(path, tmp_path / f"work{next(tries)}")

    check()


CONFIG = b"""
model: {_target_: torch.nn.Sequential, sizes: [1, 2.5e-3, true, null]}
data: &data
  root: "/a b/c"   # a comment
  more: *data
text: |
  two
  lines
"""


def test_C6_a_damaged_configuration_is_a_sentence(tmp_path):
    path = tmp_path / "config.yaml"

    @bounded(150)
    @given(damaged(CONFIG))
    def check(content):
        path.write_bytes(content)
        with success_or(UserError, str(path)):
            read_yaml(path)

    check()


TABLE = io.StringIO()
csv.writer(TABLE).writerows(
    [["file_name", "caption"], ["1.jpg", 'a "red" fox, at night'], ["2.jpg", "zwölf"]]
)
LISTS = {
    "captions.csv": TABLE.getvalue().encode(),
    "captions.jsonl": b"".join(
        json.dumps({"image": f"{n}.jpg", "captions": ["a", f"caption {n}"]}).encode() + b"\n" for n in (1, 2)
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_D12_a_damaged_list_of_captions_is_a_sentence(name, tmp_path):
    @bounded(80)
    @given(damaged(LISTS[name]))
    def check(content):
        (tmp_path / name).write_bytes(content)
        with success_or(UserError, name):
            captions, _ = captions_below(tmp_path, ["1.jpg", "2.jpg"])
            assert len(captions) == 2

    check()

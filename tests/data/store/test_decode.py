"""One file to (C, H, W) uint8: every mode by its golden pixels, and what must be refused."""

import struct
import zlib

import numpy as np
import PIL
import pytest
from PIL import Image

from ganlab.data.disk.packed import Place, Sample
from ganlab.data.disk.rows import RowDecoder
from ganlab.data.store.decode import CorruptImage, Decoder, _read_heif
from ganlab.errors import UserError

RAMP = np.tile(np.linspace(0, 65535, 64).round().astype(np.uint16), (64, 1))


def decoder(size=4, channels=3, **changes) -> Decoder:
    height, width = (size, size) if isinstance(size, int) else size
    return Decoder(height=height, width=width, channels=channels, **changes)


def flat(mode, colour, size=(8, 8)) -> Image.Image:
    return Image.new(mode, size, colour)


def compressed(image: Image.Image) -> Image.Image:
    """As a TIFF it is saved so."""
    image.info["compression"] = "tiff_lzw"
    return image


def palette(transparent: bool) -> Image.Image:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 10, 200, 30] + [0] * 762)
    if transparent:
        image.info["transparency"] = 1
    return image


GOLDEN = [  # name, image, RGB on a background of (0, 0, 255), tolerance
    ("grey.png", flat("L", 70), (70, 70, 70), 0),
    ("grey_alpha.png", flat("LA", (200, 0)), (0, 0, 255), 0),
    ("half.png", flat("RGBA", (255, 0, 0, 128)), (128, 0, 127), 1),
    ("clear.webp", flat("RGBA", (255, 0, 0, 0)), (0, 0, 255), 3),
    ("palette.png", palette(False), (10, 200, 30), 0),
    ("palette_clear.png", palette(True), (0, 0, 255), 0),
    ("clear.gif", palette(True), (0, 0, 255), 0),
    ("bit.png", flat("1", 1), (255, 255, 255), 0),
    ("print.jpg", flat("CMYK", (0, 255, 255, 0)), (255, 0, 0), 3),
    ("print.tif", flat("CMYK", (0, 255, 255, 0)), (255, 0, 0), 0),
    pytest.param(
        *("video.tif", flat("YCbCr", (100, 128, 128)), (100, 100, 100), 1),
        marks=pytest.mark.xfail(
            int(PIL.__version__.split(".")[0]) < 13,
            reason="Pillow 12 takes it for a broken file",
            strict=True,
        ),
    ),
    ("video_lzw.tif", compressed(flat("YCbCr", (100, 128, 128))), (100, 100, 100), 1),
    ("video.jpg", flat("YCbCr", (100, 128, 128)), (100, 100, 100), 1),
    ("colour.bmp", flat("RGB", (1, 2, 3)), (1, 2, 3), 0),
]


NAMES = [getattr(row, "values", row)[0] for row in GOLDEN]


@pytest.mark.parametrize(("name", "image", "colour", "tolerance"), GOLDEN, ids=NAMES)
def test_D6_every_mode_becomes_rgb_with_alpha_on_the_background(tmp_path, name, image, colour, tolerance):
    image.save(tmp_path / name)
    pixels = decoder(background="#0000ff")(str(tmp_path / name))
    assert pixels.shape == (3, 4, 4)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - np.array(colour)[:, None, None]).max() <= tolerance
    grey = decoder(background="#0000ff", channels=1)(str(tmp_path / name))
    luma = np.dot(colour, (0.299, 0.587, 0.114))
    assert grey.shape == (1, 4, 4)
    assert np.abs(grey - luma).max() <= tolerance + 1


def test_D6_of_an_animation_the_first_frame_is_used_and_it_is_noticed(tmp_path):
    frames = [flat("RGB", (250, 0, 0)), flat("RGB", (0, 250, 0))]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    frames[0].save(tmp_path / "b.gif")
    assert decoder()(str(tmp_path / "a.gif"))[:, 0, 0].tolist() == [250, 0, 0]
    assert decoder().header(str(tmp_path / "a.gif")).many_frames
    assert not decoder().header(str(tmp_path / "b.gif")).many_frames


@pytest.mark.parametrize("name", ["ramp.png", "ramp.tif", "ramp.pgm"])
@pytest.mark.parametrize("channels", [1, 3])
def test_D4_sixteen_bit_gray_is_scaled(tmp_path, name, channels):
    Image.fromarray(RAMP).save(tmp_path / name)
    pixels = decoder(64, channels)(str(tmp_path / name)) / 255
    assert pixels.mean() == pytest.approx(0.5, abs=0.002)  # clipped it would be 0.998
    assert np.abs(pixels - RAMP / 65535).max() < 0.003


@pytest.mark.parametrize(("dtype", "words"), [(np.float32, "floating-point"), (np.int32, "32-bit")])
def test_D5_pixels_of_unknown_range_are_refused_by_name(tmp_path, dtype, words):
    Image.fromarray(np.ones((8, 8), dtype)).save(tmp_path / "depth.tif")
    for read in (decoder(), decoder().header):
        with pytest.raises(UserError, match=f"depth.tif has {words} pixels") as error:
            read(str(tmp_path / "depth.tif"))
        assert not isinstance(error.value, CorruptImage)  # on_corrupt=skip must not hide it


def test_D7_exif_rotation_is_applied(tmp_path):
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:, 20:] = 255  # right half white
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: the right side of the file is the bottom
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    Image.fromarray(pixels).save(tmp_path / "plain.png")
    turned = decoder((40, 20), 1)(str(tmp_path / "turned.png"))
    assert turned.shape == (1, 40, 20)
    assert turned[0, :18].max() == 0
    assert turned[0, 22:].min() == 255
    assert decoder((20, 40), 1)(str(tmp_path / "plain.png"))[0, :, 22:].min() == 255


def test_D8_any_size_is_cropped_in_the_middle_and_resized(tmp_path):
    wide = np.zeros((10, 30), np.uint8)
    wide[:, 10:20] = 255
    Image.fromarray(wide).save(tmp_path / "wide.png")
    Image.fromarray(wide.T.copy()).save(tmp_path / "tall.png")
    assert decoder(10, 1)(str(tmp_path / "wide.png")).min() == 255
    assert decoder(10, 1)(str(tmp_path / "tall.png")).min() == 255
    resized = Image.fromarray(wide).resize((120, 40), Image.Resampling.BICUBIC).crop((40, 0, 80, 40))
    enlarged = decoder(40, 1)(str(tmp_path / "wide.png"))[0]
    assert np.abs(enlarged.astype(int) - np.asarray(resized)).max() <= 1  # shorter side first, then the crop
    strip = decoder((5, 15), 1)(str(tmp_path / "wide.png"))[0]
    assert strip[:, :4].max() <= 10
    assert strip[:, 7].min() >= 245


def test_images_of_the_right_size_are_not_touched(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert np.array_equal(decoder(16)(str(tmp_path / "a.png")), pixels.transpose(2, 0, 1))


def test_large_jpegs_are_decoded_small_and_look_the_same(tmp_path):
    y, x = np.mgrid[0:800, 0:1200]
    Image.fromarray(np.stack((x // 5, y // 4, (x + y) // 8), 2).astype(np.uint8)).save(
        tmp_path / "a.jpg", quality=95
    )
    Image.open(tmp_path / "a.jpg").save(tmp_path / "a.png")
    jpeg, png = (decoder(32)(str(tmp_path / name)).astype(int) for name in ("a.jpg", "a.png"))
    assert np.abs(jpeg - png).max() <= 3


def test_large_jpegs_of_labels_are_decoded_whole_so_that_no_colours_mix(tmp_path):
    stripes = np.repeat(np.where(np.arange(1024) // 4 % 2, 255, 0)[None], 1024, 0).astype(np.uint8)
    Image.fromarray(stripes).save(tmp_path / "a.jpg", quality=95)
    found = decoder(32, 1, nearest=True)(str(tmp_path / "a.jpg")).astype(int)
    assert np.minimum(found, 255 - found).max() <= 20


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is width x height black pixels, in a few KB."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [9000, 12000, 40000])
def test_D15_a_decompression_bomb_is_refused_by_its_header(tmp_path, side):
    (tmp_path / "bomb.png").write_bytes(png_of(side, side))
    with pytest.raises(UserError, match=r"bomb\.png") as error:
        decoder()(str(tmp_path / "bomb.png"))
    assert not isinstance(error.value, CorruptImage)
    if side < 13000:
        assert "data.max_pixels=64000000" in str(error.value)


def test_D15_the_limit_is_the_users(tmp_path):
    flat("RGB", (1, 2, 3), (20, 20)).save(tmp_path / "a.png")
    assert decoder(max_pixels=400)(str(tmp_path / "a.png")).shape == (3, 4, 4)
    with pytest.raises(UserError, match="20 x 20 = 400"):
        decoder(max_pixels=399)(str(tmp_path / "a.png"))


def broken_files(folder) -> list[str]:
    """What stands for images in the wild, but is none."""
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 256, (40, 40, 3), np.uint8))
    for name in ("cut.jpg", "cut.png", "cut.gif"):
        image.save(folder / name)
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: len(data) // 2])
    image.save(folder / "crc.png")
    data = bytearray((folder / "crc.png").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (folder / "crc.png").write_bytes(data)
    (folder / "empty.png").write_bytes(b"")
    (folder / "page.jpg").write_text("<!DOCTYPE html><html>404 Not Found</html>")
    return ["cut.jpg", "cut.png", "cut.gif", "crc.png", "empty.png", "page.jpg"]


def test_D3_files_that_are_no_images_are_named(tmp_path):
    for name in broken_files(tmp_path):
        with pytest.raises(CorruptImage) as error:
            decoder()(str(tmp_path / name))
        assert str(tmp_path / name) in str(error.value)
        assert "\n" not in str(error.value)


def test_D3_a_file_that_may_not_be_read_is_not_taken_for_a_corrupt_one(tmp_path):
    with pytest.raises(UserError, match=r"gone\.png cannot be read: No such file") as error:
        decoder()(str(tmp_path / "gone.png"))
    assert not isinstance(error.value, CorruptImage)


def test_D3_nothing_switches_pillows_strictness_off():
    from PIL import ImageFile

    import ganlab.data.images.folder  # noqa: F401

    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def heic(path, colour=(200, 30, 60), **options):
    """A photograph of a phone, 12 x 8 pixels."""
    pillow_heif = pytest.importorskip("pillow_heif", reason="an extra: pip install 'ganlab[heic]'")
    pillow_heif.from_pillow(flat("RGB", colour, (12, 8))).save(path, quality=100, **options)


def test_a_phone_s_photograph_is_read_by_all_that_take_pictures(tmp_path):
    from ganlab.data.disk.listing import find_images
    from ganlab.inference.picture_files import find_pictures
    from ganlab.inference.scoring.kinds.pictures import Folder

    path = tmp_path / "IMG_1.HEIC"
    heic(path)
    assert find_images(tmp_path).paths == ["IMG_1.HEIC"]
    assert [found.path for found in find_pictures("input", tmp_path)] == [path]
    assert Folder(tmp_path).names == ["IMG_1.HEIC"]
    assert decoder().header(str(path))[1:3] == (12, 8)
    pixels = decoder()(str(path))
    assert pixels.shape == (3, 4, 4)
    assert np.abs(pixels.astype(int) - np.array([200, 30, 60])[:, None, None]).max() <= 6
    misnamed = path.rename(tmp_path / "IMG_2.jpg")
    assert np.array_equal(decoder()(str(misnamed)), pixels)
    path.write_bytes(b"no photograph")
    with pytest.raises(CorruptImage, match=r"IMG_1\.HEIC \(not an image\)"):
        decoder()(str(path))


def test_a_row_that_holds_heic_is_read_or_told(tmp_path, monkeypatch):
    """It has no name that could tell, and Pillow may not know of the format yet."""
    heic(tmp_path / "a.heic")
    content = (tmp_path / "a.heic").read_bytes()
    (sample,) = samples = [Sample("0", Place("rows", 0, 0))]
    cells = {"rows": [{"picture": {"bytes": content, "path": None}}]}
    read = RowDecoder.of(samples, tables=cells, column="picture", height=4, width=4, channels=3)
    monkeypatch.setattr(Image, "ID", [name for name in Image.ID if name != "HEIF"])
    _read_heif.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr("ganlab.data.store.decode.has_heif", lambda: False)
        with pytest.raises(
            UserError, match=r"rows/0 cannot be read: it is HEIC, which needs .*ganlab\[heic\]"
        ):
            read(sample.path)
    assert np.array_equal(read(sample.path), decoder()(str(tmp_path / "a.heic")))


@pytest.mark.parametrize(
    ("name", "lacking", "remedy"),
    [
        ("a.heic", "has_heif", r"\.heic needs the package pillow-heif: pip install 'ganlab\[heic\]'"),
        ("a.avif", "features.check", r"\.avif needs a newer Pillow: pip install 'pillow>=11\.3'"),
    ],
)
def test_where_its_reader_is_not_installed_the_file_is_named_with_the_remedy(
    name, lacking, remedy, tmp_path, monkeypatch
):
    from ganlab.data.disk.listing import find_images

    monkeypatch.setattr(f"ganlab.data.store.decode.{lacking}", lambda *_: False)
    (tmp_path / name).touch()
    with pytest.raises(UserError, match=rf"^{tmp_path}/{name} cannot be read: {remedy}$"):
        decoder()(str(tmp_path / name))
    with pytest.raises(
        UserError, match=rf"holds no images .*1 left out \({name}\): {remedy}, or convert them"
    ):
        find_images(tmp_path)

"""Archives as they should be, and as nobody should unpack them."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np

NOISE = np.random.default_rng(0).integers(0, 256, 300_000, np.uint8).tobytes()


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # of 1980, whenever it is made
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def tarred(members: dict[str, bytes | tarfile.TarInfo]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            if isinstance(content, bytes):
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return gzip.compress(buffer.getvalue(), mtime=0)


def tar_of(path: Path, **members: bytes) -> Path:
    """A shard: a tar file that is not compressed."""
    path.write_bytes(gzip.decompress(tarred(dict(members))))
    return path


HORSES = zipped({"horses/": b"", "horses/trainA/1.jpg": NOISE, "horses/trainB/2.jpg": b"x" * 9})


def special(kind: bytes, target: str = "/etc/passwd") -> tarfile.TarInfo:
    info = tarfile.TarInfo()
    info.type, info.linkname = kind, target
    return info


def with_link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("horses/link")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


TAR = tarred({"horses/1.jpg": NOISE})
EVIL = {
    "zip_parent": (zipped({"horses/ok": b"1", "../out": b"1"}), "would write '../out', outside"),
    "zip_absolute": (zipped({"/tmp/out": b"1"}), "outside"),
    "zip_drive": (zipped({"C:/out": b"1"}), "outside"),
    "zip_backslash": (zipped({"horses\\..\\..\\out": b"1"}), "outside"),
    "zip_link": (with_link(), "a link or a device"),
    "zip_bomb": (zipped({"horses/zeros": bytes(40_000_000)}), "more than 200 times its size"),
    "zip_cut": (HORSES[:-30], "damaged"),
    "zip_flipped": (flipped(HORSES, 5000), "damaged"),
    "tar_parent": (tarred({"horses/../../out": b"1"}), "outside"),
    "tar_absolute": (tarred({"/tmp/out": b"1"}), "outside"),
    "tar_symlink": (tarred({"horses/link": special(tarfile.SYMTYPE)}), "a link or a device"),
    "tar_hardlink": (tarred({"horses/link": special(tarfile.LNKTYPE)}), "a link or a device"),
    "tar_device": (tarred({"horses/null": special(tarfile.CHRTYPE)}), "a link or a device"),
    "tar_fifo": (tarred({"horses/pipe": special(tarfile.FIFOTYPE)}), "a link or a device"),
    "tar_bomb": (tarred({"horses/zeros": bytes(40_000_000)}), "more than 200 times its size"),
    "tar_cut": (TAR[:-5000], "damaged"),
    "tar_flipped": (flipped(TAR, 5000), "damaged"),
    "tar_flipped_sum": (flipped(TAR, len(TAR) - 6), "damaged"),
    "no_archive": (b"neither zip nor tar", "damaged"),
    "gzip_of_text": (gzip.compress(b"text" * 1000), "damaged"),
}

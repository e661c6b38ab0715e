"""Captions as people keep them: a text file beside each image, or one list for all images."""

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ganlab.data.disk.listing import leads_out
from ganlab.errors import UserError
from ganlab.lexicon import TEXT_KEYS, captions_in

LISTS = ("captions.jsonl", "captions.csv", "metadata.jsonl", "metadata.csv")
IMAGE_KEYS = ("image", "file_name", "file", "path")


def captions_below(root: Path, images: Sequence[str]) -> tuple[list[tuple[str, ...]], str]:
    """The captions of each image, empty where there are none, and what to do about those.

    In the first of ``captions.jsonl``, ``captions.csv``, ``metadata.jsonl`` and ``metadata.csv`` that lies in ``root``,
    else in ``<image>.txt`` beside each image, one caption a line. Links out of ``root`` are not followed.

    Raises:
        UserError: a list that cannot be read, with the line, or that names images which are not there.
    """
    real = os.path.realpath(root)
    lists = (root / name for name in LISTS if (root / name).is_file())
    listed = next((path for path in lists if not leads_out(str(path), real)), None)
    if listed is None:
        texts = [(root / image).with_suffix(".txt") for image in images]
        return [() if leads_out(str(text), real) else lines_of(text) for text in texts], (
            f"each image needs a text file of its name beside it, for instance {texts[0]}, or all of them a "
            f"{root / LISTS[0]}"
        )
    table = read_list(listed)
    if strange := sorted(table.keys() - set(images)):
        more = ", ..." if len(strange) > 5 else ""
        raise UserError(
            f"{listed} names {len(strange)} images that are not below {root}: {', '.join(strange[:5])}{more}"
        )
    return [table.get(image, ()) for image in images], f"add them to {listed}"


def lines_of(path: Path) -> tuple[str, ...]:
    """The lines of a text file that hold anything; one empty caption for a file without any, none for no file."""
    if not path.is_file():
        return ()
    return captions_in(read_text(path))


def read_text(path: Path) -> str:
    """What a text file holds; raises UserError if it is not in UTF-8, or not to be read."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no text in UTF-8: {error.reason} at byte {error.start}") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None


def read_list(path: Path) -> dict[str, tuple[str, ...]]:
    """Image, relative to the list's folder, to captions; several lines of one image add up."""
    table: dict[str, tuple[str, ...]] = {}
    text = read_text(path)
    rows = _json_lines(path, text) if path.suffix == ".jsonl" else _csv_lines(path, text)
    for number, row in rows:
        image = _value(row, IMAGE_KEYS, path, number)
        found = _value(row, TEXT_KEYS, path, number)
        texts = found if isinstance(found, list) else [found]
        if not isinstance(image, str) or not all(isinstance(text, str) for text in texts):
            raise UserError(f"{path}, line {number}: image and caption must be text, or a list of texts")
        key = Path(image).as_posix()
        table[key] = (*table.get(key, ()), *(text.strip() for text in texts))
    return table


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, Mapping]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}, line {number}: not JSON ({error})") from None
        if not isinstance(row, dict):
            raise UserError(f'{path}, line {number}: expected {{"image": "a.png", "caption": "..."}}')
        yield number, row


def _csv_lines(path: Path, text: str) -> Iterator[tuple[int, Mapping]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: not CSV ({error})") from None


def _value(row: Mapping, keys: Sequence[str], path: Path, number: int) -> Any:
    """What ``row`` has under the first of ``keys`` that it has."""
    key = next((key for key in keys if row.get(key) is not None), None)
    if key is None:
        has = ", ".join(map(str, row)) or "nothing"
        raise UserError(f"{path}, line {number}: no {' or '.join(keys)}; the line has {has}")
    return row[key]

"""``--config-dir DIR``, which every command takes, anywhere on the line and several times."""

from pathlib import Path

from ganlab.errors import UserError

FLAGS = ("--config-dir", "-cd")


def split(words: list[str]) -> tuple[list[Path], list[str]]:
    """The folders, and the other words.

    Raises:
        UserError: a flag without a folder, or a folder that is not there.
    """
    folders, others, left = [], [], list(words)
    while left:
        word = left.pop(0)
        flag, equals, value = word.partition("=")
        if flag not in FLAGS:
            others.append(word)
            continue
        if not equals and not left:
            raise UserError(f"{word} needs a folder: {word} DIR")
        folders.append(Path(value if equals else left.pop(0)).expanduser())
        if not folders[-1].is_dir():
            raise UserError(f"{flag} {folders[-1]}: there is no such folder")
    return folders, others

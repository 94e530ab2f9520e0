"""Which files may come with a message. What a file is, its content tells; its name and stated type count nothing."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from urllib.parse import quote

from flask import Response

from matchmaker.conversations.models import MessageFile
from matchmaker.texts import clean_line

#: Bytes of one file, files of one message, and bytes of a whole form.
LARGEST, MOST = 5_000_000, 5
LARGEST_FORM = LARGEST * MOST + 100_000

_OFFICE = {
    "word/": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xl/": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ppt/": ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
_OPEN_DOCUMENT = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
}
#: What may come, in words for people.
ALLOWED = "PDF, PNG, JPEG, DOCX, XLSX, PPTX, ODT, ODS, ODP, TXT, CSV"


class FileRefused(ValueError):
    """The file is too large, empty, or of a kind that does not come here; ``args[0]`` is its name."""


@dataclass(frozen=True)
class Checked:
    """A file that may come: a clean name with the ending its content has, and its type."""

    name: str
    content_type: str
    content: bytes


def attachment(file: MessageFile) -> Response:
    """The answer that carries a file: to be saved, and never shown in our name."""
    answer = Response(file.content, mimetype=file.content_type)
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


def check(name: str, content: bytes) -> Checked:
    """Look at a file's content. Raises FileRefused."""
    shown = clean_line(name.replace("\\", "/").rpartition("/")[2])[:100] or "file"
    if not content or len(content) > LARGEST:
        raise FileRefused(shown)
    kind = _kind(content, shown)
    if kind is None:
        raise FileRefused(shown)
    ending, content_type = kind
    stem = re.sub(r'[<>:"|?*%]', "_", shown.rpartition(".")[0] or shown)
    return Checked(f"{stem[:100]}.{ending}", content_type, content)


def _kind(content: bytes, name: str) -> tuple[str, str] | None:
    if content.startswith(b"%PDF-"):
        return "pdf", "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png", "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg", "image/jpeg"
    if content.startswith(b"PK\x03\x04"):
        return _in_zip(content)
    return _plain(content, name)


def _in_zip(content: bytes) -> tuple[str, str] | None:
    """A document of an office program; nothing else that is packed, and none that brings macros."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = packed.namelist()
            if any("vbaproject" in one.lower() for one in names):
                return None
            if names[:1] == ["mimetype"] and packed.getinfo("mimetype").file_size < 100:
                stated = packed.read("mimetype").decode("ascii", "replace").strip()
                return (_OPEN_DOCUMENT[stated], stated) if stated in _OPEN_DOCUMENT else None
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        return None
    if "[Content_Types].xml" not in names:
        return None
    return next((kind for folder, kind in _OFFICE.items() if any(one.startswith(folder) for one in names)), None)


def _plain(content: bytes, name: str) -> tuple[str, str] | None:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if any(ord(character) < 32 and character not in "\t\r\n\f" for character in text):
        return None
    return ("csv", "text/csv") if name.lower().endswith(".csv") else ("txt", "text/plain")

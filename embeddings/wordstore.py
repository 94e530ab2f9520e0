"""Terms of texts that were read before, kept in a file, so that a process starts without reading everything again.

Reading a text into its terms takes longer than all else at a start. The file holds, for each text, the numbers and
counts of its terms under a fingerprint of the text, and the lexicon that numbered them. It is only a cache: an
immutable generation, named in a small manifest with its SHA-256, that is replaced as a whole. Of another version of
the reading code or of the glossary, damaged or gone, it is not used, and texts are read as if it had never been there.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np

from embeddings.lexical import Lexicon, WordBlock

log = logging.getLogger(__name__)

#: The modules that decide what terms a text has and how they meet.
_READERS = ("terms.py", "language.py", "glossary.py", "lexical.py", "reading.py", "wordstore.py")
MANIFEST = "words.json"


@cache
def _version_of_readers() -> str:
    import Stemmer

    digest = hashlib.sha256(str(Stemmer.version()).encode())
    for name in _READERS:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()[:16]


def fingerprint(text: str, language: str) -> bytes:
    """Sixteen bytes that stand for a text read in a language."""
    return hashlib.blake2b(f"{language}\n{text}".encode(), digest_size=16).digest()


class WordStore:
    """The terms of many texts, by fingerprint; opened once, before the lexicon has terms of its own."""

    def __init__(self, folder: Path, glossary_version: str) -> None:
        self._folder = folder
        self._version = f"{_version_of_readers()}-{glossary_version}"
        self._places: dict[bytes, int] = {}
        self._words = WordBlock(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self._places)

    def open(self, lexicon: Lexicon) -> None:
        """Fill the lexicon, which is empty, with what is kept; nothing is wrong if there is nothing."""
        try:
            held = self._read()
            if held is not None:
                lexicon.fill(held["terms"].tobytes().decode().split("\n"), held["codes"], held["of"], held["sizes"])
                self._words = WordBlock(held["starts"], held["numbers"], held["counts"])
                keys = held["keys"].tobytes()
                self._places = {keys[n : n + 16]: n // 16 for n in range(0, len(keys), 16)}
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("words are read anew: %s", error)

    def _read(self) -> dict[str, np.ndarray] | None:
        manifest = json.loads((self._folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["version"] != self._version:
            return None
        data = (self._folder / Path(manifest["file"]).name).read_bytes()
        if hashlib.sha256(data).hexdigest() != manifest["sha256"]:
            raise ValueError(f"expected {manifest['file']} as its manifest says, found it damaged")
        with np.load(BytesIO(data), allow_pickle=False) as held:
            return {name: held[name] for name in held.files}

    def find(self, keys: Sequence[bytes]) -> tuple[np.ndarray, WordBlock]:
        """Where each key's terms stand in the block, -1 where they are unknown."""
        places = self._places
        return np.fromiter((places.get(key, -1) for key in keys), dtype=np.int64, count=len(keys)), self._words

    def forget(self) -> None:
        """Give the memory back once the board holds the words."""
        self._places = {}
        self._words = WordBlock(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))

    def age(self) -> float:
        """Seconds since what is kept was written; infinite where nothing of this version is."""
        try:
            path = self._folder / MANIFEST
            if json.loads(path.read_text(encoding="utf-8"))["version"] == self._version:
                return max(0.0, time.time() - path.stat().st_mtime)
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return float("inf")

    def keep(self, keys: Sequence[bytes], words: WordBlock, lexicon: Lexicon) -> None:
        """Replace what is kept by these texts' terms. Whoever replaces it last is right: both read the same board."""
        known = np.unique(words.numbers)
        terms, codes, of, sizes = lexicon.part(known)
        # Terms that no text has are not kept: a text that is gone leaves no word behind.
        buffer = BytesIO()
        np.savez(
            buffer,
            keys=np.frombuffer(b"".join(keys), dtype=np.uint8),
            starts=words.starts,
            numbers=np.searchsorted(known, words.numbers).astype(np.int32),
            counts=words.counts,
            terms=np.frombuffer("\n".join(terms).encode(), dtype=np.uint8),
            codes=codes,
            of=of,
            sizes=sizes,
        )
        data = buffer.getvalue()
        digest = hashlib.sha256(data).hexdigest()
        name = f"words-{digest[:16]}.npz"
        self._folder.mkdir(parents=True, exist_ok=True)
        _write(self._folder / name, data)
        manifest = {"version": self._version, "file": name, "sha256": digest, "texts": len(keys)}
        _write(self._folder / MANIFEST, json.dumps(manifest, indent=1).encode())
        for old in self._folder.glob("words-*.npz"):
            if old.name != name:
                old.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    """The whole file, or the one before."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".words-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise

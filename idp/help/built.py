"""What `make manual` built and stands in IDP_MANUAL_DIR, looked at once."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from pathlib import Path

from idp.help.markup import Picture

PICTURES, PDF = "imagenes", "manual.pdf"
# Pictures have this many pixels for each of CSS.
DENSITY = 1.5


@dataclass(frozen=True)
class Built:
    """The folder, its pictures by screen, and whether it has the PDF. No folder: nothing."""

    folder: Path | None = None
    pictures: dict[str, Picture] = field(default_factory=dict)
    pdf: bool = False


def look(folder: Path | None) -> Built:
    """What is there; a file that is no picture is not one."""
    if folder is None:
        return Built()
    pictures = {}
    for path in sorted((folder / PICTURES).glob("*.png")):
        content = path.read_bytes()
        size = png_size(content)
        if size is not None:
            digest = hashlib.sha256(content).hexdigest()[:12]
            pictures[path.stem] = Picture(f"/ayuda/{PICTURES}/{path.name}?v={digest}", *size)
    return Built(folder.resolve(), pictures, (folder / PDF).is_file())


def png_size(content: bytes) -> tuple[int, int] | None:
    """Width and height in CSS pixels (PNG §11.2.1, IHDR); None for what is no PNG."""
    if content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR" or len(content) < 24:
        return None
    width, height = struct.unpack(">II", content[16:24])
    return round(width / DENSITY), round(height / DENSITY)

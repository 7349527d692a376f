"""PNG for pictures that change a little many times a second: 256 colours, and only what changed is looked up.

A byte for each pixel in place of four: the file is less than half as large, and zlib takes less of each redraw.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Packed = NDArray[np.uint32]

MOST = 256  # colours that a byte can tell apart
CLOSE = 10  # steps of 255 that no eye sees at the edge of a letter
RARE = 60  # pixels: fewer are the edge of a line or a letter, more may be an area
UNKNOWN = -1


class PaletteWriter:
    """Writes pictures that differ little from a background, with up to 256 colours.

    Colours that agree in the first five bits of red, green and blue become one, the commonest of them when it was
    first met. A rare colour that is close to one in use becomes that one; when 256 are in use, any other does too.

    Args:
        background: what most pictures look like nearly everywhere, RGBA, shape (height, width, 4), opaque.
    """

    def __init__(self, background: Pixels) -> None:
        self.colours = np.empty((0, 3), np.uint8)
        self._numbers = np.full(1 << 15, UNKNOWN, np.int16)  # by the fifteen bits of a colour
        self._background = _packed(background).copy()
        self._behind = self._looked_up(self._background)

    def png(self, pixels: Pixels) -> bytes:
        """A picture as PNG.

        Args:
            pixels: RGBA in the shape of the background, opaque.
        """
        height, width, _ = pixels.shape
        now = _packed(pixels)
        changed = np.flatnonzero(now != self._background)
        numbers = self._behind.copy()
        numbers[changed] = self._looked_up(now[changed])
        rows = np.zeros((height, 1 + width), np.uint8)  # the 0 before each row: no filter
        rows[:, 1:] = numbers.reshape(height, width)
        header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
        table, data = self.colours.tobytes(), zlib.compress(rows.data, level=1)
        parts = ((b"IHDR", header), (b"PLTE", table), (b"IDAT", data), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name + part) for name, part in parts)

    def _looked_up(self, colours: Packed) -> Pixels:
        bits = _fifteen_bits(colours)
        unknown = self._numbers[bits] == UNKNOWN
        if unknown.any():
            self._learn(colours[unknown])
        return self._numbers[bits].astype(np.uint8)

    def _learn(self, colours: Packed) -> None:
        """Give a number to each colour, the commonest first."""
        met, times = np.unique(colours, return_counts=True)
        for place in np.argsort(-times, kind="stable"):
            bits = _fifteen_bits(met[place])
            if self._numbers[bits] == UNKNOWN:
                self._numbers[bits] = self._number(int(met[place]), rare=times[place] < RARE)

    def _number(self, packed: int, rare: bool) -> int:
        colour = np.array([packed & 255, packed >> 8 & 255, packed >> 16 & 255], np.int16)
        apart = np.abs(self.colours - colour).max(axis=1)
        if len(self.colours) == MOST or (rare and apart.min(initial=MOST) <= CLOSE):
            return int(np.argmin(apart))
        self.colours = np.concatenate([self.colours, colour[None].astype(np.uint8)])
        return len(self.colours) - 1


def _packed(pixels: Pixels) -> Packed:
    """Each pixel as one number, red in its lowest byte; shape (height · width,)."""
    return np.ascontiguousarray(pixels).view("<u4").reshape(-1)


def _fifteen_bits(colours: Any) -> Any:
    return (colours >> 3 & 0x1F) | (colours >> 6 & 0x3E0) | (colours >> 9 & 0x7C00)


def _chunk(data: bytes) -> bytes:
    return struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))

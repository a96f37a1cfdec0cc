"""Draws icon.png: a large frozen matrix, and the two thin factors of its adapter. Needs nothing but Python."""

import struct
import zlib
from pathlib import Path

SIZE, SAMPLES = 128, 4
BACKGROUND, FROZEN, DOWN, UP = (22, 27, 46), (120, 137, 178), (255, 176, 59), (64, 205, 173)


def inside(x, y, left, top, right, bottom, radius):
    dx = max(left + radius - x, 0, x - (right - radius))
    dy = max(top + radius - y, 0, y - (bottom - radius))
    return left <= x <= right and top <= y <= bottom and dx * dx + dy * dy <= radius * radius


def colour(x, y):
    if not inside(x, y, 0, 0, 128, 128, 26):
        return None
    if inside(x, y, 22, 22, 82, 82, 6):
        on_line = any(abs(t - line) < 0.8 for t in (x, y) for line in (37, 52, 67))
        return BACKGROUND if on_line else FROZEN
    if inside(x, y, 92, 22, 106, 82, 5):
        return DOWN
    if inside(x, y, 22, 92, 82, 106, 5):
        return UP
    if inside(x, y, 92, 92, 106, 106, 5):
        return (240, 240, 248)
    return BACKGROUND


def pixel(column, row):
    steps = [(i + 0.5) / SAMPLES for i in range(SAMPLES)]
    found = [c for c in (colour(column + dx, row + dy) for dy in steps for dx in steps) if c]
    if not found:
        return bytes(4)
    mean = [round(sum(c[i] for c in found) / len(found)) for i in range(3)]
    return bytes([*mean, round(255 * len(found) / SAMPLES**2)])


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


rows = b"".join(b"\0" + b"".join(pixel(x, y) for x in range(SIZE)) for y in range(SIZE))
header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
Path(__file__).with_name("icon.png").write_bytes(png)

"""Prepares pictures for OCR: gray, upright and level, in the simplest format; used by `tesseract` and `scan`."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]  # rows of gray pixels

LARGEST_SKEW_DEGREES = 6.0  # a page on a scanner is rarely off by more; a larger angle is intentional
STEP_DEGREES = 0.5
MIN_SKEW_DEGREES = 0.4  # tesseract handles less by itself
_SAMPLE_SIDE = 500  # pixels: enough for rows of text to stand out


def encode(picture: Picture) -> bytes:
    """Encode as a portable graymap, which needs no compression and which every image library reads."""
    height, width = picture.shape
    return b"P5 %d %d 255\n" % (width, height) + picture.tobytes()


def turned(picture: Picture, quarter_turns: int) -> Picture:
    """Rotate clockwise."""
    return np.ascontiguousarray(np.rot90(picture, -quarter_turns % 4)) if quarter_turns % 4 else picture


def skew_of(picture: Picture) -> float:
    """Return the degrees by which to rotate the picture anticlockwise to level its lines; 0 if it is level enough.

    Level lines of text produce dark rows and empty rows: the angle with the sharpest change wins.
    """
    shrunk = _shrunk(picture)
    best, sharpest = 0.0, _sharpness(np.asarray(shrunk))
    level = sharpest
    steps = round(LARGEST_SKEW_DEGREES / STEP_DEGREES)
    for degrees in (step * STEP_DEGREES for step in range(-steps, steps + 1) if step):
        sharpness = _sharpness(np.asarray(shrunk.rotate(degrees, Image.Resampling.BILINEAR, fillcolor=0)))
        if sharpness > sharpest:
            best, sharpest = degrees, sharpness
    return best if abs(best) >= MIN_SKEW_DEGREES and sharpest > 1.1 * level else 0.0


def levelled(picture: Picture, degrees: float) -> Picture:
    """Rotate anticlockwise about the center; corners get the brightness of the paper, and the size stays."""
    if not degrees:
        return picture
    paper = int(np.median(picture))
    return np.asarray(Image.fromarray(picture).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=paper))


def _shrunk(picture: Picture) -> Image.Image:
    """Return the ink, light on black, small enough to try many angles."""
    image = Image.fromarray(picture)
    factor = _SAMPLE_SIDE / max(image.size)
    image = image.resize(
        (max(1, round(image.width * factor)), max(1, round(image.height * factor))), Image.Resampling.BOX
    )
    pixels = np.asarray(image).astype(np.int16)
    ink = np.clip(int(np.median(pixels)) - pixels, 0, 255).astype(np.uint8)
    return Image.fromarray(ink)


def _sharpness(ink: NDArray[np.uint8]) -> float:
    rows = ink.sum(axis=1, dtype=np.int64)
    return float((np.diff(rows) ** 2).sum())

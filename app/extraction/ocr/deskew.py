"""Pictures for OCR: grey pixels upright, level, and in the simplest format; used by `ocr` and `scan`."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]  # rows of grey pixels

LARGEST_SKEW_DEGREES = 6.0  # a page laid on a scanner is seldom farther off; what is turned more is a design
STEP_DEGREES = 0.5
MIN_SKEW_DEGREES = 0.4  # tesseract copes with less by itself
_SAMPLE_SIDE = 500  # pixels: enough for rows of text to stand out


def encode(picture: Picture) -> bytes:
    """As a portable graymap: no compression to compute, and every image library reads it."""
    height, width = picture.shape
    return b"P5 %d %d 255\n" % (width, height) + picture.tobytes()


def turned(picture: Picture, quarter_turns: int) -> Picture:
    """Clockwise."""
    return np.ascontiguousarray(np.rot90(picture, -quarter_turns % 4)) if quarter_turns % 4 else picture


def skew_of(picture: Picture) -> float:
    """Degrees by which the picture must be turned anticlockwise to level its lines; 0 when it is level enough.

    Level lines of text make rows that are dark and rows that are empty: the turn with the sharpest change wins.
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
    """Turned anticlockwise about its middle, on paper of its own brightness; the size stays."""
    if not degrees:
        return picture
    paper = int(np.median(picture))
    return np.asarray(Image.fromarray(picture).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=paper))


def _shrunk(picture: Picture) -> Image.Image:
    """The ink, light on black, small enough to try many turns."""
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

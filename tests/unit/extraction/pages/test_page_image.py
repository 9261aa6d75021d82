"""Images of pages: small enough, sharp enough, whatever the page is."""

import io

import numpy as np
import pikepdf
import pytest
from PIL import Image

from app.errors import NotFound
from app.extraction.media_types import JPEG, PDF, PNG, TIFF
from app.extraction.pages.page_image import MOST_BYTES, WIDTH, draw_page, page_sizes, to_webp


def drawn(content: bytes, media_type: str = PDF, number: int = 1) -> np.ndarray:
    with Image.open(io.BytesIO(draw_page(content, media_type, number)), formats=["WEBP"]) as image:
        return np.asarray(image.convert("RGB"))


def blank(*sizes: tuple[float, float], rotate: int = 0) -> bytes:
    made = io.BytesIO()
    with pikepdf.new() as pdf:
        for size in sizes:
            page = pdf.add_blank_page(page_size=size)
            page.rotate(rotate, relative=False)
        pdf.save(made)
    return made.getvalue()


def test_noise_that_does_not_compress_still_fits() -> None:
    noise = np.random.default_rng(7).integers(0, 256, (2200, WIDTH, 3), dtype=np.uint8)
    assert len(to_webp(noise)) <= MOST_BYTES


@pytest.mark.parametrize("size", [(14_000, 14_000), (3, 14_000), (14_000, 3), (3, 3)])
def test_pages_of_odd_sizes_are_drawn(size: tuple[float, float]) -> None:
    height, width = drawn(blank(size)).shape[:2]
    assert max(height, width) <= 8_001
    assert height * width <= 5_100_000


def test_a_turned_page_is_drawn_upright() -> None:
    height, width = drawn(blank((300, 400), rotate=90)).shape[:2]
    assert width > height


def test_each_frame_of_a_tiff_is_a_page() -> None:
    frames = [Image.new("RGB", (300, 400), colour) for colour in ("red", "blue")]
    made = io.BytesIO()
    frames[0].save(made, "TIFF", save_all=True, append_images=frames[1:])
    content = made.getvalue()
    assert len(page_sizes(content, TIFF, 10)) == 2
    assert drawn(content, TIFF, 2)[50, 50, 2] > 200
    with pytest.raises(NotFound):
        draw_page(content, TIFF, 3)


def test_a_photograph_is_shown_as_its_camera_was_held() -> None:
    image = Image.new("RGB", (400, 300), "white")
    exif = image.getexif()
    exif[0x0112] = 6
    made = io.BytesIO()
    image.save(made, "JPEG", exif=exif)
    assert drawn(made.getvalue(), JPEG).shape[:2] == (400, 300)
    [(width, height)] = page_sizes(made.getvalue(), JPEG, 10)
    assert width < height


def test_what_is_transparent_shows_paper() -> None:
    made = io.BytesIO()
    Image.new("RGBA", (200, 200), (0, 0, 0, 0)).save(made, "PNG")
    assert int(drawn(made.getvalue(), PNG).min()) == 255

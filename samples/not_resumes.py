"""Draws the files that are not resumes: a recipe, an invoice, a scan without text; used by `samples.render`.

No analysis of them may return a person's profile. They have no truth files.
"""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from samples.typst_layouts import VERA_FONTS

RECIPE = """\
LEEK AND BARLEY SOUP
Serves four, about 50 minutes

Ingredients
* 3 leeks, washed and cut into rings
* 120 g pearl barley
* 1 carrot, diced
* 1.2 litres vegetable stock
* 2 tablespoons olive oil
* 1 bay leaf, salt, black pepper

Method
1. Warm the oil in a large pot and soften the leeks and the carrot for eight minutes.
2. Stir in the barley, add the stock and the bay leaf and bring to the boil.
3. Cover and simmer for 35 minutes until the barley is tender.
4. Season, take out the bay leaf and serve with brown bread.

Keeps for three days in the fridge. First cooked in March 2019, improved ever since.
"""

INVOICE_LINES = (
    "Fernhill Office Supplies Ltd",
    "22 Quarry Lane, Northmoor NM4 0ZZ",
    "accounts@fernhill.example.com  |  +44 20 7946 0555",
    "",
    "INVOICE 2024-1187",
    "Date: 14 March 2024        Due: 13 April 2024",
    "Bill to: Oakmere Dental Practice, 3 Mill Street, Northmoor",
    "",
    "Quantity   Description                              Unit        Amount",
    "12         Copy paper A4, box of 2,500 sheets       18.40       220.80",
    "4          Toner cartridge black                    61.00       244.00",
    "1          Desk lamp, adjustable                    39.50        39.50",
    "",
    "Subtotal                                                         504.30",
    "VAT 20%                                                          100.86",
    "Total GBP                                                        605.16",
    "",
    "Payment within 30 days to the account on the back. Thank you for your order.",
)

SCAN_LINES = (
    (30, "Roswitha Ankerholt"),
    (17, "Bookbinder"),
    (13, ""),
    (17, "Experience"),
    (13, "2015 - 2023   Bookbinder, Papierwerkstatt Seeufer"),
    (13, "2010 - 2015   Apprentice, Buchbinderei Hallwang"),
    (13, ""),
    (17, "Education"),
    (13, "2006 - 2010   Technical College Hallwang"),
)


def recipe() -> bytes:
    return RECIPE.encode()


def invoice() -> bytes:
    """One page of text with amounts, an address and dates."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1)
    canvas.setTitle("Invoice 2024-1187")
    y = A4[1] - 70
    for index, line in enumerate(INVOICE_LINES):
        canvas.setFont("Courier-Bold" if index in (0, 4, 15) else "Courier", 11 if index in (0, 4) else 10)
        canvas.drawString(60, y, line)
        y -= 20
    canvas.line(60, y + 20 * 10 - 6, A4[0] - 60, y + 20 * 10 - 6)
    canvas.save()
    return target.getvalue()


def scan() -> bytes:
    """A scanned page: slightly rotated, gray paper, no text layer. It can only be read with OCR."""
    width, height = 827, 1169  # A4 at 100 dots per inch
    picture = Image.new("L", (width, height), 238)
    drawing = ImageDraw.Draw(picture)
    y = 110
    for size, line in SCAN_LINES:
        drawing.text((100, y), line, fill=45, font=ImageFont.truetype(str(VERA_FONTS / "Vera.ttf"), size))
        y += size + 16
    turned = picture.rotate(0.7, resample=Image.Resampling.BICUBIC, fillcolor=238)
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1)
    canvas.drawImage(ImageReader(turned.quantize(16).convert("L")), 0, 0, *A4)
    canvas.save()
    return target.getvalue()


NOT_RESUMES: dict[str, Callable[[], bytes]] = {
    "not_resumes/recipe.txt": recipe,
    "not_resumes/invoice.pdf": invoice,
    "not_resumes/scan-without-text.pdf": scan,
}

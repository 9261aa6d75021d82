"""Turns one file into many that differ in their bytes but look the same to a reader. For `vitae bench pipeline`.

Vitae recognizes a file it has seen before and reuses the first result, but a benchmark needs every upload analysed.
"""

import io
import zipfile

_BITS = 48


def vary(content: bytes, filename: str, number: int) -> bytes:
    """The file with `number` added where no reader sees it: in a comment, or as white space at the end."""
    suffix = filename.rsplit(".", 1)[-1].lower()
    if suffix == "pdf":
        return content.rstrip() + f"\n% {number}\n".encode()
    if suffix in {"docx", "odt"}:
        changed = io.BytesIO(content)
        with zipfile.ZipFile(changed, "a") as package:
            package.comment = str(number).encode()
        return changed.getvalue()
    if suffix in {"html", "htm"}:
        return content + f"\n<!-- {number} -->\n".encode()
    return content.rstrip() + b"\n" + format(number, f"0{_BITS}b").translate({48: " ", 49: "\t"}).encode() + b"\n"

"""The syntax of RTF: groups, control words, bytes, and the font and color tables; for `rtf_reader`."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    rb"([{}])|\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([^\\{}]+)", re.DOTALL
)
_CODE_PAGES = {
    0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250", 254: "cp437",
}  # fmt: skip
_SYMBOL_CHARSET = 2
_BULLET_BYTES = {0xB7, 0xA7, 0x76, 0xD8, 0xFC, 0x6E, 0xA8, 0xFE}  # in Symbol and Wingdings


@dataclass(frozen=True, slots=True)
class Group:
    opens: bool


@dataclass(frozen=True, slots=True)
class Control:
    r"""`\name`, with its number if it has one; symbols such as `\~` have their character as name."""

    name: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes of text, in the code page of the current font."""

    content: bytes


Token = Group | Control | Raw


def tokens(content: bytes) -> Iterator[Token]:
    """Yield the tokens of the whole file. Consecutive bytes form one token, so that two-byte letters stay whole."""
    position, pending = 0, bytearray()
    while position < len(content):
        found = _TOKEN.match(content, position)
        if found is None:  # a backslash at the very end
            break
        position = found.end()
        brace, word, number, byte, symbol, text = found.groups()
        if byte is not None:
            pending.append(int(byte, 16))
            continue
        if text is not None:
            pending += text.replace(b"\r", b"").replace(b"\n", b"").replace(b"\x00", b"")
            continue
        if symbol is not None and symbol in b"\\{}":
            pending += symbol
            continue
        if pending:
            yield Raw(bytes(pending))
            pending.clear()
        if brace is not None:
            yield Group(brace == b"{")
        elif symbol is not None:
            yield Control("par") if symbol in b"\r\n" else Control(symbol.decode("latin-1"))
        elif word == b"bin":
            position += max(0, int(number or 0))  # bytes of a picture, including braces
        else:
            yield Control(word.decode("ascii"), int(number) if number is not None else None)
    if pending:
        yield Raw(bytes(pending))


class Decoder:
    """Knows the document's code page, the code pages of its fonts, and its colors."""

    def __init__(self) -> None:
        self._default = "cp1252"
        self._default_font = 0
        self._fonts: dict[int, int] = {}  # font -> charset
        self._colours: list[str] = []
        self._red_green_blue: dict[str, int] = {}
        self._tables: list[str | None] = [None]
        self._defined = 0  # the font that the font table describes next
        self._to_skip = 0
        self._high: int | None = None

    @property
    def in_table(self) -> bool:
        return self._tables[-1] is not None

    def open_group(self) -> None:
        self._to_skip = 0
        self._tables.append(self._tables[-1])

    def close_group(self) -> None:
        self._to_skip = 0
        if len(self._tables) > 1:
            self._tables.pop()

    def control(self, name: str, number: int | None) -> bool:
        """Return whether the control word concerned encodings, fonts or colors."""
        self._to_skip = 0
        match name:
            case "fonttbl" | "colortbl":
                self._tables[-1] = name
            case "ansicpg":
                self._default = _codec(f"cp{number}") or self._default
            case "mac":
                self._default = "mac_roman"
            case "pc" | "pca":
                self._default = "cp437" if name == "pc" else "cp850"
            case "deff":
                self._default_font = number or 0
            case "fcharset":
                self._fonts[self._defined] = number or 0
            case "f":
                if self._tables[-1] == "fonttbl":
                    self._defined = number or 0
            case "red" | "green" | "blue":
                self._red_green_blue[name] = min(255, max(0, number or 0))
            case _:
                return False
        return True

    def decoded(self, content: bytes, font: int) -> str:
        if self._tables[-1] == "colortbl":
            for _ in range(content.count(b";")):
                parts = [self._red_green_blue.get(name) for name in ("red", "green", "blue")]
                said = any(part is not None for part in parts)
                self._colours.append("".join(f"{part or 0:02x}" for part in parts) if said else "auto")
                self._red_green_blue = {}
            return ""
        if self.in_table:
            return ""
        skipped, self._to_skip = min(self._to_skip, len(content)), 0
        content = content[skipped:]
        charset = self._fonts.get(font)
        if charset == _SYMBOL_CHARSET:
            return "".join("•" if byte in _BULLET_BYTES else " " for byte in content)
        codec = _CODE_PAGES.get(charset, self._default) if charset else self._default
        return content.decode(codec, "replace")

    def unicode(self, number: int, skip: int) -> str:
        r"""Return the character of `\u`; the following bytes, meant for older readers, are skipped."""
        code = number & 0xFFFF if number < 0 or number > 0x10FFFF else number
        self._to_skip = skip
        if 0xD800 <= code < 0xDC00:
            self._high = code
            return ""
        if 0xDC00 <= code < 0xE000:
            high, self._high = self._high, None
            return "" if high is None else chr(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00))
        return chr(code)

    def colour(self, number: int) -> str:
        """Return six hexadecimal digits, or `auto` for the reader's default color."""
        return self._colours[number] if 0 <= number < len(self._colours) else "auto"


def _codec(name: str) -> str | None:
    try:
        return codecs.lookup("utf-8" if name == "cp65001" else name).name
    except LookupError:
        return None

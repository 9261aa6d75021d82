"""Which files are resumes to send, and how a file is named and refused; used by `upload`, its watch, and `analyse`."""

from pathlib import Path

from app.cli.terminal import fail

# What a folder is searched for; a file named on the command line is taken whatever its ending.
SUFFIXES = {
    ".pdf", ".docx", ".doc", ".odt", ".rtf", ".txt", ".md", ".html", ".htm", ".png", ".jpg", ".jpeg", ".tif", ".tiff",
    ".webp",
}  # fmt: skip


def find_resumes(paths: list[Path]) -> list[Path]:
    """Files as they are named, there or not, and what lies in folders; ends the command when that is nothing."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES)
        else:
            found.append(path)
    if not found:
        fail(f"No resumes in {', '.join(map(str, paths))}: a folder is searched for {', '.join(sorted(SUFFIXES))}.")
    return found


def sendable(name: str) -> str:
    """A name whose bytes are no text on this system cannot be sent as it is."""
    return name.encode("utf-8", "replace").decode("utf-8")


def unreadable(error: OSError) -> dict[str, str]:
    """The problem of a file that this program may not or cannot read."""
    return {
        "code": "not_found",
        "title": "The file cannot be read",
        "detail": f"The file cannot be read ({error.strerror}). Check its name and rights.",
    }

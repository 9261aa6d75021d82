"""Finds resume files, and names and reports them; used by `upload`, its `--watch`, and `analyse`."""

from pathlib import Path

from app.cli.terminal import fail

# The types that a folder is searched for. A file named on the command line is used whatever its suffix.
SUFFIXES = {
    ".pdf", ".docx", ".doc", ".odt", ".rtf", ".txt", ".md", ".html", ".htm", ".png", ".jpg", ".jpeg", ".tif", ".tiff",
    ".webp",
}  # fmt: skip


def find_resumes(paths: list[Path]) -> list[Path]:
    """Return the named files, existing or not, and the resumes in folders; exit with an error if there are none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES)
        else:
            found.append(path)
    if not found:
        fail(f"No resumes in {', '.join(map(str, paths))}. Folders are searched for {', '.join(sorted(SUFFIXES))}.")
    return found


def sendable(name: str) -> str:
    """Replace bytes in a file name that are not valid text on this system, which cannot be sent."""
    return name.encode("utf-8", "replace").decode("utf-8")


def unreadable(error: OSError) -> dict[str, str]:
    """Return the problem object for a file that cannot be read."""
    return {
        "code": "not_found",
        "title": "The file cannot be read",
        "detail": f"The file cannot be read ({error.strerror}). Check its name and permissions.",
    }

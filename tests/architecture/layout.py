"""Prints how many modules each folder holds and which module names occur twice: `python -m tests.architecture.layout`.

`test_layout` holds the project to these limits; exceptions need their reason in ARCHITECTURE.md.
"""

from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES_PER_FOLDER = 15  # as many as a newcomer can take in at once
_CODE = ("app", "workers", "benchmarks", "tests")  # migrations are a numbered history, not modules to group
_PROGRAM = ("app", "workers")


def modules(folders: tuple[str, ...]) -> list[Path]:
    """Return every Python module below the folders, relative to the project, without `__init__` and `conftest`."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path.relative_to(ROOT) for path in found if path.name not in {"__init__.py", "conftest.py"})


def modules_per_folder() -> Counter[str]:
    return Counter(path.parent.as_posix() for path in modules(_CODE))


def modules_per_name() -> dict[str, list[str]]:
    """Return the program's modules by name, for names that occur more than once."""
    named: dict[str, list[str]] = {}
    for path in modules(_PROGRAM):
        named.setdefault(path.stem, []).append(path.as_posix())
    return {name: paths for name, paths in named.items() if len(paths) > 1}


def main() -> None:
    print(f"Modules per folder (limit {MODULES_PER_FOLDER}):")
    for folder, number in sorted(modules_per_folder().items()):
        print(f"  {number:3}  {folder}{'  above the limit' if number > MODULES_PER_FOLDER else ''}")
    print("Module names that occur more than once:")
    for name, paths in modules_per_name().items():
        print(f"  {name}: {', '.join(paths)}")


if __name__ == "__main__":
    main()

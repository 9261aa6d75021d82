"""Programs from system packages that some tests need. `make test` runs this before the tests.

As root on a Debian system, missing packages are installed. Everywhere else the tests that need them are skipped with a
reason, and the last line of the run lists what was left out (`tests/conftest.py`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# Program -> the Debian packages that provide it, and what is tested with it.
PROGRAMS = {
    "chromium": (("chromium",), "the dashboard in a browser"),
    "tesseract": (("tesseract-ocr",), "reading scans"),
    "soffice": (("libreoffice-writer-nogui",), "old Word files"),
    "promtool": (("prometheus",), "alert rules"),
    "openssl": (("openssl",), "servers with certificates of their own"),
}
# A machine may have tesseract without the languages that the tests read.
LANGUAGES = ("deu", "fra", "spa", "jpn", "chi_sim", "ara")
_FONTS = (("fonts-noto-core", "NotoSansArabic"), ("fonts-noto-cjk", "NotoSansCJK"))
_FONT_FOLDER = Path("/usr/share/fonts")
_INSTALL_SECONDS = 600


def missing_packages() -> list[str]:
    wanted = [name for program, (names, _) in PROGRAMS.items() if shutil.which(program) is None for name in names]
    wanted += [f"tesseract-ocr-{name.replace('_', '-')}" for name in LANGUAGES if name not in _installed_languages()]
    return wanted + [name for name, start in _FONTS if not any(_FONT_FOLDER.rglob(f"{start}*"))]


def _installed_languages() -> set[str]:
    if shutil.which("tesseract") is None:
        return set()
    listed = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=False)
    return set(listed.stdout.split())


def install(packages: list[str]) -> bool:
    """Install the packages and return whether that worked. Never prompts; fails within the limit without a network."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    commands = (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    )
    try:
        for command in commands:
            subprocess.run(
                command,
                env=environment,
                check=True,
                timeout=_INSTALL_SECONDS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").strip().splitlines()
        print("not installed:", lines[-1] if lines else f"apt-get ended with {error.returncode}", file=sys.stderr)
        return False
    except subprocess.TimeoutExpired:
        print(f"not installed: apt-get took longer than {_INSTALL_SECONDS} s", file=sys.stderr)
        return False
    return True


def main() -> None:
    packages = missing_packages()
    if not packages:
        return
    listed = " ".join(packages)
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print(f"some tests will be left out; on Debian `apt-get install {listed}` brings what they need")
        return
    print(f"installing what some tests need: {listed}", flush=True)
    install(packages)


if __name__ == "__main__":
    main()

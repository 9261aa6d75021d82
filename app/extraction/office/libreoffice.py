"""Runs LibreOffice to convert a document to another format; used by `old_word` and `office_pdf` inside the sandbox.

It runs with a profile created for this one file and without network access, and never runs the document's macros.
"""

from pathlib import Path

from app.errors import CorruptDocument, DocumentTooComplex
from app.extraction.limits import ExtractionLimits
from app.extraction.sandbox.programs import ProgramFailed, Programs, ProgramTimeout, find_program

CONVERSION_SECONDS = 60.0  # 2 s on an idle core, including the first start of LibreOffice
STARTS = 2  # the first one may end as soon as it has created its profile
MAX_CONVERTED_BYTES = 64 * 1024 * 1024
# The profile's settings: no macro runs, no link or picture is loaded from outside, nothing is recovered or reported.
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" \
oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse">\
<value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" \
oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableActiveContent" oor:op="fuse">\
<value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse">\
<value>0</value></prop></item>
</oor:items>
"""


def convert(
    content: bytes,
    *,
    program: str,
    what: str,
    filter_name: str,
    ending: str,
    target: str,
    limits: ExtractionLimits,
    programs: Programs,
) -> bytes:
    """Return the document as `target` (`docx`, `pdf`). `what` names it for a person, `filter_name` for LibreOffice.

    Raises CorruptDocument or DocumentTooComplex.
    """
    folder = programs.folder
    source, converted = folder / f"document.{ending}", folder / "converted" / f"document.{target}"
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
    source.write_bytes(content)
    command = [
        program,
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--nodefault",
        "--nofirststartwizard",
        # Named explicitly, because LibreOffice treats unknown content as plain text.
        f"--infilter={filter_name}",
        "--convert-to",
        target,
        "--outdir",
        str(converted.parent),
        str(source),
    ]
    for _ in range(STARTS):
        try:
            programs.run(command, seconds=CONVERSION_SECONDS)
        except ProgramTimeout:
            raise DocumentTooComplex(
                f"Converting the {what} took longer than {min(CONVERSION_SECONDS, limits.program_seconds):g} s "
                "(limits.program_seconds). Save it as PDF or DOCX and upload that."
            ) from None
        except ProgramFailed:
            pass  # the status is not reliable: 81 requests a restart, and 0 is also returned without a result
        if converted.exists():
            break
    if not converted.exists():
        raise CorruptDocument(
            f"LibreOffice cannot open the {what}: it is damaged or protected by a password. "
            "Save it as PDF or DOCX and upload that."
        )
    if converted.stat().st_size > MAX_CONVERTED_BYTES:
        raise DocumentTooComplex(f"The {what} is far larger than a resume. Save it as PDF and upload that.")
    return converted.read_bytes()


def find_libreoffice() -> str | None:
    """Find the program itself rather than its wrapper script: it can be stopped, and ends with its parent."""
    found = find_program("soffice") or find_program("libreoffice")
    if found is None:
        return None
    inner = Path(found).resolve().parent / "soffice.bin"
    return str(inner) if inner.exists() else found

"""Reads old Word files (DOC of 1997 to 2003, Word XML of 2003) through LibreOffice; called by `extract`.

LibreOffice writes a DOCX, which is read like any other, including hidden text, headers, tables and text boxes. It runs
with a profile created for this one file and without network access, and never runs the document's macros.
"""

from pathlib import Path

from app.errors import ConverterMissing, CorruptDocument, DocumentTooComplex
from app.extraction.document import Document
from app.extraction.limits import ExtractionLimits
from app.extraction.media_types import DOC
from app.extraction.office.docx_reader import read_docx
from app.extraction.sandbox.programs import ProgramFailed, Programs, ProgramTimeout, find_program

CONVERSION_SECONDS = 60.0  # 2 s on an idle core, including the first start of LibreOffice
OLE_BEGINNING = b"\xd0\xcf\x11\xe0"
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


def read_doc(content: bytes, limits: ExtractionLimits, programs: Programs) -> Document:
    """Raises ConverterMissing, CorruptDocument, DocumentTooComplex, NoText or TextTooLong."""
    return read_docx(_as_docx(content, limits, programs), limits, DOC)


def _as_docx(content: bytes, limits: ExtractionLimits, programs: Programs) -> bytes:
    program = _find_libreoffice()
    if program is None:
        raise ConverterMissing(
            "Reading old Word files (.doc) needs LibreOffice, which is not installed on this machine: "
            "apt-get install libreoffice-writer. Or save the file as PDF or DOCX and upload that."
        )
    folder = programs.folder
    source, target = folder / "document.doc", folder / "converted" / "document.docx"
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
        f"--infilter={'MS Word 97' if content.startswith(OLE_BEGINNING) else 'MS Word 2003 XML'}",
        "--convert-to",
        "docx",
        "--outdir",
        str(target.parent),
        str(source),
    ]
    for _ in range(STARTS):
        try:
            programs.run(command, seconds=CONVERSION_SECONDS)
        except ProgramTimeout:
            raise DocumentTooComplex(
                f"Converting the old Word file took longer than {min(CONVERSION_SECONDS, limits.program_seconds):g} s "
                "(limits.program_seconds). Save it as PDF or DOCX and upload that."
            ) from None
        except ProgramFailed:
            pass  # the status is not reliable: 81 requests a restart, and 0 is also returned without a result
        if target.exists():
            break
    if not target.exists():
        raise CorruptDocument(
            "LibreOffice cannot open the old Word file: it is damaged or protected by a password. "
            "Save it as PDF or DOCX and upload that."
        )
    if target.stat().st_size > MAX_CONVERTED_BYTES:
        raise DocumentTooComplex("The old Word file is far larger than a resume. Save it as PDF and upload that.")
    return target.read_bytes()


def _find_libreoffice() -> str | None:
    """Find the program itself rather than its wrapper script: it can be stopped, and ends with its parent."""
    found = find_program("soffice") or find_program("libreoffice")
    if found is None:
        return None
    inner = Path(found).resolve().parent / "soffice.bin"
    return str(inner) if inner.exists() else found

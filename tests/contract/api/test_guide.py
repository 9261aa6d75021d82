"""The commands in docs/api.md work: each is run as written with the real service."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from app.main import create_app
from app.wiring.api_parts import ApiParts
from tests.contract.api.conftest import FAST, Tenant, serving
from tests.contract.api.pipeline import Pipeline

_GUIDE = Path(__file__).resolve().parents[3] / "docs" / "api.md"
_PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the guide is written for curl, which is not installed")
def test_every_command_of_the_guide_succeeds(
    parts: ApiParts, tenant: Tenant, upload: Callable[..., str], pipeline: Pipeline, tmp_path: Path
) -> None:
    resume_id = upload(tenant)
    pipeline.finish(resume_id)
    (tmp_path / "resume.pdf").write_bytes(_PDF)
    (tmp_path / "letter.txt").write_text("Ilse Varga")
    with serving(create_app(parts, FAST)) as url:
        environment = {
            **os.environ,
            "VITAE_URL": url,
            "VITAE_API_KEY": tenant.admin,
            "ID": resume_id,
            "no_proxy": "127.0.0.1",
        }
        blocks = re.findall(r"```bash\n(.*?)```", _GUIDE.read_text("utf-8"), re.DOTALL)
        assert len(blocks) >= 6
        commands = [command for block in blocks for command in block.replace("\\\n", " ").splitlines() if command]
        for command in commands:
            done = subprocess.run(
                ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, timeout=60, check=False
            )
            assert done.returncode == 0, f"{command}\n{done.stdout.decode()}{done.stderr.decode()}"

"""A newcomer finds a file by its name: folders stay small and each module name means one thing."""

import re

from tests.architecture.layout import MODULES_PER_FOLDER, ROOT, modules_per_folder, modules_per_name

EXCEPTIONS = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Layout exceptions")[2].partition("\n## ")[0]


def test_folders_hold_no_more_modules_than_a_newcomer_can_survey() -> None:
    too_full = {folder for folder, number in modules_per_folder().items() if number > MODULES_PER_FOLDER}
    assert too_full == set(re.findall(r"^\* `([\w/]+)/`", EXCEPTIONS, re.MULTILINE))


def test_each_module_name_is_used_once_in_the_program() -> None:
    assert set(modules_per_name()) == set(re.findall(r"^\* `(\w+)\.py`", EXCEPTIONS, re.MULTILINE))

"""Prints docs/configuration.md, generated from the settings.

Run `python -m app.cli.operations.configuration_page > docs/configuration.md`.
"""

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.settings import ClientSettings, CostProfileSettings, FunctionRouting, Settings

_HEAD = """# Configuration

Every setting has a default. To change one, use any of these; a later one overrides an earlier one:

1. `vitae.toml` in the project's folder, or the file that `VITAE_CONFIG` names.
2. `.env` in the same folder.
3. Environment variables.

In `.env` and the environment, the name is `VITAE_` and the key with `__` for each dot: `routing.clients` is
`VITAE_ROUTING__CLIENTS`. Write lists as `A,B` or as JSON. Keep secrets in `.env` or the environment, not in
`vitae.toml`.

`vitae config show` prints every value and where it came from, with secrets masked. A wrong key or value stops the
start with one line that names it.

| setting | default | |
|---|---|---|
"""


# Sections whose keys are names chosen by the user.
_NAMED = {"clients": ClientSettings, "functions": FunctionRouting, "cost_profiles": CostProfileSettings}


def page() -> str:
    return _HEAD + "\n".join(_rows(Settings, "")) + "\n"


def _rows(model: type[BaseModel], at: str) -> list[str]:
    rows: list[str] = []
    for name, field in model.model_fields.items():
        nested = _NAMED.get(name)
        annotation = field.annotation
        if nested is not None and "dict" in str(annotation):
            rows += _rows(nested, f"{at}{name}.NAME.")
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            rows += _rows(annotation, f"{at}{name}.")
        else:
            rows.append(f"| `{at}{name}` | {_default(field)} | {field.description} |")
    if model.model_config.get("extra") == "allow":
        rows.append(f"| `{at}*` |  | Any other key is sent as it is; `omit` leaves out one of clients.baml. |")
    return rows


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=False)
    if default is None or default is PydanticUndefined or isinstance(default, SecretStr):
        return ""
    if isinstance(default, list):
        return f"`{', '.join(str(item) for item in default)}`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    print(page(), end="")

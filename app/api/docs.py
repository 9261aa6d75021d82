"""`/docs`: the API reference made from its own OpenAPI document, and the pages about problems. Needs no other host.

The pages are plain HTML without scripts, so that they work offline and under a strict content security policy.
"""

import json
import shlex
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from markdown_it import MarkdownIt

from app.api.openapi import TITLE_OF_CODE
from app.api.problems import PROBLEM_PAGES, STATUS_OF_CODE
from app.errors import NotFound

router = APIRouter(include_in_schema=False)

_PAGES = Path(__file__).resolve().parents[2] / "docs" / "problems"
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"}
_METHODS = ("get", "post", "put", "patch", "delete")


@router.get("/docs")
def overview(request: Request) -> HTMLResponse:
    schema: dict[str, Any] = request.app.openapi()
    operations = [
        _operation(schema, method, path, item[method], str(request.base_url).rstrip("/"))
        for path, item in schema["paths"].items()
        for method in _METHODS
        if method in item
    ]
    groups: dict[str, list[dict[str, Any]]] = {}
    for operation in operations:
        groups.setdefault(operation["tag"], []).append(operation)
    codes = [(code, status, TITLE_OF_CODE[code]) for code, status in STATUS_OF_CODE.items()]
    return _page("Vitae API", _OVERVIEW, schema=schema, groups=groups, codes=codes, problem_pages=PROBLEM_PAGES)


@router.get(PROBLEM_PAGES)
def problem_index() -> HTMLResponse:
    codes = [(code, status, TITLE_OF_CODE[code]) for code, status in STATUS_OF_CODE.items()]
    return _page("Problems", _PROBLEMS, codes=codes, problem_pages=PROBLEM_PAGES)


@router.get(PROBLEM_PAGES + "/{code}")
def problem_page(code: str) -> HTMLResponse:
    if code not in STATUS_OF_CODE:
        raise NotFound(f"There is no problem with this code. {PROBLEM_PAGES} lists all codes.")
    path = _PAGES / f"{code}.md"  # the code is one of ours, so it cannot be a path
    text = path.read_text("utf-8") if path.is_file() else f"# {TITLE_OF_CODE[code]}\n\nCode `{code}`."
    return _page(TITLE_OF_CODE[code], "{{ content | safe }}", content=MarkdownIt().render(text))


def _operation(schema: dict[str, Any], method: str, path: str, spec: dict[str, Any], base: str) -> dict[str, Any]:
    responses = [
        {
            "status": status,
            "description": MarkdownIt().renderInline(response.get("description", "")),
            "example": _example(schema, response),
        }
        for status, response in spec.get("responses", {}).items()
    ]
    return {
        "id": spec["operationId"],
        "tag": spec.get("tags", ["Other"])[0],
        "method": method.upper(),
        "path": path,
        "summary": spec.get("summary", ""),
        "description": MarkdownIt().render(spec.get("description", "")),
        "scope": spec.get("x-vitae-scope"),
        "parameters": [
            {**parameter, "description": MarkdownIt().renderInline(parameter.get("description") or "")}
            for parameter in (*spec.get("parameters", []), *_form_fields(schema, spec))
        ],
        "responses": responses,
        "curl": _curl(schema, method, path, spec, base),
    }


def _form_fields(schema: dict[str, Any], spec: dict[str, Any]) -> list[dict[str, Any]]:
    for media_type, content in spec.get("requestBody", {}).get("content", {}).items():
        body = _resolved(schema, content.get("schema", {}))
        place = "form field" if media_type.startswith("multipart/") else "JSON member"
        required = body.get("required", [])
        return [
            {"name": name, "in": place, "required": name in required, "description": field.get("description")}
            for name, field in body.get("properties", {}).items()
        ]
    return []


def _curl(schema: dict[str, Any], method: str, path: str, spec: dict[str, Any], base: str) -> str:
    words = ["curl"]
    if method != "get":
        words += ["-X", method.upper()]
    shown = path.replace("{resume_id}", "$ID").replace("{key_id}", "$KEY_ID").replace("{code}", "not_found")
    words.append(f'"{base}{shown}"')
    if spec.get("security"):
        words.append('-H "Authorization: Bearer $VITAE_API_KEY"')
    for media_type, content in spec.get("requestBody", {}).get("content", {}).items():
        if media_type.startswith("multipart/"):
            words.append("-F files=@resume.pdf")
        else:
            example = _resolved(schema, content.get("schema", {})).get("examples", [{}])[0]
            words += ['-H "Content-Type: application/json"', f"-d {shlex.quote(json.dumps(example))}"]
    if path.endswith("/events"):
        words.insert(1, "-N")
    if path.endswith("/document"):
        words.insert(1, "-OJ")
    return " ".join(words)


def _example(schema: dict[str, Any], response: dict[str, Any]) -> str:
    for media_type, content in response.get("content", {}).items():
        if "example" in content:
            example = content["example"]
        elif "examples" in content:
            example = next(iter(content["examples"].values()))["value"]
        else:
            examples = _resolved(schema, content.get("schema", {})).get("examples")
            if not examples:
                continue
            example = examples[0]
        text = example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
        return f"{media_type}\n\n{text}"
    return ""


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref")
    return schema["components"]["schemas"][reference.rsplit("/", 1)[-1]] if reference else part


def _page(title: str, body: str, **values: Any) -> HTMLResponse:
    content = _templates.from_string(body).render(**values)
    page = _templates.from_string(_FRAME).render(title=title, content=content)
    return HTMLResponse(page, headers=_HEADERS)


_templates = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
  :root { color-scheme: light dark; --line: light-dark(#d0d4d9, #3c434b); --dim: light-dark(#4d5661, #b4bdc7); }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
    color: light-dark(#16191d, #e6e9ed); background: light-dark(#fff, #14171a); }
  code, pre { font: 14px/1.45 ui-monospace, monospace; }
  pre { overflow-x: auto; padding: .7rem; border: 1px solid var(--line); border-radius: .4rem; }
  details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; padding: .4rem .8rem; }
  details details { border: 0; margin: 0; padding: 0; }
  summary { cursor: pointer; }
  .method { display: inline-block; min-width: 4.5rem; font-weight: 600; }
  .quiet { color: var(--dim); }
  a { color: light-dark(#0b57d0, #8ab4f8); }
  table { border-collapse: collapse; width: 100%; }
  td, th { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; }
  td, th { border-bottom: 1px solid var(--line); }
</style>
</head>
<body>
{{ content | safe }}
<p class="quiet"><a href="/docs">API</a> · <a href="/docs/problems">Problems</a> ·
<a href="/openapi.json">openapi.json</a></p>
</body>
</html>
"""

_PROBLEMS = """<h1>Problems</h1>
<p>Every error of the API is <code>application/problem+json</code> (RFC 9457). Programs decide by <code>code</code>.</p>
<table>
<tr><th>code</th><th>status</th><th></th></tr>
{% for code, status, title in codes %}
<tr><td><a href="{{ problem_pages }}/{{ code }}"><code>{{ code }}</code></a></td>
<td>{{ status }}</td><td>{{ title }}</td></tr>
{% endfor %}
</table>
"""

_OVERVIEW = """<h1>{{ schema.info.title }} {{ schema.info.version }}</h1>
<p>{{ schema.info.description }}</p>
<p>Authentication: <code>Authorization: Bearer &lt;key&gt;</code>. The scope <code>write</code> includes
<code>read</code>, <code>admin</code> includes both. The examples read the key from the variable
<code>VITAE_API_KEY</code>.</p>
{% for tag, operations in groups.items() %}
<h2>{{ tag }}</h2>
{% for operation in operations %}
<details id="{{ operation.id }}">
<summary><span class="method">{{ operation.method }}</span> <code>{{ operation.path }}</code>
<span class="quiet">{{ operation.summary }}{% if operation.scope %} · {{ operation.scope }}{% endif %}</span></summary>
{{ operation.description | safe }}
<pre>{{ operation.curl }}</pre>
{% if operation.parameters %}
<table>
{% for parameter in operation.parameters %}
<tr><td><code>{{ parameter.name }}</code></td>
<td class="quiet">{{ parameter.in }}{% if parameter.required %}, required{% endif %}</td>
<td>{{ parameter.description | safe }}</td></tr>
{% endfor %}
</table>
{% endif %}
{% for response in operation.responses %}
<details><summary><strong>{{ response.status }}</strong> {{ response.description | safe }}</summary>
{% if response.example %}<pre>{{ response.example }}</pre>{% endif %}</details>
{% endfor %}
</details>
{% endfor %}
{% endfor %}
""" + _PROBLEMS.replace("h1>", "h2>")

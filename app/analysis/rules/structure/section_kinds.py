"""The kinds of section in a resume. Headings name them, and each kind has its parser."""

from typing import Literal

Kind = Literal[
    "head",  # the part before the first heading: name and contact details
    "summary",
    "contact",
    "personal",
    "work",
    "education",
    "skills",
    "languages",
    "projects",
    "certificates",
    "awards",
    "publications",
    "volunteer",
    "interests",
    "references",
    "history",  # the Japanese table of schools and employers together
    "other",
]

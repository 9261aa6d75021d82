"""The kinds of section a resume has; headings name them, and each has its parser."""

from typing import Literal

Kind = Literal[
    "head",  # what stands before the first heading: name and contact details
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
    "history",  # the Japanese table of schools and employers in one
    "other",
]

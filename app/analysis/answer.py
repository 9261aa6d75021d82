"""The answer of an analyser before it is checked: raw strings copied from the document, with line numbers.

The BAML function `ExtractProfile` and the built-in parser (`app.analysis.rules`) both answer in this shape, so that
grounding (`app.analysis.grounding.check`) and normalization (`app.analysis.normalise`) work the same way for both.
Nothing in it is trusted: every string is looked up in the document before it becomes part of a profile.

All values are raw: dates as written ("Mar 2019", "heute"), phones as written, levels as written. `None` or an empty
list means "not in the document". `lines` holds the numbers (`Line.number`) of the lines that an entry was read from.
"""

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Link(_Answer):
    """A profile on a network: GitHub, LinkedIn, a portfolio."""

    network: str | None = None
    username: str | None = None
    url: str | None = None


class Person(_Answer):
    """The contact block. `address` is the raw postal text; `city`, `region`, `country`, `postal_code` are its parts."""

    name: str | None = None
    label: str | None = None  # professional title under the name
    email: str | None = None
    phone: str | None = None
    url: str | None = None
    summary: str | None = None  # the resume's own summary, verbatim
    address: str | None = None
    postal_code: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    links: list[Link] = Field(default_factory=list[Link])
    lines: list[int] = Field(default_factory=list[int])


class Job(_Answer):
    """One position, paid or voluntary. `start` and `end` as written; a current job has no `end` and `ongoing` True."""

    employer: str | None = None
    position: str | None = None
    location: str | None = None
    url: str | None = None
    start: str | None = None
    end: str | None = None
    ongoing: bool = False
    summary: str | None = None
    highlights: list[str] = Field(default_factory=list[str])
    lines: list[int] = Field(default_factory=list[int])


class Study(_Answer):
    institution: str | None = None
    area: str | None = None  # field of study
    degree: str | None = None  # as written: "B.Sc.", "Diplom-Informatiker"
    location: str | None = None
    start: str | None = None
    end: str | None = None
    ongoing: bool = False
    score: str | None = None
    courses: list[str] = Field(default_factory=list[str])
    lines: list[int] = Field(default_factory=list[int])


class SkillGroup(_Answer):
    """`name` is the group's label ("Programming"), None when the resume lists skills without groups."""

    name: str | None = None
    level: str | None = None
    keywords: list[str] = Field(default_factory=list[str])
    lines: list[int] = Field(default_factory=list[int])


class SpokenLanguage(_Answer):
    language: str
    fluency: str | None = None
    lines: list[int] = Field(default_factory=list[int])


class Project(_Answer):
    name: str | None = None
    description: str | None = None
    url: str | None = None
    start: str | None = None
    end: str | None = None
    ongoing: bool = False
    highlights: list[str] = Field(default_factory=list[str])
    keywords: list[str] = Field(default_factory=list[str])
    lines: list[int] = Field(default_factory=list[int])


class Credential(_Answer):
    """A certificate, award or publication: its `title`, who issued or published it, and when."""

    title: str | None = None
    issuer: str | None = None
    date: str | None = None
    url: str | None = None
    summary: str | None = None
    lines: list[int] = Field(default_factory=list[int])


class Interest(_Answer):
    name: str
    keywords: list[str] = Field(default_factory=list[str])
    lines: list[int] = Field(default_factory=list[int])


class Answer(_Answer):
    """The complete answer. `is_resume` is False when the document is not a resume (a recipe, an invoice)."""

    is_resume: bool
    person: Person = Field(default_factory=Person)
    work: list[Job] = Field(default_factory=list[Job])
    volunteer: list[Job] = Field(default_factory=list[Job])
    education: list[Study] = Field(default_factory=list[Study])
    skills: list[SkillGroup] = Field(default_factory=list[SkillGroup])
    languages: list[SpokenLanguage] = Field(default_factory=list[SpokenLanguage])
    projects: list[Project] = Field(default_factory=list[Project])
    certificates: list[Credential] = Field(default_factory=list[Credential])
    awards: list[Credential] = Field(default_factory=list[Credential])
    publications: list[Credential] = Field(default_factory=list[Credential])
    interests: list[Interest] = Field(default_factory=list[Interest])

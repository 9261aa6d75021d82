"""The built-in parser: turns a `Document` into an `Answer` by rules only; `app.analysis.readings` calls it."""

import re
from dataclasses import dataclass, replace

from app.analysis.answer import Answer, Credential, Interest, Job, SkillGroup, SpokenLanguage, Study
from app.analysis.rules.likelihood import Likelihood, is_plainly_a_resume, resume_likelihood
from app.analysis.rules.person.contact_block import is_contact_row, read_person
from app.analysis.rules.person.contact_details import find_email
from app.analysis.rules.person.names import find_name
from app.analysis.rules.phrases.degrees import degree_score
from app.analysis.rules.phrases.organisations import institution_score, is_organisation
from app.analysis.rules.phrases.roles import role_score
from app.analysis.rules.phrases.spelling import fold, heading_key, word_set
from app.analysis.rules.sections.credentials import CredentialKind, read_credentials
from app.analysis.rules.sections.education import read_studies
from app.analysis.rules.sections.interests import read_interests
from app.analysis.rules.sections.languages import LANGUAGES_LABEL, read_languages
from app.analysis.rules.sections.projects import read_projects
from app.analysis.rules.sections.rirekisho import read_history
from app.analysis.rules.sections.skills import SkillsSection, read_skills
from app.analysis.rules.sections.work import read_jobs
from app.analysis.rules.structure.entry_rows import anchor_period, find_entries
from app.analysis.rules.structure.headings import Section, split_sections
from app.analysis.rules.structure.read_rows import read_rows
from app.analysis.rules.structure.row import Row
from app.extraction.document import Document


@dataclass(frozen=True, slots=True)
class ParsedResume:
    """The answer, and the sections it was read from, in the order of the document."""

    answer: Answer
    sections: tuple[Section, ...] = ()


def parse_resume(document: Document) -> Answer:
    """Values as written in the document, with their line numbers. Uncertain values are left out."""
    return parse_sections(document).answer


def parse_sections(document: Document) -> ParsedResume:
    """`parse_resume` with the sections: which lines belong together, and under what kind of heading."""
    rows = read_rows(document)
    is_resume = is_plainly_a_resume(document) or (
        resume_likelihood(document, rows).verdict is not Likelihood.CLEARLY_NOT
    )
    if not rows or not is_resume:
        return ParsedResume(Answer(is_resume=is_resume and bool(rows)))
    email = find_email(rows)
    name = find_name(rows, email.text if email else None)
    rows = _without_signature(rows, name.text if name else "")
    sections = split_sections(rows, name.rows if name else frozenset())
    sections = _with_own_contacts(_with_hidden_work(sections))

    history = read_history(
        [row for section in sections if section.kind in {"history", "education", "work"} for row in section.rows]
    )
    sections = _with_studies_among_certificates(_with_jobs_among_projects(sections))
    work = history.work if history else _jobs(sections, "work")
    education = history.education if history else _studies(sections)
    skills = SkillsSection()
    for section in sections:
        if section.kind == "skills":
            found = read_skills(section.rows)
            skills.groups.extend(found.groups)
            skills.languages.extend(found.languages)
            skills.interests.extend(found.interests)
            skills.certificates.extend(found.certificates)
    languages: list[SpokenLanguage] = []
    for section in sections:
        if section.kind == "languages":
            spoken = read_languages(section.rows)
            languages.extend(spoken)
            if not spoken:
                # A "Languages" section with Python and Go lists programming languages.
                skills.groups.extend(read_skills(section.rows).groups)
    languages.extend(_labelled_languages(sections))
    answer = Answer(
        is_resume=is_resume,
        person=read_person(sections, rows, name, document.language),
        work=work,
        volunteer=_jobs(sections, "volunteer"),
        education=education,
        skills=_distinct_groups(skills.groups),
        languages=_distinct_languages([*languages, *skills.languages]),
        projects=[
            project for section in sections if section.kind == "projects" for project in read_projects(section.rows)
        ],
        certificates=_credentials(sections, "certificates") + skills.certificates,
        awards=_credentials(sections, "awards"),
        publications=_credentials(sections, "publications"),
        interests=_interests(sections) + skills.interests,
    )
    return ParsedResume(answer, tuple(sections))


_SIGNED = re.compile(
    r"(?:place|date|ort|datum|lieu|luogo|lugar|fecha|signature|unterschrift|firma|signed)\b.{0,60}"
    r"|[^\d,:]{2,30},\s*(?:den\s+|le\s+|li\s+)?\d{1,2}[./]\s?\d{1,2}[./]\s?\d{2,4}",
    re.IGNORECASE,
)
_MOST_SIGNATURE_ROWS = 4


def _without_signature(rows: list[Row], name: str) -> list[Row]:
    """Removes place, date and name at the very end, where resumes are signed in some countries."""
    end = len(rows)
    for row in reversed(rows[-_MOST_SIGNATURE_ROWS:]):
        own = bool(name) and fold(row.text).strip(" ()") == fold(name)
        if end < 8 or not (own or _SIGNED.fullmatch(row.text)):
            break
        end -= 1
    return rows[:end]


def _labelled_languages(sections: list[Section]) -> list[SpokenLanguage]:
    """Languages among personal details, as in "Languages known: English, Tamil"."""
    found: list[SpokenLanguage] = []
    for section in sections:
        if section.kind in {"personal", "head", "other"}:
            for row in section.rows:
                label = LANGUAGES_LABEL.match(row.text)
                if label is not None:
                    found.extend(read_languages([replace(row, text=label["list"], cells=(label["list"],))]))
    return found


def _jobs(sections: list[Section], kind: str) -> list[Job]:
    """The jobs of all sections of this kind."""
    return [job for section in sections if section.kind == kind for job in read_jobs(section.rows)]


def _studies(sections: list[Section]) -> list[Study]:
    return [study for section in sections if section.kind == "education" for study in read_studies(section.rows)]


def _credentials(sections: list[Section], kind: CredentialKind) -> list[Credential]:
    return [entry for section in sections if section.kind == kind for entry in read_credentials(section.rows, kind)]


def _interests(sections: list[Section]) -> list[Interest]:
    return [
        interest for section in sections if section.kind == "interests" for interest in read_interests(section.rows)
    ]


def _with_hidden_work(sections: list[Section]) -> list[Section]:
    """Finds work or studies without a heading: entries with periods in the head, the summary or another section."""
    has_work = any(section.kind == "work" and section.rows for section in sections)
    has_education = any(section.kind == "education" and section.rows for section in sections)
    result: list[Section] = []
    for section in sections:
        if section.kind not in {"head", "summary", "other"} or (has_work and has_education):
            result.append(section)
            continue
        first = _first_entry_row(section.rows)
        if first is None:
            result.append(section)
            continue
        studies = [row for row in section.rows[first:] if _is_study(row)]
        start = min([first, *(section.rows.index(row) for row in studies[:1])])
        kept, entries = section.rows[:start], section.rows[start:]
        if section.kind != "other" or kept:
            result.append(Section(section.kind, section.title, kept))
        result.extend(_split_entries(entries, has_work=has_work, has_education=has_education))
    return result


def _with_own_contacts(sections: list[Section]) -> list[Section]:
    """Moves contact rows that reading order put under another heading back to the head.

    Under a summary the first rows may be contacts. In other sections only a separate block counts that consists of
    contacts and has an e-mail address (for example the second column at the top of a page).
    """
    result: list[Section] = []
    for section in sections:
        if section.kind in {"head", "contact", "personal", "references"} or not section.rows:
            result.append(section)
            continue
        if section.kind == "summary":
            stop = next((at for at, row in enumerate(section.rows) if not is_contact_row(row)), len(section.rows))
            begin = 0
        else:
            begin, stop = _contact_block(section.rows)
        if stop > begin:
            result.append(Section("head", None, section.rows[begin:stop]))
        result.append(Section(section.kind, section.title, [*section.rows[:begin], *section.rows[stop:]]))
    return result


def _contact_block(rows: list[Row]) -> tuple[int, int]:
    """The half-open range of a block of rows that are all contacts and include an e-mail address; otherwise (0, 0)."""
    for begin, row in enumerate(rows):
        if not row.new_block or row.bullet:
            continue
        stop = next((at for at in range(begin + 1, len(rows)) if rows[at].new_block), len(rows))
        block = rows[begin:stop]
        contacts = [each for each in block if is_contact_row(each) or re.fullmatch(r"[\d\s-]{4,10}", each.text)]
        if 2 <= len(block) <= 6 and len(contacts) == len(block) and any("@" in each.text for each in block):
            return begin, stop
    return 0, 0


def _with_jobs_among_projects(sections: list[Section]) -> list[Section]:
    """Treats sections that list titles, employers and periods as work: research and teaching, or projects if the resume
    has no work section.
    """
    academic = [section for section in sections if section.title and heading_key(section.title.text) in _ACADEMIC_WORK]
    has_work = any(section.kind == "work" and section.rows for section in sections if section not in academic)
    result: list[Section] = []
    for section in sections:
        kind = section.kind
        if section in academic and (kind == "other" or (kind == "work" and has_work)):
            kind = "work" if _holds_jobs(section.rows, at_organisations=True) else "other"
        elif kind == "projects" and not has_work and _holds_jobs(section.rows):
            kind = "work"
        result.append(Section(kind, section.title, section.rows))
    return result


def _with_studies_among_certificates(sections: list[Section]) -> list[Section]:
    """Without an education section, treats training and qualifications as education if most are degrees of schools."""
    if any(section.kind in {"education", "history"} and section.rows for section in sections):
        return sections
    result: list[Section] = []
    for section in sections:
        kind = section.kind
        if kind == "certificates":
            studies = read_studies(section.rows)
            at_schools = [study for study in studies if study.end and institution_score(study.institution or "") >= 0.9]
            has_degree = any(degree_score(study.degree or "") >= 0.5 for study in at_schools)
            kind = "education" if has_degree and len(at_schools) * 2 >= len(studies) else kind
        result.append(Section(kind, section.title, section.rows))
    return result


def _holds_jobs(rows: list[Row], *, at_organisations: bool = False) -> bool:
    """Whether most entries are jobs. `at_organisations` requires employers that are clearly companies or schools."""
    jobs = [job for job in read_jobs(rows) if job.employer and job.position and job.start]
    titled = [job for job in jobs if role_score(job.position or "") >= 0.9]
    if at_organisations:
        titled = [job for job in titled if is_organisation(job.employer or "")]
    return bool(jobs) and len(titled) * 2 > len(jobs)


_ACADEMIC_WORK = word_set(
    "research teaching forschung lehre recherche enseignement investigacion docencia ricerca didattica pesquisa ensino"
)


def _is_study(row: Row) -> bool:
    text = row.undated
    return (
        not row.bullet
        and row.word_count <= 18
        and (institution_score(text) >= 0.9 or degree_score(text) >= 0.85)
        and role_score(text) < 0.9
    )


def _first_entry_row(rows: list[Row]) -> int | None:
    """The index of the first header row of the first entry with a period; None if no row has one."""
    telling = [
        row
        for row in rows
        if (period := anchor_period(row)) is not None and period.is_range and period.first_year is not None
    ]
    if not telling:
        return None
    entries = [entry for entry in find_entries(rows) if entry.period is not None and entry.period.is_range]
    entries = [
        entry
        for entry in entries
        if any(role_score(_before_period(row)) >= 0.6 or _is_study(row) for row in entry.header)
    ]
    if not entries:
        return None
    header = entries[0].header
    # Rows above the first entry may belong to the head of the resume. Keep only those that describe a job or a school.
    index = rows.index(header[0])
    anchor = rows.index(entries[0].anchor) if entries[0].anchor is not None else index
    while index < anchor and role_score(rows[index].text) < 0.6 and not _is_study(rows[index]) and anchor - index > 1:
        index += 1
    return index


def _before_period(row: Row) -> str:
    """The header part of a row in which the period is followed by the first sentence of the body."""
    if row.periods and row.text[row.periods[-1].span[1] :].strip(" ).") and len(row.undated.split()) > 6:
        return row.text[: row.periods[-1].span[0]].rstrip(" (,–—-|") or row.undated
    return row.undated


def _split_entries(rows: list[Row], *, has_work: bool, has_education: bool) -> list[Section]:
    sections: list[Section] = []
    for entry in find_entries(rows):
        text = " ".join(_before_period(row) for row in entry.header)
        study = any(_is_study(row) for row in entry.header) and role_score(text) < 0.9
        kind = "education" if study else "work"
        if (kind == "work" and has_work) or (kind == "education" and has_education):
            kind = "other"
        if sections and sections[-1].kind == kind:
            sections[-1].rows.extend([*entry.header, *entry.body])
        else:
            sections.append(Section(kind, None, [*entry.header, *entry.body]))
    return sections


def _distinct_groups(groups: list[SkillGroup]) -> list[SkillGroup]:
    seen: set[str] = set()
    kept: list[SkillGroup] = []
    for group in groups:
        keywords = [word for word in group.keywords if word.casefold() not in seen]
        seen.update(word.casefold() for word in keywords)
        if keywords:
            kept.append(group.model_copy(update={"keywords": keywords}))
    return kept


def _distinct_languages(languages: list[SpokenLanguage]) -> list[SpokenLanguage]:
    kept: dict[str, SpokenLanguage] = {}
    for language in languages:
        kept.setdefault(language.language.casefold(), language)
    return list(kept.values())

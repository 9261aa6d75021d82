"""Turns an untrusted `Answer` into a checked profile by dropping every value that is not in the document.

`app.analysis.analyse` calls `ground_answer` both for a model's answer and for the built-in parser's, and reconciles the
two (`app.analysis.readings`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.analysis.answer import Answer, Credential, Interest, Job, Project, SkillGroup, SpokenLanguage, Study
from app.analysis.grounding.assembly import assemble_profile
from app.analysis.grounding.entry_heads import EntryHeads, Rivals
from app.analysis.grounding.entry_lines import fill_gaps
from app.analysis.grounding.evidence_search import EvidenceSearch, Grounded, Kind, Scope, says_too_little
from app.analysis.grounding.findings import Findings
from app.analysis.grounding.grounded_dates import DateSearch
from app.analysis.grounding.grounded_entries import Entry, Sections
from app.analysis.grounding.grounded_person import ground_person, phone_region
from app.analysis.grounding.line_matching import LineIndex
from app.analysis.grounding.mixed_fields import repeats, same_place, separate_job, separate_study
from app.analysis.normalise.contacts import normalise_url
from app.analysis.normalise.terms import degree_level
from app.analysis.profile import CheckedProfile
from app.extraction.document import Document


@dataclass(frozen=True, slots=True)
class GroundedAnswer:
    """The values of an answer that the document supports, and what was dropped."""

    sections: Sections
    findings: Findings


def check_answer(answer: Answer, document: Document, *, as_of: date, default_region: str) -> CheckedProfile:
    """The profile that the document supports. Never raises, whatever the answer contains.

    `as_of` is the date up to which current jobs count. `default_region` (ISO 3166-1 alpha-2) is used for phone numbers
    without a country code, unless the document names the person's own country.
    """
    grounded = ground_answer(answer, document, default_region=default_region)
    return assemble_profile(grounded.sections, grounded.findings, document=document, as_of=as_of)


def ground_answer(
    answer: Answer, document: Document, *, default_region: str, index: LineIndex | None = None
) -> GroundedAnswer:
    """The values of `answer` that are in the document. Never raises, whatever the answer contains.

    `index` is the document's, for callers that ground several answers about it.
    """
    findings = Findings()
    index = index or LineIndex(document)
    region = phone_region(answer, document, index, default_region)
    answer = answer.model_copy(
        update={
            "work": [separate_job(job) for job in answer.work],
            "volunteer": [separate_job(job) for job in answer.volunteer],
            "education": [separate_study(study) for study in answer.education],
        }
    )
    check = _Check(EvidenceSearch(document, index, region), findings)
    sections = Sections()
    ground_person(answer.person, check.search, findings, sections)
    check.sections(answer, sections)
    return GroundedAnswer(sections, findings)


_Cited = Job | Study | Project | SkillGroup | SpokenLanguage | Credential | Interest
_DATED = frozenset({"work", "volunteer", "education", "projects"})  # the first sections in `_scopes`


class _Check:
    """Checks one answer against one document."""

    def __init__(self, search: EvidenceSearch, findings: Findings) -> None:
        self.search = search
        self._dates = DateSearch(search)
        self._heads = EntryHeads(Answer(is_resume=True), {}, search)
        self._findings = findings

    def sections(self, answer: Answer, sections: Sections) -> None:
        scopes = self._scopes(answer)
        self._heads = EntryHeads(answer, scopes, self.search)
        sections.work = self._jobs("work", answer.work, scopes["work"], employer_key="name")
        sections.volunteer = self._jobs("volunteer", answer.volunteer, scopes["volunteer"], employer_key="organization")
        for number, (study, scope) in enumerate(zip(answer.education, scopes["education"], strict=True)):
            self._keep(sections.education, self._study(number, study, scope))
        for number, (group, scope) in enumerate(zip(answer.skills, scopes["skills"], strict=True)):
            self._keep(sections.skills, self._skill_group(f"skills[{number}]", group, scope))
        for number, (spoken, scope) in enumerate(zip(answer.languages, scopes["languages"], strict=True)):
            self._keep(sections.languages, self._spoken_language(f"languages[{number}]", spoken, scope))
        for number, (project, scope) in enumerate(zip(answer.projects, scopes["projects"], strict=True)):
            self._keep(sections.projects, self._project(number, project, scope))
        for name, credentials, kept, fields in (
            ("certificates", answer.certificates, sections.certificates, ("name", "date", "issuer", "url", None)),
            ("awards", answer.awards, sections.awards, ("title", "date", "awarder", None, "summary")),
            (
                "publications",
                answer.publications,
                sections.publications,
                ("name", "releaseDate", "publisher", "url", "summary"),
            ),
        ):
            for number, (credential, scope) in enumerate(zip(credentials, scopes[name], strict=True)):
                self._keep(kept, self._credential(f"{name}[{number}]", credential, scope, fields))
        for number, (interest, scope) in enumerate(zip(answer.interests, scopes["interests"], strict=True)):
            self._keep(sections.interests, self._interest(f"interests[{number}]", interest, scope))

    def _scopes(self, answer: Answer) -> dict[str, list[Scope]]:
        """The scope of each entry. A dated entry's scope also knows the lines of the other dated entries."""
        sections: tuple[tuple[str, Sequence[_Cited]], ...] = (
            ("work", answer.work),
            ("volunteer", answer.volunteer),
            ("education", answer.education),
            ("projects", answer.projects),
            ("skills", answer.skills),
            ("languages", answer.languages),
            ("certificates", answer.certificates),
            ("awards", answer.awards),
            ("publications", answer.publications),
            ("interests", answer.interests),
        )
        lines_of = fill_gaps([entry.lines for _, entries in sections for entry in entries])
        dated = lines_of[: sum(len(entries) for name, entries in sections if name in _DATED)]
        scopes: dict[str, list[Scope]] = {}
        at = 0
        for name, entries in sections:
            scopes[name] = []
            for _ in entries:
                others = (lines for place, lines in enumerate(dated) if place != at) if name in _DATED else ()
                scopes[name].append(self.search.scope(lines_of[at], frozenset[int]().union(*others)))
                at += 1
        return scopes

    def _jobs(self, name: str, jobs: Sequence[Job], scopes: Sequence[Scope], *, employer_key: str) -> list[Entry]:
        kept: list[Entry] = []
        for number, (job, scope) in enumerate(zip(jobs, scopes, strict=True)):
            place = f"{name}[{number}]"
            entry = Entry()
            employer = self._employer(place, number, jobs, scopes)
            position = self._value(f"{place}.position", job.position, scope, Kind.POSITION)
            if employer is not None and position is not None:
                # If several jobs share the title, take the occurrence next to this employer.
                position = self.search.find_beside(position, employer, Kind.POSITION) or position
                lines = (frozenset(employer.lines), frozenset(position.lines))
                if self._heads.is_torn(name, number, *lines):
                    self._findings.not_together(f"{place}.employer", "position")
                    employer = None
                elif same_place(employer, position):
                    self._findings.same_text(f"{place}.employer", "position")
                    employer = None
            entry.put(employer_key, employer)
            entry.put("position", position)
            self._require(entry, place, "its employer and position were not found", employer_key, "position")
            if not entry.leaves:
                continue
            rivals = self._heads.rivals(name, number, frozenset(entry.lines))
            location = self._value(f"{place}.location", job.location, scope)
            if location is not None and rivals.are_nearer(location.evidence.line):
                self._findings.not_together(f"{place}.location", "employer")
                location = None
            entry.put("location", location)
            entry.put("url", self._url(f"{place}.url", job.url, scope))
            self._period(place, entry, job, scope, rivals)
            summary = self._value(f"{place}.summary", job.summary, scope, Kind.RUNNING_TEXT)
            highlights = self._texts(f"{place}.highlights", job.highlights, scope)
            summary = next(iter(self._of_entry(f"{place}.summary", [summary], rivals)), None)
            highlights = self._of_entry(f"{place}.highlights", highlights, rivals)
            entry.put("summary", None if repeats(summary, highlights) else summary)
            entry.put_list("highlights", highlights)
            self._keep(kept, entry)
        if name == "volunteer":
            for entry in kept:
                entry.leaves.pop("location", None)  # volunteer entries of JSON Resume have no location
        return kept

    def _of_entry(self, place: str, found: Iterable[Grounded | None], rivals: Rivals) -> list[Grounded]:
        """Drops the values that are below another entry's header, or run into it."""
        kept: list[Grounded] = []
        for each in found:
            if each is not None and (
                rivals.stand_between(each.evidence.line) or not rivals.same.isdisjoint(each.lines)
            ):
                self._findings.not_together(place, "employer")
            elif each is not None:
                kept.append(each)
        return kept

    def _employer(self, place: str, number: int, jobs: Sequence[Job], scopes: Sequence[Scope]) -> Grounded | None:
        """The employer in the job's own lines, or in the header of an earlier job with the same employer."""
        value, scope = jobs[number].employer, scopes[number]
        if value is None or not value.strip():
            return None
        found = self.search.find(value, scope, Kind.NAME)
        if found is None and scope.own:
            for earlier in range(number - 1, -1, -1):
                same = (jobs[earlier].employer or "").casefold().split() == value.casefold().split()
                if not same or not scopes[earlier].own or min(scopes[earlier].own) > min(scope.own):
                    break
                found = self.search.find_shared(value, scopes[earlier].own, Kind.NAME)
                if found is not None:
                    break
        if found is None:
            self._findings.not_found(f"{place}.employer")
        return found

    def _study(self, number: int, study: Study, scope: Scope) -> Entry:
        place = f"education[{number}]"
        entry = Entry()
        entry.put("institution", self._value(f"{place}.institution", study.institution, scope, Kind.NAME))
        area = self._value(f"{place}.area", study.area, scope, Kind.CLAIM)
        degree = self._value(f"{place}.degree", study.degree, scope, Kind.CLAIM)
        if same_place(area, degree):
            is_degree = degree is not None and degree_level(degree.value) is not None
            self._findings.same_text(f"{place}.{'area' if is_degree else 'degree'}", "degree" if is_degree else "field")
            area, degree = (None, degree) if is_degree else (area, None)
        entry.put("area", area)
        entry.put("studyType", degree)
        if list(entry.leaves) == ["studyType"] and says_too_little(entry.text("studyType") or "", Kind.PHRASE):
            # "MA" by itself is as likely to be a state as a degree.
            self._findings.not_found(f"{place}.degree")
            entry.leaves.clear()
        missing = "its institution, field and degree were not found"
        self._require(entry, place, missing, "institution", "area", "studyType")
        if entry.leaves:
            heads = self._heads.rivals("education", number, frozenset(entry.lines))
            self._period(place, entry, study, scope, heads)
            score = self._value(f"{place}.score", study.score, scope, local=True)
            if same_place(score, degree) or same_place(score, area):
                self._findings.same_text(f"{place}.score", "degree")
                score = None
            entry.put("score", score)
            entry.put_list("courses", self._texts(f"{place}.courses", study.courses, scope))
        return entry

    def _skill_group(self, place: str, group: SkillGroup, scope: Scope) -> Entry:
        entry = Entry()
        entry.put("name", self._value(f"{place}.name", group.name, scope))
        entry.put("level", self._value(f"{place}.level", group.level, scope, local=True))
        entry.put_list("keywords", self._keywords(f"{place}.keywords", group.keywords, scope))
        self._require(entry, place, "its skills were not found", "name", "keywords")
        return entry

    def _spoken_language(self, place: str, spoken: SpokenLanguage, scope: Scope) -> Entry:
        entry = Entry()
        entry.put("language", self._value(f"{place}.language", spoken.language, scope, Kind.CLAIM))
        self._require(entry, place, "its language was not found", "language")
        if entry.leaves:
            entry.put("fluency", self._value(f"{place}.fluency", spoken.fluency, scope, local=True))
        return entry

    def _project(self, number: int, project: Project, scope: Scope) -> Entry:
        place = f"projects[{number}]"
        entry = Entry()
        entry.put("name", self._value(f"{place}.name", project.name, scope))
        rivals = self._heads.rivals("projects", number, frozenset(entry.lines))
        entry.put("description", self._value(f"{place}.description", project.description, scope, Kind.RUNNING_TEXT))
        self._require(entry, place, "its name and description were not found", "name", "description")
        if entry.leaves:
            entry.put_list("highlights", self._texts(f"{place}.highlights", project.highlights, scope))
            entry.put_list("keywords", self._keywords(f"{place}.keywords", project.keywords, scope))
            self._period(place, entry, project, scope, rivals)
            entry.put("url", self._url(f"{place}.url", project.url, scope))
        return entry

    def _credential(
        self,
        place: str,
        credential: Credential,
        scope: Scope,
        fields: tuple[str, str, str, str | None, str | None],
    ) -> Entry:
        title_key, date_key, issuer_key, url_key, summary_key = fields
        entry = Entry()
        entry.put(title_key, self._value(f"{place}.title", credential.title, scope, Kind.CLAIM))
        self._require(entry, place, "its title was not found", title_key)
        if not entry.leaves:
            return entry
        if credential.date is not None and credential.date.strip():
            found = self._dates.find_date(credential.date, scope, entry.lines)
            entry.put_date(date_key, found)
            if found is None:
                self._findings.dates_not_found(f"{place}.date")
        entry.put(issuer_key, self._value(f"{place}.issuer", credential.issuer, scope, Kind.NAME))
        if url_key is not None:
            entry.put(url_key, self._url(f"{place}.url", credential.url, scope))
        if summary_key is not None:
            summary = self._value(f"{place}.summary", credential.summary, scope, Kind.RUNNING_TEXT)
            entry.put(summary_key, summary)
        return entry

    def _interest(self, place: str, interest: Interest, scope: Scope) -> Entry:
        entry = Entry()
        entry.put("name", self._value(f"{place}.name", interest.name, scope))
        self._require(entry, place, "its name was not found", "name")
        if entry.leaves:
            entry.put_list("keywords", self._keywords(f"{place}.keywords", interest.keywords, scope))
        return entry

    def _value(
        self, place: str, value: str | None, scope: Scope, kind: Kind = Kind.PHRASE, *, local: bool = False
    ) -> Grounded | None:
        if value is None or not value.strip():
            return None
        found = self.search.find(value, scope, kind, local=local)
        if found is None:
            self._findings.not_found(place)
        return found

    def _texts(self, place: str, values: Sequence[str], scope: Scope) -> list[Grounded]:
        found = (
            self._value(f"{place}[{number}]", value, scope, Kind.RUNNING_TEXT) for number, value in enumerate(values)
        )
        return _distinct(found_value for found_value in found if found_value is not None)

    def _keywords(self, place: str, values: Sequence[str], scope: Scope) -> list[Grounded]:
        found = (self._value(f"{place}[{number}]", value, scope, Kind.CLAIM) for number, value in enumerate(values))
        return _distinct(found_value for found_value in found if found_value is not None)

    def _url(self, place: str, value: str | None, scope: Scope) -> Grounded | None:
        # The address of another entry or of the person may be anywhere on the page.
        found = self._value(place, value, scope, Kind.URL, local=bool(scope.own))
        if found is None:
            return None
        url = normalise_url(found.value)
        if url is None:
            self._findings.unusable(place, "a valid web address")
            return None
        return Grounded(url, found.evidence, found.lines)

    def _period(self, place: str, entry: Entry, source: Job | Study | Project, scope: Scope, rivals: Rivals) -> None:
        period = self._dates.find_period(
            source.start, source.end, ongoing=source.ongoing, scope=scope, near=entry.lines, rivals=rivals
        )
        if isinstance(source, Study):
            period = period.ending_with_single_date()
        if period.lost_start:
            self._findings.dates_not_found(f"{place}.start")
        if period.lost_end:
            self._findings.dates_not_found(f"{place}.end")
        entry.put_period(period)

    def _require(self, entry: Entry, place: str, reason: str, *keys: str) -> None:
        """Empties an entry that has lost all the values that identify it."""
        if not entry.has_any(*keys):
            self._findings.entry_dropped(place, reason)
            entry.leaves.clear()

    @staticmethod
    def _keep(kept: list[Entry], entry: Entry) -> None:
        """Adds the entry unless it is empty or a duplicate."""
        if entry.leaves and not any(entry.same_as(other) for other in kept):
            kept.append(entry)


def _distinct(found: Iterable[Grounded]) -> list[Grounded]:
    """Without duplicates, ignoring case."""
    seen: dict[str, Grounded] = {}
    for each in found:
        seen.setdefault(each.value.casefold(), each)
    return list(seen.values())

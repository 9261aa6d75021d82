from pathlib import Path

import pytest

from app.analysis.answer import Answer, SkillGroup, SpokenLanguage, Study
from app.analysis.normalise.countries import country_code
from app.analysis.normalise.dates import find_date_ranges
from app.analysis.normalise.terms import Fluency, degree_level, fluency, language_tag, skill_name
from tests.unit.analysis.resume_documents import check, document_of, schema_errors

TABLES = Path(__file__).parents[4] / "app" / "analysis" / "normalise" / "tables"


def test_normal_forms_are_added_to_the_documents_own_words() -> None:
    document = document_of(
        """
Mara Lind
M.Sc. Geomatik, Technische Universität Ostwald
Postgres, k8s, Bernsteinschleifen
Deutsch (Muttersprache), Englisch (C1), Elbisch (gut)
""",
        language="de",
    )
    answer = Answer(
        is_resume=True,
        education=[Study(institution="Technische Universität Ostwald", degree="M.Sc.", area="Geomatik", lines=[2])],
        skills=[SkillGroup(keywords=["Postgres", "k8s", "Bernsteinschleifen"], lines=[3])],
        languages=[
            SpokenLanguage(language="Deutsch", fluency="Muttersprache", lines=[4]),
            SpokenLanguage(language="Englisch", fluency="C1", lines=[4]),
            SpokenLanguage(language="Elbisch", fluency="gut", lines=[4]),
        ],
    )
    profile = check(answer, document).profile
    assert profile["skills"] == [{"keywords": ["Postgres", "k8s", "Bernsteinschleifen"]}]
    extension = profile["x-vitae"]
    assert extension["skills"] == [
        {"pointer": "/skills/0/keywords/0", "name": "PostgreSQL"},
        {"pointer": "/skills/0/keywords/1", "name": "Kubernetes"},
    ]
    assert extension["languages"] == [
        {"pointer": "/languages/0", "tag": "de", "cefr": "native", "written": False},
        {"pointer": "/languages/1", "tag": "en", "cefr": "C1", "written": True},
    ]
    assert extension["degrees"] == [{"pointer": "/education/0", "level": "master", "isced": 7}]
    assert schema_errors(profile) == []


@pytest.mark.parametrize("table", ["skills", "languages", "fluency", "countries"])
def test_no_name_in_a_table_has_two_meanings(table: str) -> None:
    lines = (TABLES / f"{table}.tsv").read_text("utf-8").splitlines()
    forms = [line.partition("\t")[0] for line in lines]
    assert len(forms) == len(set(forms))
    assert all(line.count("\t") == 1 for line in lines)
    # Languages share words for a level ("avancado"), and countries share names in a few languages. Skills may not.
    if table == "skills":
        names = [name.casefold() for line in lines for name in line.replace("\t", "|").split("|") if name]
        assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("golang", "Go"), ("REACT.JS", "React"), ("C", "C"), ("C++", "C++"), ("c#", "C#"), ("Gardening", None)],
)
def test_skills_have_a_canonical_name(raw: str, expected: str | None) -> None:
    assert skill_name(raw) == expected


@pytest.mark.parametrize(
    ("raw", "tag"),
    [("Español", "es"), ("العربية", "ar"), ("עברית", "he"), ("日本語", "ja"), ("ENGLISH", "en"), ("Elvish", None)],
)
def test_languages_have_a_tag(raw: str, tag: str | None) -> None:
    assert language_tag(raw) == tag


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("B2/C1", Fluency("B2", written=True)),
        ("courant (C1)", Fluency("C1", written=True)),
        ("Full Professional", Fluency("C1", written=False)),
        ("verhandlungssicher", Fluency("C1", written=False)),
        ("اللغة الأم", Fluency("native", written=False)),
        ("like a pirate", None),
        ("", None),
    ],
)
def test_levels_are_written_or_estimated_or_unknown(raw: str, expected: Fluency | None) -> None:
    assert fluency(raw) == expected


@pytest.mark.parametrize(
    ("degree", "level"),
    [
        ("PhD", "doctorate"), ("Dr. rer. nat.", "doctorate"), ("M.Sc.", "master"), ("Diplom-Kauffrau (FH)", "master"),
        ("Laurea magistrale", "master"), ("Laurea", "bachelor"), ("BSc (Hons)", "bachelor"), ("本科", "bachelor"),
        ("بكالوريوس", "bachelor"), ("Associate of Applied Science", "associate"), ("Abitur", "secondary"),
        ("High School Diploma", "secondary"), ("Diploma", None), ("", None),
    ],
)  # fmt: skip
def test_degrees_have_the_level_that_their_words_indicate(degree: str, level: str | None) -> None:
    assert degree_level(degree) == level


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Tanzania", "TZ"),
        ("Tansania", "TZ"),
        ("Kolumbien", "CO"),
        ("德国", "DE"),
        ("UK", "GB"),
        ("us", None),
        ("X", None),
    ],
)
def test_every_country_is_recognized_by_its_names(name: str, code: str | None) -> None:
    assert country_code(name) == code


@pytest.mark.parametrize(
    ("text", "language", "start", "ongoing"),
    [
        ("ianuarie 2019 – prezent", "ro", "2019-01", True),
        ("2019. március – jelenleg", "hu", "2019-03", True),
        ("Ιανουάριος 2018 - σήμερα", "el", "2018-01", True),
        ("מרץ 2018 - היום", "he", "2018-03", True),
        ("siječanj 2017 – danas", "hr", "2017-01", True),
        ("Maret 2018 - sekarang", "id", "2018-03", True),
        ("民國108年3月", "zh", "2019-03", False),
    ],
)
def test_dates_in_additional_languages_are_read(text: str, language: str, start: str, ongoing: bool) -> None:  # noqa: FBT001
    (period,) = find_date_ranges(text, language)
    assert period.start is not None
    assert (period.start.iso, period.ongoing) == (start, ongoing)

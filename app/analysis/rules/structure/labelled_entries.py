"""Reads entries written as labels and values ("Company: ...", "Duration: ..."), as in Europass and many Indian resumes.

Used by the parsers of work and education in `app.analysis.rules.sections`.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from app.analysis.rules.phrases.spelling import clean_value, fold
from app.analysis.rules.structure.header_pieces import is_header_like
from app.analysis.rules.structure.row import Row

Label = Literal["employer", "position", "period", "location", "body", "degree", "institution", "area", "score"]

_PHRASES: Final[dict[Label, str]] = {
    "employer": """
        company|company name|employer|organisation|organization|name of employer|
        name and address of employer|name of organization|name of company|client|firma|arbeitgeber|
        unternehmen|entreprise|employeur|empresa|empleador|nombre y direccion de la empresa|azienda|
        datore di lavoro|nome e indirizzo del datore di lavoro|werkgever|bedrijf|empregador|
        nome e endereco do empregador|nombre y direccion de la empresa o empleador|nazwa i adres pracodawcy|
        naam en adres van de werkgever|numele si adresa angajatorului|pracodawca|arbetsgivare|arbejdsgiver|
        работодатель|компания|الشركة|公司|公司名称|
        单位|会社名|勤務先
    """,
    "position": """
        position|title|job title|designation|role|occupation or position held|position held|occupation|
        post held|post|stelle|position/funktion|funktion|beruf oder funktion|tatigkeit als|poste|fonction|
        fonction ou poste occupe|puesto|cargo|profesion o cargo desempenado|ruolo|posizione|
        zawod lub zajmowane stanowisko|beroep of functie|functia sau postul ocupat|tipo di impiego|
        lavoro o posizione ricoperti|functie|funcao|funcao ou cargo ocupado|stanowisko|
        befattning|stilling|должность|المسمى الوظيفي|职位|职务|
        岗位|役職|職種
    """,
    "period": """
        dates|date|datas|data inicio|daty|perioada|duration|period|tenure|employment dates|date of employment|
        from - to|from/to|zeitraum|
        dauer|datum|periode|duree|dates (de - a)|periodo|fecha|fechas|duracion|data|date (da - a)|durata|
        okres|okres zatrudnienia|duracao|период|الفترة|
        时间|起止时间|期間
    """,
    "location": """
        location|place|place of work|city|ort|standort|lieu|
        lugar|ubicacion|luogo|sede|ciudad|ciudad y pais|localidad|citta|cidade|miasto|город|plaats|local|地点|勤務地
    """,
    "body": """
        responsibilities|main activities and responsibilities|principais atividades|atividades|
        atividades desenvolvidas|principais responsabilidades|responsabilidades|atribuicoes|zakres obowiazkow|
        obowiazki|glowne obowiazki|arbetsuppgifter|arbejdsopgaver|arbeidsoppgaver|обязанности|
        должностные обязанности|taches principales|activites|taches|roles and responsibilities|
        roles & responsibilities|key responsibilities|duties|main duties|description|job description|
        job profile|job responsibilities|aufgaben|wichtigste tatigkeiten und zustandigkeiten|tatigkeiten|
        principais actividades e responsabilidades|funciones y responsabilidades principales|
        principali attivita e responsabilita|voornaamste werkzaamheden en verantwoordelijkheden|
        activitati si responsabilitati principale|missions|principales activites et responsabilites|funciones|
        principales actividades y responsabilidades|mansioni|principali mansioni e responsabilita|
        werkzaamheden|principais atividades e responsabilidades|工作内容|职责|業務内容
    """,
    "degree": """
        degree|qualification|title of qualification awarded|qualification awarded|course|course name|
        abschluss|bezeichnung der erworbenen qualifikation|diplome|
        intitule du certificat ou diplome delivre|titulo|titulo de la cualificacion obtenida|titolo|
        titulo obtenido|designacao da qualificacao atribuida|tytul uzyskanej kwalifikacji|certificaat of diploma|
        tytul|stopien|grado|curso|
        titolo della qualifica rilasciata|opleiding|学位|学历
    """,
    "institution": """
        institution|institute|university|school|college|name of institution|
        name and type of organisation providing education|
        name and type of organisation providing education and training|hochschule|schule|universitat|
        nome e tipo da organizacao de ensino ou formacao|nombre y tipo de la organizacion educativa o formativa|
        naam en type onderwijsinstelling|institucion|institucion educativa|centro de estudios|centro|
        centro educativo|plantel|
        scuola|ente di formazione|universita|instituicao|instituicao de ensino|instelling|uczelnia|szkola|
        учебное заведение|
        الجامعة|
        name und art der bildungs- oder ausbildungseinrichtung|etablissement|universite|universidad|
        nombre y tipo de organizacion que ha impartido la educacion o la formacion|istituto|
        nome e tipo d'organizzazione erogatrice dell'istruzione e formazione|学校|学校名称|院校|学校名
    """,
    "area": """
        major|field|field of study|specialization|specialisation|subject|
        stream|branch|fach|studiengang|filiere|carrera|kierunek|especialidad|специальность|专业|専攻
    """,
    "score": "grade|gpa|cgpa|percentage|marks|score|note|abschlussnote|mention|nota|voto|成绩",
}
_LABELS: Final[dict[str, Label]] = {
    " ".join(phrase.split()): label
    for label, block in _PHRASES.items()
    for phrase in block.replace("\n", " ").split("|")
}
# Meaning of the text next to the period if no label has it, the most likely first.
_HEADED: Final[tuple[Label, ...]] = ("employer", "institution", "position", "degree")
_LONG_LABELS: Final = sorted((phrase for phrase in _LABELS if len(phrase.split()) >= 3), key=len, reverse=True)
_COLON = re.compile(r"^(?P<label>[^:：]{2,90}?)\s*[:：]\s*(?P<value>.*)$")


@dataclass(slots=True)
class LabelledEntry:
    values: dict[Label, str] = field(default_factory=dict[Label, str])
    rows: dict[Label, Row] = field(default_factory=dict[Label, Row])
    body: list[Row] = field(default_factory=list[Row])
    numbers: list[int] = field(default_factory=list[int])


def find_label(row: Row) -> tuple[Label, str] | None:
    """The label and the value of a row. The value is empty if it is on the rows below."""
    if len(row.cells) > 1 and (label := _LABELS.get(fold(row.cells[0]).strip(" :："))) is not None:
        return label, clean_value(" ".join(row.cells[1:]))
    colon = _COLON.match(row.text)
    if colon is not None and (label := _LABELS.get(fold(colon["label"]).strip(" -–•"))) is not None:
        return label, clean_value(colon["value"])
    if row.bullet:
        return None
    folded = fold(row.text)
    for phrase in _LONG_LABELS:
        if folded.startswith(f"{phrase} ") and len(folded) == len(row.text):
            return _LABELS[phrase], clean_value(row.text[len(phrase) :])
    first, _, rest = row.text.partition(" ")
    if _LABELS.get(fold(first)) == "period" and row.periods and row.text.find(rest) >= row.periods[0].span[0] - 8:
        return "period", clean_value(rest)
    return None


def read_labelled(rows: list[Row], needed: frozenset[Label]) -> list[LabelledEntry]:
    """The entries of labeled rows; empty unless at least two rows with a label of `needed` show this style."""
    labels = [None if _is_course_list(row) else find_label(row) for row in rows]
    if sum(1 for found in labels if found is not None and found[0] in needed and found[1]) < 2:
        return []
    entries: list[LabelledEntry] = []
    in_body = False
    # "03/2019 - 04/2021: Example Ltd" above "Position: Clerk": the row with the period starts each entry.
    first = next(index for index, found in enumerate(labels) if found is not None and found[0] in needed)
    headed = any(_head_period(row) and found is None for row, found in zip(rows[:first], labels, strict=False))
    said = {found[0] for found in labels if found is not None}
    unsaid: Label | None = next((label for label in _HEADED if label in needed and label not in said), None)
    for index, (row, found) in enumerate(zip(rows, labels, strict=True)):
        follows = labels[index + 1] if index + 1 < len(rows) else None
        above_position = follows is not None and follows[0] == "position" and unsaid == "employer" and not headed
        if found is None and above_position and is_header_like(row) and row.word_count <= 10 and not row.periods:
            entries.append(LabelledEntry(values={"employer": row.text}, rows={"employer": row}))
            entries[-1].numbers.extend(row.numbers)
            in_body = False
            continue
        if found is None and headed and _head_period(row):
            entries.append(LabelledEntry(rows={"period": row}, values={"period": row.text}, numbers=list(row.numbers)))
            if unsaid is not None and (rest := clean_value(row.undated)):
                entries[-1].values[unsaid] = rest
                entries[-1].rows[unsaid] = row
            in_body = False
            continue
        if found is None and headed and entries and unsaid is not None and _names(row, entries[-1], unsaid):
            entries[-1].values[unsaid] = row.text
            entries[-1].rows[unsaid] = row
            entries[-1].numbers.extend(row.numbers)
            continue
        if found is None:
            if entries and (in_body or row.bullet or len(row.text) > 40):
                entries[-1].body.append(row)
                entries[-1].numbers.extend(row.numbers)
            continue
        label, value = found
        in_body = label == "body"
        if not entries or (label != "body" and label in entries[-1].values):
            entries.append(LabelledEntry())
        entry = entries[-1]
        entry.numbers.extend(row.numbers)
        if label == "body":
            if value:
                entry.body.append(_only(row, value))
        elif value:
            entry.values[label] = value
            entry.rows[label] = row
    return entries


def _names(row: Row, entry: LabelledEntry, unsaid: Label) -> bool:
    """Whether the row below the period is the text without a label: "03.2016 - now", "Example Ltd", "Role: Clerk"."""
    fresh = set(entry.values) == {"period"} and not entry.body and unsaid not in entry.values
    return fresh and is_header_like(row) and row.word_count <= 10 and not row.periods


def _is_course_list(row: Row) -> bool:
    """Whether the row lists courses ("Course: Databases | Networks | Compilers") rather than a degree."""
    colon = _COLON.match(row.text)
    if colon is None or fold(colon["label"]).strip() not in {"course", "courses", "curso", "cursos"}:
        return False
    return row.bullet or "|" in colon["value"] or colon["value"].count(",") >= 2


def _head_period(row: Row) -> bool:
    if row.bullet and not (row.periods and row.periods[0].span[0] <= 1):
        return False
    return len(row.undated.split()) <= 9 and any(period.is_range for period in row.periods)


def _only(row: Row, text: str) -> Row:
    return replace(row, text=text, cells=(text,))

"""Whether a document is a resume: resumes are never rejected, other documents are."""

import pytest

from app.analysis.rules import Likelihood, parse_resume, resume_likelihood

from .documents import plain

OTHERS = {
    "recipe": """
Grandma's Lentil Soup
Serves 4. Prep time: 15 minutes, cook time 40 minutes
Ingredients
2 cups red lentils
1 onion, chopped
2 tbsp olive oil
1 tsp salt
Method
Heat the oil and fry the onion until soft.
Add the lentils and simmer for 30 minutes.
Season with salt and pepper and serve.
""",
    "recipe_de": """
Apfelkuchen vom Blech
Zutaten
250 g Mehl
125 g Butter
100 g Zucker
2 Eier
1 kg Äpfel
Zubereitung
Den Backofen auf 180 Grad vorheizen. Butter und Zucker verrühren, Eier zugeben.
Teig auf dem Blech verteilen und 40 Minuten backen.
""",
    "invoice": """
Brightwater Supplies Ltd
14 Canal Street, Leeds LS1 4AB
billing@brightwater.example.com  0113 496 0000
INVOICE
Invoice number: 2023-0417   Date: 12/04/2023   Due date: 12/05/2023
Bill to: Thomas Weatherby, Hollins & Partners LLP
Description Qty Unit price Amount
Copy paper A4 20 4.50 90.00
Toner cartridge 2 61.00 122.00
Subtotal 212.00
VAT 20% 42.40
Total due 254.40
Payment terms: 30 days. IBAN GB00 0000 0000 0000
""",
    "rechnung": """
Malerbetrieb Kurt Sandmann
Rechnung Nr. 4711 vom 03.05.2024
Kunde: Frau Henrike Stallmann, Kastanienallee 12, 04107 Leipzig
Pos. Menge Bezeichnung Einzelpreis Gesamt
1 24 h Malerarbeiten Wohnzimmer 48,00 € 1.152,00 €
Zwischensumme 1.152,00 €
MwSt. 19 % 218,88 €
Gesamtbetrag 1.370,88 €
Zahlbar innerhalb von 14 Tagen auf IBAN DE00 0000
""",
    "jobad": """
Senior Backend Engineer (m/f/d)
Parcelwise, Toronto
About us
We are looking for a Senior Backend Engineer to join our team.
Your responsibilities
Design and run services for label tracking.
Mentor junior engineers.
Requirements
5+ years of experience with Go or Python
Bachelor's degree in Computer Science or equivalent
What we offer
Competitive salary, health insurance and paid time off
Apply now: send your resume to jobs@parcelwise.example.com
Parcelwise is an equal opportunity employer.
""",
    "jobad_de": """
Wir suchen zum nächstmöglichen Zeitpunkt eine/n
Bilanzbuchhalter (m/w/d) in Leipzig
Ihre Aufgaben
Erstellung von Monats- und Jahresabschlüssen
Ihr Profil
Abgeschlossene kaufmännische Ausbildung, mehrjährige Berufserfahrung
Wir bieten
30 Tage Urlaub, flexible Arbeitszeiten
Bewerben Sie sich unter karriere@muldetal.example.de
""",
    "letter": """
Rosalind Achterberg
12 Pine Street, Denver, CO 80203
rosalind.achterberg@example.com

May 3, 2024

Dear Hiring Manager,

I am writing to apply for the position of Charge Nurse at Mile High Regional Hospital. With seven years of
experience in intensive care I am confident that I would be a strong addition to your team.
In my current role I care for critically ill patients and teach new graduates.
Thank you for considering my application. I look forward to hearing from you.

Sincerely,
Rosalind Achterberg
""",
    "letter_de": """
Henrike Stallmann, Kastanienallee 12, 04107 Leipzig
Muldetal Maschinenbau GmbH
Bewerbung als Leiterin Finanzbuchhaltung
Sehr geehrte Frau Brandt,
mit großem Interesse habe ich Ihre Anzeige gelesen und bewerbe mich um die Stelle.
Über eine Einladung zu einem Gespräch freue ich mich.
Mit freundlichen Grüßen
Henrike Stallmann
""",
    "article": """
Council approves new tram line after years of debate
By Marion Keller
Residents of the northern districts will get a tram by 2029, the city council decided on Tuesday.
"This is a good day for the city," said Mayor Jonas Feld after the vote. According to officials, the line
will cost 310 million euros and carry 40,000 passengers a day. Critics told this newspaper that the plan
ignores cyclists. The government announced last week that it would pay half of the costs.
The first construction work begins in spring. Police expect road closures, a spokesperson said.
""",
    "menu": """
Trattoria Bellavista
Starters
Bruschetta with tomatoes 6.50
Minestrone soup 7.20
Main courses
Grilled salmon with risotto 18.90
Chicken with roasted vegetables 16.50
Desserts
Tiramisu 6.90
Drinks
House wine 5.50
All prices include service charge. Vegetarian dishes on request.
""",
    "contract": """
LEASE AGREEMENT
This agreement is made between Anton Berger (the landlord) and Lucia Moreno (the tenant), hereinafter
referred to as the parties.
1. The landlord hereby leases the flat at 8 Mill Lane to the tenant from 1 May 2024 to 30 April 2026.
2. The rent shall be paid on the first of each month.
3. Termination. Either party may terminate this agreement with three months' notice.
4. Governing law. This agreement shall be governed by the law of England.
Signature: ______________
""",
    "story": """
The old lighthouse stood at the end of the pier. Every evening the keeper climbed the narrow stairs
and lit the lamp, and every morning he came down again to feed the gulls. Nobody in the village knew how
long he had been there. Some thought a hundred years. The children were afraid of him, but the fishermen
brought him bread and took the way past his door when the fog was thick.
""",
    "bank": """
Account statement
Account holder: Dwayne Pettigrew
Opening balance $1,200.45
04/02 Grocery store debit $54.10
04/05 Salary credit $2,100.00
Closing balance $3,246.35
""",
    "minutes": """
Minutes of the meeting of the parents' association
Attendees: A. Keller, B. Novak, C. Duarte
Agenda
Item 1: Summer party. The date was approved.
Item 2: Budget. The chair reported.
Next meeting: 4 June. The meeting was adjourned at 9 pm.
""",
    "paper": """
Tone sandhi in motion
F. Okonjo-Beck, University of Altmark
Abstract
We study tone sandhi in twelve languages. According to earlier work (Rasmussen et al. 2012) the effect is small.
1 Introduction
Table 1 shows the results. Figure 2 shows the difference between groups.
References
Rasmussen, L. (2012). Tones. doi:10.1000/xyz
""",
}

RESUMES = {
    "a student with next to nothing": """
Nadia Ferrante
nadia.ferrante@example.com
High school student, graduating 2026
Babysitting, lawn mowing, school choir
""",
    "a chef who writes of food": """
Iker Olabarri
Head chef
iker@example.com

Experience
Head Chef, Asador Zubi, 2018 - 2024
- Menu with grilled fish, risotto, soup and seasonal salads; oven, stock and sauces made from scratch
- Kept the cost of butter, eggs and flour down, recipes with ingredients and portions for 30 cooks
""",
    "an accountant who writes of invoices": """
Priyanka Raut
Accounts Payable Clerk
priyanka.raut@example.com

Employment
Accounts Payable Clerk, Monsoon Textiles Ltd, 2019 - present
- Processed 900 invoices a month, checked VAT, quantity and unit price, matched payment terms
- Reconciled bank statement, opening balance and closing balance, IBAN and SWIFT transfers
""",
    "a recruiter who writes advertisements": """
Oona Kallio
Recruiter
oona.kallio@example.fi

Work history
Senior Recruiter, Saimaa Talent Oy, 2016 - 2023
- Wrote every job description, requirements and what we offer; apply now pages; equal opportunity employer audits
""",
    "a lawyer who writes contracts": """
Anselm Thorvald
Attorney at law
anselm@thorvald.example.com

Professional Experience
Associate, Thorvald & Stein LLP, 2014 - 2021
- Drafted lease agreement and service agreement clauses: termination, liability, governing law
Education
Juris Doctor, Cedar State University, 2014
""",
    "one in a script without vocabulary": """
محمد الفارسي
مهندس مدني
البريد الإلكتروني example
الخبرة العملية في مشاريع الطرق والجسور لمدة عشر سنوات في عدة شركات كبيرة ومتوسطة داخل البلاد وخارجها
أعمل منذ عشر سنوات في تصميم الطرق والإشراف على التنفيذ وإدارة فرق العمل في المواقع المختلفة حول المدينة
""",
    "prose about a career": """
Tobias Wrenfield has worked as a set designer for film and theatre since 2009. He trained at the Northgate School of
Art and was head designer at the Lantern Theatre from 2014 to 2020. Contact: tobias@wrenfield.example.com
""",
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_kind_of_document_is_rejected(name: str) -> None:
    found = resume_likelihood(plain(OTHERS[name]))
    assert found.verdict is Likelihood.CLEARLY_NOT
    assert found.reason


@pytest.mark.parametrize("name", RESUMES)
def test_a_resume_is_never_rejected(name: str) -> None:
    assert resume_likelihood(plain(RESUMES[name])).verdict is not Likelihood.CLEARLY_NOT


@pytest.mark.parametrize("text", ["", "   ", "Page 1", "- 1 -"])
def test_a_document_with_almost_no_text_is_rejected(text: str) -> None:
    assert resume_likelihood(plain(text)).verdict is Likelihood.CLEARLY_NOT
    assert not parse_resume(plain(text)).is_resume


def test_a_rejected_document_yields_no_person() -> None:
    answer = parse_resume(plain(OTHERS["invoice"]))
    assert not answer.is_resume
    assert answer.person.name is None
    assert answer.work == []


def test_reasons_do_not_repeat_text_of_the_document() -> None:
    reason = resume_likelihood(plain(OTHERS["invoice"])).reason
    assert "Brightwater" not in reason
    assert "2023-0417" not in reason


def test_a_clear_resume_is_likely_a_resume() -> None:
    assert resume_likelihood(plain(RESUMES["a lawyer who writes contracts"])).verdict is Likelihood.LIKELY


def test_a_cover_letter_followed_by_a_resume_is_not_rejected() -> None:
    both = OTHERS["letter"] + "\n\n" + RESUMES["a lawyer who writes contracts"]
    assert resume_likelihood(plain(both)).verdict is not Likelihood.CLEARLY_NOT

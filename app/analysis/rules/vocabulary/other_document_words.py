"""Words of documents that are uploaded by mistake: invoices, recipes, job advertisements.

Used by `app.analysis.rules.likelihood`. Patterns are matched against folded text (lower case, without accents). A kind
counts if several of its patterns match.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class OtherKind:
    """`patterns` are (weight, pattern). More than `most_per_pattern` matches of one pattern do not count."""

    name: str
    patterns: tuple[tuple[float, re.Pattern[str]], ...]
    least_patterns: int = 3
    most_per_pattern: int = 4


def _kind(name: str, *patterns: tuple[float, str], least: int = 3) -> OtherKind:
    return OtherKind(name, tuple((weight, re.compile(pattern, re.MULTILINE)) for weight, pattern in patterns), least)


_PRICE = r"(?:[$€£¥]\s?\d{1,4}(?:[.,]\d\d)?|\d{1,4}[.,]\d\d\s?(?:€|eur|chf|usd|zl|kr|£|\$))"

KINDS: Final = (
    _kind(
        "a recipe",
        (
            1.6,
            (
                r"^\W*(?:ingredients|zutaten|ingredientes|ingredienti|ingredientes?|ingrediënten|"
                r"ingredienten|ingrediences|skladniki|材料|配料|食材)\b[^\w]*"
            ),
        ),
        (
            1.2,
            (
                r"^\W*(?:method|directions|instructions|preparation|zubereitung|preparacion|"
                r"preparazione|modo de preparo|preparo|bereiding|bereidingswijze|作り方|做法|步骤)\b\W*$"
            ),
        ),
        (
            0.9,
            (
                r"\b\d+(?:[.,/]\d+)?\s?(?:cups?|tbsp|tsp|teaspoons?|tablespoons?|ounces?|oz|g|gr|"
                r"gramm?|kg|ml|cl|dl|el|tl|essloffel|teeloffel|prisen?|cuilleres?|cucharadas?|"
                r"cucharaditas?|cucchiai|cucchiaini|colheres?|eetlepels?|theelepels?)\b"
            ),
        ),
        (
            1.0,
            (
                r"\b(?:preheat|oven|simmer|stir|whisk|knead|chop|sprinkle|bake for|backofen|"
                r"vorheizen|ruhren|prechauffer|four|melanger|horno|mezclar|mezcla|precalentar|"
                r"forno|mescolare|oven voor|roer)\b"
            ),
        ),
        (
            0.8,
            (
                r"\b(?:flour|butter|sugar|garlic|onions?|salt|pepper|eggs?|mehl|zucker|salz|"
                r"pfeffer|eier|zwiebeln?|farine|beurre|sucre|oeufs?|harina|azucar|mantequilla|"
                r"huevos?|farina|burro|zucchero|uova|cebolla|sal)\b"
            ),
        ),
        (
            0.9,
            (
                r"\b(?:serves\s+\d|servings?|portionen|personnes|porciones|raciones|porzioni|"
                r"porcoes|porties|prep(?:aration)? time|cook(?:ing)? time|kochzeit|garzeit|"
                r"temps de cuisson)\b"
            ),
        ),
    ),
    _kind(
        "an invoice or receipt",
        (
            1.8,
            (
                r"\b(?:invoice|rechnung|facture|factura|fattura|fatura|faktura|receipt|quittung|"
                r"kassenbon|recu|recibo|ricevuta|bill to|rechnungsnummer|rechnungsnr|"
                r"numero de facture)\b|发票|請求書|领収書|領収書|见积書"
            ),
        ),
        (
            1.0,
            (
                r"\b(?:subtotal|sub-total|total due|amount due|balance due|grand total|"
                r"zwischensumme|gesamtbetrag|rechnungsbetrag|total ttc|total ht|importe|"
                r"base imponible|totale|imponibile|totaal|summe|total)\b|合計|小計"
            ),
        ),
        (
            1.1,
            (
                r"\b(?:vat|mwst|ust|umsatzsteuer|tva|iva|btw|sales tax|tax id|ust-idnr|steuernummer|"
                r"gst|moms)\b|消費税"
            ),
        ),
        (
            1.0,
            (
                r"\b(?:qty|quantity|unit price|menge|einzelpreis|quantite|prix unitaire|cantidad|"
                r"precio unitario|quantita|prezzo unitario|aantal|stuckpreis|"
                r"description of goods)\b|数量|単価"
            ),
        ),
        (
            1.0,
            (
                r"\b(?:payment terms|due date|payable|zahlbar|zahlungsziel|fallig|faellig|"
                r"echeance|vencimiento|scadenza|iban|bic|swift|remit|bank transfer|kontonummer|"
                r"betaaltermijn)\b"
            ),
        ),
        (0.7, _PRICE),
    ),
    _kind(
        "a job advertisement",
        (
            1.5,
            (
                r"\b(?:we are (?:looking for|seeking|hiring)|we're (?:looking for|hiring|seeking)|"
                r"is (?:looking for|seeking|hiring) an?|join our team|wir suchen|suchen wir|"
                r"nous recherchons|nous recrutons|buscamos|se busca|cerchiamo|procuramos|buscamos|"
                r"wij zoeken|wij zijn op zoek|poszukujemy)\b|招聘|募集要項|诚聘"
            ),
        ),
        (
            1.3,
            (
                r"\b(?:what you(?:'ll| will) do|what we offer|we offer|your (?:role|"
                r"responsibilities|tasks|profile)|you will|you'll|you have|who you are|"
                r"about the (?:role|job|position|team|company)|about us|wir bieten|ihre aufgaben|"
                r"ihr profil|deine aufgaben|dein profil|das bieten wir|vos missions|votre profil|"
                r"nous offrons|ofrecemos|requisitos|offriamo|requisiti|oferecemos|wij bieden|"
                r"jouw profiel)\b|任职要求|岗位职责|応募資格|仕事内容"
            ),
        ),
        (
            1.3,
            (
                r"\b(?:apply (?:now|today|online|at|by|via|to)|to apply|how to apply|"
                r"send (?:us )?your (?:cv|resume|application)|submit your (?:cv|resume|"
                r"application)|bewerben sie sich|bewirb dich|ihre bewerbung|deine bewerbung|"
                r"postulez|envoyez votre (?:cv|candidature)|envia tu (?:cv|curriculum)|"
                r"inviare il (?:cv|curriculum)|envie seu curriculo|solliciteer)\b|应聘|投递简历"
            ),
        ),
        (
            1.3,
            (
                r"\b(?:equal opportunity employer|equal opportunities employer|"
                r"all qualified applicants|without regard to|reasonable accommodation|m/w/d|w/m/d|"
                r"h/f|f/h|salary range|competitive salary|benefits include|paid time off|"
                r"401\(?k\)?|health insurance|dental|stock options|annual leave)\b"
            ),
        ),
        (
            1.1,
            (
                r"\b(?:job description|job summary|job title|position summary|reports to|"
                r"minimum qualifications|preferred qualifications|basic qualifications|"
                r"required qualifications|qualifications required|the ideal candidate|"
                r"ideal candidate|successful candidate|the candidate|the successful applicant|"
                r"must have|nice to have|bonus points|stellenangebot|stellenbeschreibung|"
                r"offre d'emploi|oferta de empleo|offerta di lavoro|vacature|vaga)\b"
            ),
        ),
        (
            0.8,
            (
                r"\b(?:\d\+? (?:or more )?years of (?:\w+ ){0,4}experience|proven experience|"
                r"experience (?:with|in) .{2,40} is a plus|willingness to|ability to)\b"
            ),
        ),
    ),
    _kind(
        "a letter",
        (
            2.0,
            (
                r"^(?:dear |sehr geehrte|liebe[rs]? |madame, monsieur|monsieur,|madame,|cher |"
                r"chere |estimad[oa]s? |muy senor|gentile |gentili |egregio |spett\.?|"
                r"prezad[oa]s? |caro |beste |geachte |szanown|to whom it may concern|hej |kare |"
                r"拝啓|尊敬的|уважаем)"
            ),
        ),
        (
            1.8,
            (
                r"^(?:yours (?:sincerely|faithfully|truly)|sincerely(?: yours)?|kind regards|"
                r"best regards|warm regards|regards|respectfully|mit freundlichen gru(?:ss|sen|"
                r"ssen)|mit besten gru|freundliche gru|viele gru|cordialement|bien cordialement|"
                r"veuillez agreer|je vous prie|atentamente|un cordial saludo|saludos cordiales|"
                r"cordiali saluti|distinti saluti|atenciosamente|com os melhores cumprimentos|"
                r"met vriendelijke groet|hoogachtend|z powazaniem|с уважением|敬具|此致)"
            ),
        ),
        (
            1.0,
            (
                r"\b(?:i am writing to|i would like to apply|i am applying|"
                r"please find (?:attached|enclosed)|enclosed (?:is|please)|hiermit bewerbe|"
                r"bewerbe ich mich|mit grossem interesse|je me permets|je vous adresse|"
                r"me dirijo a|le escribo|con la presente|venho por este meio|hierbij solliciteer|"
                r"thank you for (?:your|considering)|i look forward to|uber eine einladung|"
                r"dans l'attente|quedo a su disposicion|in attesa di)\b"
            ),
        ),
        (
            0.8,
            (
                r"\b(?:subject|betreff|objet|asunto|oggetto|assunto|betreft|re)\s?:|"
                r"\bapplication for (?:the )?position\b|\bbewerbung als\b"
            ),
        ),
        least=2,
    ),
    _kind(
        "a contract",
        (
            1.6,
            (
                r"\b(?:this agreement|the agreement|lease agreement|service agreement|"
                r"the contract|vertrag|mietvertrag|arbeitsvertrag|kaufvertrag|le present contrat|"
                r"contrat|contrato|contratto|overeenkomst|umowa)\b|契約書|合同"
            ),
        ),
        (
            1.5,
            (
                r"\b(?:hereby|hereinafter|whereas|herein|thereof|hereto|nachfolgend|im folgenden|"
                r"ci-apres|en adelante|di seguito|doravante|hierna)\b"
            ),
        ),
        (
            1.2,
            (
                r"\b(?:the parties|both parties|party a|party b|the landlord|the tenant|"
                r"the lessee|the lessor|the licensor|the supplier|vertragsparteien|vermieter|"
                r"mieter|auftragnehmer|auftraggeber|arbeitnehmer|les parties|le bailleur|"
                r"le locataire|las partes|el arrendador|le parti|as partes|partijen)\b"
            ),
        ),
        (
            1.2,
            (
                r"\b(?:shall be|shall not|governing law|governed by|termination|terminate|"
                r"liability|indemnif\w+|in witness whereof|kundigung|haftung|gerichtsstand|"
                r"resiliation|clausula|clause|section \d|§\s?\d|article \d|articulo \d|"
                r"articolo \d)\b"
            ),
        ),
        (1.0, r"\b(?:signature|signed by|unterschrift|date of signature|firma)\b\s*:?\s*_{3,}|_{8,}"),
    ),
    _kind(
        "a menu",
        (
            1.4,
            (
                r"^\W*(?:starters|appetizers|main courses?|mains|desserts?|sides|beverages|drinks|"
                r"salads|soups|vorspeisen|hauptgerichte|nachspeisen|desserts|getranke|beilagen|"
                r"entrees|plats|boissons|entrantes|platos principales|postres|bebidas|antipasti|"
                r"primi|secondi|contorni|dolci|bevande|entradas|pratos|sobremesas|voorgerechten|"
                r"hoofdgerechten|nagerechten|前菜|主菜|甜点|饮料)\b\W*$"
            ),
        ),
        (1.2, rf"^.{{3,70}}\s\.*\s*(?:{_PRICE}|\d{{1,3}}[.,]\d\d)\s*$"),
        (
            0.8,
            (
                r"\b(?:grilled|roasted|braised|fried|soup|salad|cheese|chicken|beef|salmon|pasta|"
                r"risotto|gegrillt|gebraten|suppe|salat|kase|poulet|boeuf|saumon|fromage|pollo|"
                r"queso|ensalada|sopa|formaggio|insalata|pesce|served with|mit .{3,20}sauce)\b"
            ),
        ),
        (
            0.9,
            (
                r"\b(?:menu|speisekarte|carte|carta|ristorante|restaurant|bistro|vegetarian|vegan|"
                r"allergens|allergene|gluten[- ]free|service charge|reservations?)\b"
            ),
        ),
    ),
    _kind(
        "an article",
        (
            1.1,
            (
                r"\b(?:said|says|told|according to|reported|announced|sagte|teilte mit|erklarte|"
                r"a declare|selon|dijo|segun|ha detto|secondo|disse|zei|volgens)\b"
            ),
        ),
        (
            1.0,
            (
                r"\b(?:by [a-z]+ [a-z]+,? (?:staff|correspondent|reporter)|published|updated|"
                r"read more|share this|subscribe|newsletter|breaking news|reuters|"
                r"associated press|\(ap\)|dpa|afp|weiterlesen|lire la suite|leer mas|abstract|"
                r"introduction\n|et al\.|references\n|figure \d|table \d|doi:)\b"
            ),
        ),
        (
            1.0,
            (
                r"\b(?:yesterday|on (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)|"
                r"last (?:week|month|year)|this week|gestern|am (?:montag|dienstag|mittwoch|"
                r"donnerstag|freitag|samstag|sonntag)|hier|mardi|ayer|el lunes|ieri)\b"
            ),
        ),
        (
            0.9,
            (
                r"\b(?:residents|officials|government|minister|president|police|council|"
                r"spokesperson|percent|per cent|voters|investors|scientists|burger|regierung|"
                r"polizei|gouvernement|gobierno|governo)\b"
            ),
        ),
    ),
    _kind(
        "a bank statement, ticket or form",
        (
            1.4,
            (
                r"\b(?:account statement|bank statement|kontoauszug|releve de compte|"
                r"extracto bancario|estratto conto|boarding pass|e-ticket|booking reference|"
                r"reservation number|buchungsnummer|order confirmation|bestellbestatigung|"
                r"tracking number|delivery note|lieferschein|packing slip)\b"
            ),
        ),
        (
            1.0,
            (
                r"\b(?:opening balance|closing balance|debit|credit|kontostand|saldo|solde|"
                r"departure|arrival|gate|seat|passenger|abfahrt|ankunft|sitzplatz|"
                r"shipping address|lieferadresse|order number|bestellnummer)\b"
            ),
        ),
        (0.7, _PRICE),
    ),
    _kind(
        "a manual or terms",
        (
            1.4,
            (
                r"\b(?:terms (?:and conditions|of service|of use)|privacy policy|user manual|"
                r"user guide|instruction manual|warranty|bedienungsanleitung|nutzungsbedingungen|"
                r"datenschutzerklarung|allgemeine geschaftsbedingungen|conditions generales|"
                r"mode d'emploi|terminos y condiciones|manual de usuario|safety instructions)\b"
            ),
        ),
        (
            1.0,
            (
                r"\b(?:caution|warning|do not|make sure|press the|turn (?:on|off)|step \d|click|"
                r"select the|figure \d|troubleshooting|achtung|hinweis|drucken sie|avertissement|"
                r"appuyez|advertencia)\b"
            ),
        ),
        (
            0.9,
            (
                r"\b(?:we may|you agree|your (?:personal )?(?:data|information|device|product)|"
                r"the user|third parties|cookies|der nutzer|l'utilisateur|el usuario)\b"
            ),
        ),
    ),
    _kind(
        "minutes or a report",
        (
            1.4,
            (
                r"\b(?:minutes of (?:the )?meeting|meeting minutes|agenda|attendees|"
                r"apologies for absence|action items|protokoll der|tagesordnung|anwesend|"
                r"proces-verbal|ordre du jour|acta de la reunion|verbale)\b"
            ),
        ),
        (
            1.0,
            (
                r"\b(?:the meeting|motion|approved|adjourned|next meeting|quarterly report|"
                r"executive summary|fiscal year|revenue|net income|shareholders|sitzung|beschluss|"
                r"geschaftsjahr|umsatz)\b"
            ),
        ),
        (0.7, r"\b(?:q[1-4]|top \d|item \d|decision|chair(?:ed)? by)\b"),
    ),
)

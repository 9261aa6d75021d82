"""The words that resumes use in dates, by language; used only by `app.analysis.normalise.dates`.

All are folded (`app.analysis.folding.fold`): lower case, without accents. Inflected forms are listed because Slavic
languages and Finnish inflect the month in a date.
"""

# Twelve groups per language, January first; the words of one month are separated by spaces.
MONTHS: dict[str, tuple[str, ...]] = {
    "en": (
        "january jan", "february feb", "march mar", "april apr", "may", "june jun",
        "july jul", "august aug", "september sept sep", "october oct", "november nov", "december dec",
    ),
    "de": (
        "januar janner jan jaen", "februar feber feb", "marz maerz mrz mar", "april apr", "mai", "juni jun",
        "juli jul", "august aug", "september sept sep", "oktober okt", "november nov", "dezember dez",
    ),
    "fr": (
        "janvier janv jan", "fevrier fevr fev", "mars", "avril avr", "mai", "juin",
        "juillet juil", "aout", "septembre sept", "octobre oct", "novembre nov", "decembre dec",
    ),
    "es": (
        "enero ene", "febrero feb", "marzo mar", "abril abr", "mayo may", "junio jun",
        "julio jul", "agosto ago", "septiembre setiembre sept sep", "octubre oct", "noviembre nov", "diciembre dic",
    ),
    "it": (
        "gennaio genn gen", "febbraio febbr feb", "marzo mar", "aprile apr", "maggio magg mag", "giugno giu",
        "luglio lug", "agosto ago", "settembre sett set", "ottobre ott", "novembre nov", "dicembre dic",
    ),
    "pt": (
        "janeiro jan", "fevereiro fev", "marco mar", "abril abr", "maio mai", "junho jun",
        "julho jul", "agosto ago", "setembro set", "outubro out", "novembro nov", "dezembro dez",
    ),
    "nl": (
        "januari jan", "februari feb", "maart mrt", "april apr", "mei", "juni jun",
        "juli jul", "augustus aug", "september sept sep", "oktober okt", "november nov", "december dec",
    ),
    "pl": (
        "styczen stycznia styczniu sty", "luty lutego lutym lut", "marzec marca marcu mar",
        "kwiecien kwietnia kwietniu kwi kwie", "maj maja maju", "czerwiec czerwca czerwcu cze",
        "lipiec lipca lipcu lip", "sierpien sierpnia sierpniu sie", "wrzesien wrzesnia wrzesniu wrz",
        "pazdziernik pazdziernika pazdzierniku paz", "listopad listopada listopadzie lis",
        "grudzien grudnia grudniu gru",
    ),
    "sv": (
        "januari jan", "februari feb", "mars mar", "april apr", "maj", "juni jun",
        "juli jul", "augusti aug", "september sept sep", "oktober okt", "november nov", "december dec",
    ),
    "da": (
        "januar jan", "februar feb", "marts mar", "april apr", "maj", "juni jun",
        "juli jul", "august aug", "september sept sep", "oktober okt", "november nov", "december dec",
    ),
    "no": (
        "januar jan", "februar feb", "mars mar", "april apr", "mai", "juni jun",
        "juli jul", "august aug", "september sept sep", "oktober okt", "november nov", "desember des",
    ),
    "fi": (
        "tammikuu tammikuuta tammikuussa tammikuun tammi", "helmikuu helmikuuta helmikuussa helmikuun helmi",
        "maaliskuu maaliskuuta maaliskuussa maaliskuun maalis", "huhtikuu huhtikuuta huhtikuussa huhtikuun huhti",
        "toukokuu toukokuuta toukokuussa toukokuun touko", "kesakuu kesakuuta kesakuussa kesakuun kesa",
        "heinakuu heinakuuta heinakuussa heinakuun heina", "elokuu elokuuta elokuussa elokuun elo",
        "syyskuu syyskuuta syyskuussa syyskuun syys", "lokakuu lokakuuta lokakuussa lokakuun loka",
        "marraskuu marraskuuta marraskuussa marraskuun marras",
        "joulukuu joulukuuta joulukuussa joulukuun joulu",
    ),
    "cs": (
        "leden ledna lednu led", "unor unora unoru uno", "brezen brezna breznu bre", "duben dubna dubnu dub",
        "kveten kvetna kvetnu kve", "cerven cervna cervnu cvn", "cervenec cervence cervenci cvc",
        "srpen srpna srpnu srp", "zari zar", "rijen rijna rijnu rij", "listopad listopadu lis",
        "prosinec prosince prosinci pro",
    ),
    "tr": (
        "ocak oca", "subat sub", "mart mar", "nisan nis", "mayis may", "haziran haz",
        "temmuz tem", "agustos agu", "eylul eyl", "ekim eki", "kasim kas", "aralik ara",
    ),
    "ru": (
        "январь января январе янв", "февраль февраля феврале февр фев", "март марта марте мар",
        "апрель апреля апреле апр", "маи мая мае", "июнь июня июне июн", "июль июля июле июл",
        "август августа августе авг", "сентябрь сентября сентябре сент сен",
        "октябрь октября октябре окт", "ноябрь ноября ноябре нояб ноя", "декабрь декабря декабре дек",
    ),
    "uk": (
        "січень січня січні січ", "лютии лютого лютому лют", "березень березня березні бер",
        "квітень квітня квітні квіт кві", "травень травня травні трав тра", "червень червня червні черв чер",
        "липень липня липні лип", "серпень серпня серпні серп сер", "вересень вересня вересні вер",
        "жовтень жовтня жовтні жовт жов", "листопад листопада листопаді лист лис", "грудень грудня грудні груд гру",
    ),
    "ro": (
        "ianuarie ian", "februarie feb", "martie mar", "aprilie apr", "mai", "iunie iun",
        "iulie iul", "august aug", "septembrie sept", "octombrie oct", "noiembrie nov noi", "decembrie dec",
    ),
    "hu": (
        "januar jan", "februar febr feb", "marcius marc", "aprilis apr", "majus maj", "junius jun",
        "julius jul", "augusztus aug", "szeptember szept", "oktober okt", "november nov", "december dec",
    ),
    "el": (
        "ιανουαριος ιανουαριου ιαν", "φεβρουαριος φεβρουαριου φεβ", "μαρτιος μαρτιου μαρ", "απριλιος απριλιου απρ",
        "μαιος μαιου μαι", "ιουνιος ιουνιου ιουν", "ιουλιος ιουλιου ιουλ", "αυγουστος αυγουστου αυγ",
        "σεπτεμβριος σεπτεμβριου σεπ σεπτ", "οκτωβριος οκτωβριου οκτ", "νοεμβριος νοεμβριου νοε",
        "δεκεμβριος δεκεμβριου δεκ",
    ),
    "he": (
        "ינואר", "פברואר", "מרץ מרס", "אפריל", "מאי", "יוני", "יולי", "אוגוסט", "ספטמבר", "אוקטובר", "נובמבר", "דצמבר",
    ),
    "bg": (
        "януари ян", "февруари", "март", "април", "маи", "юни", "юли", "август", "септември", "октомври", "ноември",
        "декември",
    ),
    "hr": (
        "sijecanj sijecnja", "veljaca veljace", "ozujak ozujka", "travanj travnja", "svibanj svibnja", "lipanj lipnja",
        "srpanj srpnja", "kolovoz kolovoza", "rujan rujna", "listopad listopada", "studeni studenog studenoga",
        "prosinac prosinca",
    ),
    # Croatian months also appear in Bosnian and Serbian texts. "listopad" is October there, November in Polish.
    "sr": (
        "januar", "februar", "mart", "april", "maj", "jun", "jul", "avgust", "septembar",
        "oktobar listopad listopada", "novembar", "decembar",
    ),
    "bs": (
        "januar", "februar", "mart", "april", "maj", "juni jun", "juli jul", "august", "septembar",
        "oktobar listopad listopada", "novembar", "decembar",
    ),
    "id": (
        "januari", "februari", "maret", "april", "mei", "juni", "juli", "agustus", "september", "oktober", "november",
        "desember",
    ),
    "ar": (
        "يناير كانون-الثاني", "فبراير شباط", "مارس اذار", "ابريل أبريل نيسان", "مايو ايار", "يونيو حزيران",
        "يوليو تموز", "اغسطس أغسطس اب", "سبتمبر ايلول", "اكتوبر أكتوبر تشرين-الاول", "نوفمبر تشرين-الثاني",
        "ديسمبر كانون-الاول",
    ),
}  # fmt: skip

# Month abbreviations that are ordinary words in other languages ("led 2019 migration", "set 2019 targets"). They count
# only with a dot or in a text of their own language.
RISKY_MONTHS = frozenset(
    {"led", "out", "set", "ago", "pro", "gen", "lis", "des", "ara", "elo", "paz", "gru", "tem", "cze"}
)

# Each of these ends a period at "now".
ONGOING = (
    "present", "now", "current", "currently", "today", "ongoing", "to date", "till date", "present day",
    "heute", "jetzt", "aktuell", "laufend", "derzeit", "gegenwartig", "dato",
    "aujourd'hui", "present", "actuel", "actuelle", "actuellement", "en cours", "a ce jour", "ce jour",
    "actualidad", "la actualidad", "actual", "actualmente", "presente", "hoy", "la fecha", "en curso",
    "oggi", "attuale", "attualmente", "in corso", "ad oggi",
    "atual", "atualmente", "ate a data", "ate ao presente", "ao presente",
    "hoje", "o momento", "momento", "em andamento", "ate o momento",
    "heden", "nu", "vandaag", "huidig",
    "obecnie", "teraz", "dzis", "chwili obecnej", "nadal",
    "nuvarande", "pagaende", "idag", "i dag", "nuvaerende", "nutid", "naa", "na", "d.d.", "dd.", "pagaende",
    "nykyinen", "nyt", "nykyhetki", "jatkuu", "toistaiseksi",
    "soucasnost", "soucasnosti", "dosud", "dnes", "nyni",
    "halen", "devam", "devam ediyor", "gunumuz", "bugun", "simdi", "su an",
    "настоящее время", "наст. время", "н.в.", "н. в.", "сеичас", "наст. вр.", "текущее время",
    "теперішніи час", "дотепер", "зараз", "нині", "сьогодні", "досі",
    "至今", "现在", "現在", "今", "目前", "迄今", "今日", "現職", "在職中", "在籍中", "在学中",
    "현재", "재직중", "재직 중", "재학중", "재학 중",
    "prezent", "in prezent", "pana in prezent", "jelenleg", "jelen", "napjainkig", "σημερα", "παρον", "τωρα",
    "היום", "כיום", "הווה", "נוכחי", "в момента", "сега", "настоящем", "danas", "trenutno", "sadasnjost", "sucasnost",
    "doteraz", "sekarang", "saat ini", "hien tai", "nay",
    "الان", "الآن", "حاليا", "حتى الان", "حتى الآن", "الحاضر", "اليوم",
)  # fmt: skip

# Comes before a date to open a period that lasts until now.
SINCE = (
    "since", "seit", "depuis", "depuis le", "desde", "dal", "sinds", "sedan", "siden", "since the", "ab",
    "от", "з", "від", "с", "od", "a partir de", "alkaen", "自",
)  # fmt: skip
# These also open a closed period ("desde 2015 hasta 2018"); without an end date they mean "until now".

# Comes before a date to close a period.
UNTIL = (
    "until", "till", "til", "up to", "bis", "jusqu'a", "jusqu'en", "jusqu'au", "hasta", "fino al", "fino a", "ate",
    "tot", "t/m", "do", "asti", "saakka", "по", "до", "直到",
)  # fmt: skip

# Comes between the two dates of a period, as dashes do. The short words are safe only because both sides are dates.
BETWEEN = (
    *UNTIL, "to", "through", "thru", "and", "und", "bis zum", "bis heute", "a", "au", "al", "et", "y", "e",
    "aan", "tom", "t.o.m.",
    "tot en met", "i", "az do", "aż do", "a la", "до", "по", "至", "到", "から", "부터", "الى", "إلى", "حتى",
)  # fmt: skip

# Comes before the first date of a period and adds no meaning.
FROM = (
    "from", "von", "vom", "between", "zwischen", "de", "du", "del", "dal", "da", "entre", "van", "fra",
    "fran", "od", "с", "з",
    "від", "自", "من", "ca.", "expected", "expected in", "voraussichtlich", "approx.", "anticipated",
)  # fmt: skip

# Parts of the year other than months: only the year is kept.
SEASONS = (
    "spring", "summer", "autumn", "fall", "winter", "fruhjahr", "fruhling", "sommer", "herbst",
    "printemps", "ete", "automne",
    "hiver", "primavera", "verano", "otono", "invierno", "estate", "autunno", "inverno", "verao", "outono",
    "lente", "zomer",
    "herfst", "wiosna", "lato", "jesien", "zima", "var", "sommar", "host", "vinter", "forar", "efterar",
    "kevat", "syksy",
    "talvi", "jaro", "leto", "podzim", "весна", "лето", "осень", "зима", "літо", "осінь",
    "wintersemester", "sommersemester", "ws", "ss", "wise", "sose",
    "q1", "q2", "q3", "q4", "h1", "h2", "t1", "t2", "t3", "t4", "1q", "2q", "3q", "4q",
    "春", "夏", "秋", "冬", "early", "mid", "late", "anfang", "mitte", "ende", "debut", "fin", "inicio", "finales",
)  # fmt: skip

# Japanese and Taiwanese eras: year 1 of the era is this year plus 1.
ERAS = {"明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018, "民國": 1911, "民国": 1911}

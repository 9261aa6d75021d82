"""Names of spoken languages and words for proficiency.

Used by the language and skills parsers of `app.analysis.rules.sections`. All are folded
(`app.analysis.rules.phrases.spelling.fold`): lower case, without accents.
"""

from typing import Final

from app.analysis.rules.phrases.spelling import phrase_set, word_list, word_set

LANGUAGE_NAMES: Final = word_set("""
    english german french spanish italian portuguese dutch polish russian ukrainian czech slovak
    hungarian romanian bulgarian greek turkish arabic hebrew persian farsi urdu hindi bengali punjabi
    gujarati marathi tamil telugu kannada malayalam nepali sinhala thai vietnamese indonesian malay
    tagalog filipino mandarin chinese cantonese japanese korean swedish norwegian danish finnish
    icelandic estonian latvian lithuanian serbian croatian bosnian slovenian slovene macedonian albanian
    georgian armenian azerbaijani kazakh uzbek mongolian swahili yoruba igbo hausa zulu xhosa amharic
    somali afrikaans catalan basque galician welsh irish gaelic scottish latin esperanto luxembourgish
    maltese belarusian kurdish occitan corsican frisian sardinian sicilian romani kashubian silesian
    sepedi setswana sesotho isizulu isixhosa sotho tswana venda tsonga ndebele ewe fante akan fula
    bambara kikuyu luo oromo tigrinya malagasy maori samoan hawaiian tongan fijian konkani odia oriya
    assamese maithili sindhi kashmiri bhojpuri santali sanskrit cebuano ilocano hokkien teochew hakka
    shanghainese taiwanese tatar bashkir chechen kyrgyz tajik turkmen yiddish ladino aramaic berber
    tamazight papiamento quechua aymara guarani nahuatl gebardensprache okzitanisch occitan corse
    alsacien pashto dari burmese khmer lao javanese haitian creole wolof lingala twi shona kinyarwanda
    tibetan uyghur asl bsl deutsch englisch franzosisch spanisch italienisch portugiesisch
    niederlandisch polnisch russisch ukrainisch tschechisch slowakisch ungarisch rumanisch bulgarisch
    griechisch turkisch arabisch hebraisch persisch chinesisch mandarin japanisch koreanisch schwedisch
    norwegisch danisch finnisch kroatisch serbisch bosnisch slowenisch albanisch vietnamesisch latein
    hindi kurdisch anglais allemand francais espagnol italien portugais neerlandais polonais russe
    ukrainien tcheque hongrois roumain bulgare grec turc arabe hebreu persan chinois japonais coreen
    suedois norvegien danois finnois vietnamien catalan breton berbere kabyle ingles aleman frances
    espanol castellano italiano portugues neerlandes holandes polaco ruso ucraniano checo hungaro rumano
    bulgaro griego turco arabe hebreo chino japones coreano sueco noruego danes finlandes catalan
    euskera gallego valenciano inglese tedesco francese spagnolo portoghese olandese polacco russo
    ucraino ceco ungherese rumeno bulgaro greco turco arabo ebraico cinese giapponese coreano svedese
    norvegese danese finlandese albanese alemao espanhol italiano holandes polones russo chines japones
    mandarim arabe hebraico engels duits frans spaans italiaans portugees nederlands pools russisch
    turks arabisch chinees japans fries angielski niemiecki francuski hiszpanski wloski rosyjski polski
    ukrainski czeski chinski japonski engelska tyska franska spanska svenska norska danska finska
    engelsk tysk fransk spansk svensk norsk dansk englanti saksa ranska espanja ruotsi suomi ingilizce
    almanca fransizca ispanyolca italyanca rusca arapca turkce cince japonca английский немецкий
    французский испанский итальянский русский украинский китайский японский турецкий польский англійська
    німецька українська французька російська польська anglictina nemcina francouzstina cestina
    slovenstina rustina angol nemet francia magyar engleza germana franceza romana
    العربية عربي الإنجليزية الانجليزية انجليزي الفرنسية الألمانية الالمانية الإسبانية الاسبانية التركية
    الروسية الصينية الإيطالية الايطالية الفارسية الأردية الاردية الهندية اليابانية الكردية العبرية עברית
    אנגלית ערבית צרפתית ספרדית גרמנית רוסית איטלקית אמהרית יידיש סינית יפנית פורטוגזית רומנית ελληνικα
    αγγλικα γαλλικα γερμανικα ισπανικα ιταλικα ρωσικα dansk engelsk tysk fransk svenska engelska norska
    spanska finska nederlands fries engels duits frans tschechisch sorbisch nemecky anglicky angol nemet
    spanyol olasz orosz franceza germana italiana maghiara немецкий французский испанский русский
    английский польский китайский татарский башкирский suomi ruotsi englanti saksa viro turkce ingilizce
    almanca tieng bahasa inggris
    """)
CJK_LANGUAGES: Final = word_list("""
    英语 英文 汉语 中文 普通话 粤语 日语 日文 法语 德语 西班牙语 俄语 韩语 意大利语 葡萄牙语 阿拉伯语
    英語 中国語 日本語 フランス語 ドイツ語 スペイン語 韓国語 イタリア語 ポルトガル語 ロシア語 國語 國文
    粵語 영어 한국어 일본어 중국어 독일어 프랑스어 스페인어
    """)

FLUENCY_WORDS: Final = word_set("""
    native mother tongue bilingual fluent proficient proficiency professional working full limited
    elementary intermediate advanced basic basics beginner conversational upper-intermediate
    pre-intermediate upper lower business excellent good very fair near-native nativelike competent
    level expert a1 a2 b1 b2 c1 c2 a1/a2 a2/b1 b1/b2 b2/c1 c1/c2 toefl ielts dele delf dalf toeic jlpt
    n1 n2 n3 n4 n5 hsk first second language speaker reading writing speaking spoken written and in
    general muttersprache muttersprachler muttersprachlich fliessend verhandlungssicher sehr gut gute
    gutes kenntnisse grundkenntnisse fortgeschritten konversationssicher konversation wort schrift und
    erstsprache zweitsprache niveau grundlagen mittelstufe schulkenntnisse basiskenntnisse langue
    maternelle courant couramment bilingue intermediaire notions scolaire debutant avance professionnel
    lu ecrit parle bon maternelle technique bonne maitrise operationnel lengua materna nativo nativa
    fluido alto medio bajo basico intermedio avanzado nivel bilingue hablado escrito competencia
    profesional conversacional muy bueno principiante madrelingua fluente ottimo buono buona scolastico
    scolastica base avanzato intermedio livello conoscenza parlato scritto discreto elementare nativa
    fluente avancado intermediario basico materna lingua nivel avancada moedertaal vloeiend goed
    redelijk basiskennis uitstekend gevorderd tweetalig ojczysty biegly zaawansowany sredniozaawansowany
    podstawowy komunikatywny modersmal flytande grundlaggande morsmal flytende modersprog ana dil anadil
    ileri orta baslangic akici родной свободно разговорный базовый продвинутый средний свободный уровень
    اللغة الأم الام ممتاز ممتازة جيد جيدة جدا متوسط متوسطة مبتدئ طلاقة بطلاقة إجادة تامة أصلية שפת אם
    רמה גבוהה טובה מאוד בינונית בסיסית שוטפת דיבור קריאה וכתיבה μητρικη αριστα πολυ καλα καλα βασικα
    modersmal modersmål flydende flytande god rimelig rejestr reading język jezyk moedertaal goed
    redelijk matig anyanyelv felsofok kozepfok alapfok nativ avansat mediu incepator родной свободный
    базовый средний продвинутый разговорный aidinkieli sujuva hyva tyydyttava alkeet dobry dobra
    zakladni pokrocily rodily cok iyi
    """)
CJK_FLUENCY: Final = word_list("""
    母语 母語 流利 熟练 精通 良好 一般 ネイティブ ビジネス 日常会話 初級 中級 上級 堪能 원어민 유창 CET
    TOEIC 四级 六级 级 級
    """)

SKILL_LEVELS: Final = phrase_set("""
    advanced|intermediate|beginner|expert|novice|basic|proficient|master|competent|familiar|fluent|
    professional|
    good|very good|excellent|skilled|experienced|working knowledge|basic knowledge|expert level|strong|
    elementary|
    experte|fortgeschritten|grundkenntnisse|sehr gut|gut|sehr gute kenntnisse|gute kenntnisse|anfanger|
    profi|grundlagen|mittel|
    basiskenntnisse|avance|debutant|intermediaire|confirme|bon niveau|notions|maitrise|courant|
    avanzado|intermedio|basico|principiante|experto|alto|medio|bajo|nivel medio|nivel alto|
    nivel avanzado|
    avanzato|base|buono|ottimo|esperto|avancado|intermediario|gevorderd|goed|
    uitstekend|basis|精通|熟练|熟悉|了解|掌握|上級|中級|初級
    """)

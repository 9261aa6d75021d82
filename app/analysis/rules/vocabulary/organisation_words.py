"""Words and endings that identify a company or a school; used by `app.analysis.rules.phrases.organisations`.

Latin words are folded (`app.analysis.rules.phrases.spelling.fold`): lower case, without accents.
"""

from typing import Final

from app.analysis.rules.phrases.spelling import word_list, word_set

# Legal forms are at the end of a company's name and belong to it even after a comma ("Acme, Inc.").
LEGAL_FORMS: Final = word_set("""
    inc inc. incorporated llc l.l.c llp lp ltd ltd. limited corp corp. corporation co co. company plc
    pllc pc gmbh ag kg kgaa ug ohg gbr se e.v ev eg mbh gmbh&co s.a sa s.a.s sas sarl s.a.r.l eurl sasu
    sci snc s.l sl s.l.u slu s.a.u s.p.a spa s.r.l srl s.n.c s.a.s. sapa coop lda ltda ltda. eireli s/a
    me epp bv b.v nv n.v vof cv ab oy oyj as asa aps a/s sp z.o.o zoo s.r.o sro a.s kft zrt rt doo d.o.o
    dd ooo ooд оао зао ооо пао ип pty pvt pte sdn bhd kk k.k a.ş a.s. ltd.sti sti
    """)

COMPANY_WORDS: Final = word_set("""
    company companies group holding holdings solutions systems technologies technology tech labs lab
    laboratory laboratories studio studios agency partners associates consulting consultants advisors advisory bank
    banking insurance financial finance capital ventures investments industries enterprises enterprise
    services service international global networks network media publishing press publishers magazine
    newspaper times hospital clinic medical healthcare health care pharmacy pharma pharmaceuticals
    biotech hotel hotels restaurant cafe bistro bakery kitchen market supermarket store stores shop
    retail outlet boutique foods food airlines airways logistics transport shipping freight express
    motors automotive energy power electric electronics semiconductor software games entertainment
    pictures films records music theater theatre museum gallery library foundation trust charity society
    association institute council ministry department bureau office government army navy police embassy
    commission authority federation union church parish school schools academy kindergarten university
    college center centre startup properties realty estate construction builders engineering works mills
    factory manufacturing products brands fashion farms farm gardens nursery spa gym fitness club resort
    casino airport railway railways stadium nonprofit ngo ngos cooperative co-op exchange analytics
    robotics aerospace airbus interactive digital dynamics innovations creations communications telecom
    mobile wireless cloud gesellschaft werke werk klinikum klinik krankenhaus universitatsklinikum
    praxis arztpraxis kanzlei versicherung versicherungen sparkasse volksbank stadtwerke stadt landkreis
    gemeinde bundesamt landesamt ministerium verwaltung verein stiftung verband verlag zeitung handwerk
    autohaus baumarkt apotheke pflegeheim seniorenheim seniorenzentrum altenheim kindertagesstatte kita
    schule gymnasium grundschule realschule hochschule universitat institut fraunhofer
    max-planck-institut unternehmen unternehmensgruppe gruppe konzern spedition backerei metzgerei
    gasthof gaststatte hotellerie steuerburo ingenieurburo architekturburo agentur buro handels
    vertriebs maschinenbau elektrotechnik bau societe entreprise groupe cabinet banque assurances
    assurance hopital clinique chu pharmacie mairie ministere prefecture conseil association agence
    boulangerie magasin supermarche ecole lycee universite etablissements ets usine laboratoire editions
    empresa grupo banco seguros clinica farmacia ayuntamiento ministerio fundacion asociacion agencia
    gobierno generalitat junta xunta governo gouvernement regierung landesregierung regering overheid
    tienda supermercado escuela colegio universidad instituto fabrica taller talleres almacenes
    industrias construcciones constructora servicios soluciones sistemas asesoria gestoria despacho
    bufete restaurante panaderia azienda societa gruppo banca assicurazioni ospedale farmacia comune
    ministero fondazione associazione agenzia negozio supermercato ristorante scuola universita istituto
    fabbrica officina studio impresa prefeitura secretaria fundacao associacao industria comercio loja
    escola universidade faculdade bedrijf bank ziekenhuis apotheek gemeente ministerie stichting
    vereniging uitgeverij winkel school hogeschool universiteit szpital przychodnia urzad firma spolka
    bolag kommun sjukhus stiftelse sykehus sirketi hastanesi belediyesi bankasi universitesi grubu
    компания группа банк завод больница институт университет школа студия центр агентство корпорация
    холдинг
    شركة مؤسسة مكتب مجموعة بنك مستشفى مركز وزارة بلدية هيئة مصنع فندق مطعم صيدلية جمعية الشركة חברת חברה
    בע״מ בע"מ קבוצת בנק מרכז משרד עיריית עמותת עמותה מאפיות מפעל מפעלי מלון רשת קופת ооо студия компания
    завод банк центр агентство группа εταιρεια ομιλος τραπεζα νοσοκομειο cooperativa molini thuiszorg
    zorgcentrum ziekenhuis bakkerij advies forskolan förskolan fjernvarme faergefart kommune sygehus
    rederi vaerft biuro zaklad zaklady fabryka hurtownia sklep transporte transportes importadora
    exportadora alcaldia gobernacion clinique
    """)

CJK_COMPANY: Final = word_list("""
    有限公司 股份 公司 集团 集團 企业 科技 银行 銀行 医院 醫院 事务所 工作室 研究院 研究所 中心 株式会社
    有限会社 合同会社 (株) （株） 社団法人 財団法人 病院 市役所 役所 商店 塾 신문 주식회사 ㈜ (주) 회사
    병원 은행 组织 协会 基金会 出版社 工厂 商事 工業 製作所 電機
    """)

# A phrase with one of these words is a school. `INSTITUTION_PARTS` are matched inside longer words.
INSTITUTION_WORDS: Final = word_set("""
    preparatoria colegio conalep
    university college institute school academy polytechnic conservatory seminary univ univ.
    universities universitat hochschule fachhochschule berufsschule gymnasium realschule hauptschule
    gesamtschule grundschule berufskolleg berufsakademie fachoberschule oberschule handelsschule
    wirtschaftsschule abendgymnasium kunsthochschule musikhochschule volkshochschule akademie kolleg
    fachschule tu th fh htl hak bbz berufsbildungszentrum ihk hwk handwerkskammer universite ecole lycee
    institut faculte iut insa esc hec collegge conservatoire cfa greta campus universidad instituto
    escuela colegio facultad i.e.s ies academia politecnica conservatorio liceo cifp universita
    politecnico scuola istituto accademia itis universitario universidade faculdade escola instituto
    colegio senai senac etec fatec liceu universiteit hogeschool roc school mbo-college lyceum gymnasium
    uniwersytet politechnika szkola liceum technikum akademia universitet hogskola hogskolan
    gymnasieskola hojskole yliopisto ammattikorkeakoulu lukio universitesi universite lisesi enstitusu
    fakultesi университет институт академия колледж школа лицей техникум гимназия університет інститут
    univerzita fakulta egyetem universitatea facultatea liceul scoil colaiste ysgol skole skola skolan
    koulu oppilaitos iskola okulu colegiul gimnazium mit ucla eth epfl iit nit caltech nyu
    جامعة كلية معهد مدرسة ثانوية أكاديمية اكاديمية الجامعة המכללה מכללת מכללה האוניברסיטה אוניברסיטת
    אוניברסיטה תיכון הטכניון טכניון בית-ספר ישיבת סמינר πανεπιστημιο λυκειο σχολη πολυτεχνειο уиверситет
    maskinmesterskole handelsskole seminarium erhvervsakademi professionshojskole hogskola
    gymnasieskolan wyzsza zasadnicza egyetem gimnazium foiskola szakkozepiskola universitatea facultatea
    meslek
    """)
INSTITUTION_PARTS: Final = (
    "universit",
    "hochschule",
    "schule",
    "gymnasium",
    "gymnasiet",
    "gymnasieskol",
    "laroverket",
    "akademie",
    "kolleg",
    "hogeschool",
    "hogskol",
    "hoyskole",
    "hojskole",
    "skolen",
    "skolan",
    "universidad",
)
CJK_INSTITUTION: Final = word_list("""
    大学 大學 学院 學院 学校 學校 高校 高等学校 中学 专门学校 専門学校 短大 대학교 대학 고등학교 学園
    研究科
    """)

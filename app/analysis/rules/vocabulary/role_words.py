"""Words that identify a job title, in the common languages of resumes; used by `app.analysis.rules.phrases.roles`.

Latin words are folded (`app.analysis.rules.phrases.spelling.fold`): lower case, without accents.
"""

from typing import Final

from app.analysis.rules.phrases.spelling import word_list, word_set

ROLE_NOUNS: Final = word_set("""
    engineer developer programmer architect manager director analyst consultant administrator designer
    scientist specialist coordinator assistant associate intern trainee apprentice officer executive
    president chairman chairwoman chair founder cofounder co-founder owner partner principal head lead
    leader supervisor foreman forewoman technician mechanic electrician plumber carpenter welder
    machinist operator driver courier clerk cashier accountant auditor bookkeeper controller comptroller
    treasurer actuary economist statistician banker broker trader underwriter adviser advisor agent
    representative rep salesperson salesman saleswoman seller vendor merchandiser buyer purchaser
    planner scheduler dispatcher recruiter headhunter generalist secretary receptionist typist librarian
    archivist curator teacher tutor instructor lecturer professor educator trainer coach mentor dean
    postdoc fellow researcher nurse midwife doctor physician surgeon dentist pharmacist therapist
    physiotherapist psychologist psychiatrist counselor counsellor caregiver carer paramedic
    radiographer veterinarian optician hygienist phlebotomist dietitian nutritionist sonographer
    resident registrar practitioner lawyer attorney paralegal solicitor barrister judge notary chef cook
    baker butcher waiter waitress bartender barista sommelier dishwasher housekeeper cleaner janitor
    porter concierge host hostess steward stewardess guide flight-attendant pilot captain sailor soldier
    sergeant lieutenant commander guard policeman firefighter detective investigator inspector
    journalist reporter editor writer copywriter author translator interpreter proofreader photographer
    videographer filmmaker cinematographer animator illustrator artist musician singer actor actress
    dancer choreographer composer conductor producer stylist hairdresser beautician barber tailor
    seamstress florist gardener farmer farmhand fisherman landscaper laborer labourer worker packer
    picker loader forklift stocker warehouseman handyman custodian caretaker nanny babysitter au-pair
    volunteer tester surveyor estimator biologist chemist physicist geologist mathematician astronomer
    toxicologist microbiologist ecologist strategist marketer evangelist ambassador advocate liaison
    facilitator organizer moderator promoter fundraiser lobbyist webmaster sysadmin dba cto ceo cfo coo
    cio cmo cpo ciso vp svp evp avp md sre devops swe sde pm qa tpm ic contributor maintainer freelancer
    contractor entrepreneur self-employed temp aide helper attendant server crew teammate member expert
    ninja guru scribe tl em manger tutor-in-residence ta ra gta grader demonstrator invigilator proctor
    monitor student-worker superintendent commissioner deputy minister governor mayor councillor envoy
    delegate chaplain pastor priest imam rabbi missionary undertaker roofer painter plasterer bricklayer
    mason glazier fitter toolmaker assembler fabricator installer repairer locksmith blacksmith jeweller
    jeweler watchmaker printer bookbinder upholsterer draughtsman draftsman drafter modeler modeller
    geographer historian archaeologist anthropologist sociologist philologist linguist lifeguard swimmer
    athlete referee umpire scout zookeeper groom jockey realtor appraiser assessor collector teller
    examiner adjuster sub-editor columnist blogger influencer streamer presenter announcer broadcaster
    dj buchhalter buchhalterin ingenieur ingenieurin entwickler entwicklerin softwareentwickler
    softwareentwicklerin berater beraterin leiter leiterin geschaftsfuhrer geschaftsfuhrerin
    abteilungsleiter abteilungsleiterin teamleiter teamleiterin projektleiter projektleiterin
    filialleiter filialleiterin sachbearbeiter sachbearbeiterin assistent assistentin sekretar
    sekretarin praktikant praktikantin praktikum werkstudent werkstudentin auszubildender auszubildende
    azubi ausbildung lehre mitarbeiter mitarbeiterin angestellter angestellte kaufmann kauffrau
    kaufleute fachkraft facharbeiter facharbeiterin techniker technikerin mechaniker mechanikerin
    mechatroniker mechatronikerin elektriker elektrikerin elektroniker elektronikerin schlosser tischler
    tischlerin schreiner maurer maler malerin lackierer fahrer fahrerin kraftfahrer berufskraftfahrer
    lagerist lageristin lagerarbeiter lagermitarbeiter staplerfahrer verkaufer verkauferin kassierer
    kassiererin kellner kellnerin koch kochin backer backerin metzger friseur friseurin reinigungskraft
    hausmeister pfleger pflegerin altenpfleger altenpflegerin krankenpfleger krankenschwester
    pflegefachkraft pflegefachfrau pflegefachmann pflegehelfer pflegehelferin pflegekraft
    stationsleitung gesundheits- hebamme arzt arztin assistenzarzt oberarzt zahnarzt apotheker
    apothekerin physiotherapeut erzieher erzieherin lehrer lehrerin lehrkraft dozent dozentin
    professorin wissenschaftler wissenschaftlerin forscher doktorand doktorandin tutorin referent
    referentin referendar rechtsanwalt rechtsanwaltin anwalt anwaltin notar richter steuerberater
    wirtschaftsprufer steuerfachangestellte steuerfachangestellter bankkaufmann bankkauffrau
    industriekaufmann industriekauffrau burokaufmann burokauffrau informatiker informatikerin
    fachinformatiker fachinformatikerin systemadministrator systemadministratorin datenanalyst
    datenanalystin analystin architektin designerin grafiker grafikerin gestalter gestalterin redakteur
    redakteurin journalistin autor autorin ubersetzer ubersetzerin dolmetscher disponent disponentin
    einkaufer einkauferin vertriebsleiter vertriebsleiterin vertriebsmitarbeiter aussendienstmitarbeiter
    kundenberater kundenberaterin direktor direktorin vorstand prokurist prokuristin inhaber inhaberin
    grunder grunderin geschaftsinhaber meister meisterin geselle gesellin aushilfe minijob hilfskraft
    honorarkraft selbststandig freiberufler freiberuflich managerin beauftragter beauftragte
    bereichsleiter bereichsleiterin gruppenleiter gruppenleiterin schichtleiter schichtleiterin
    produktionsleiter betriebsleiter produktionsmitarbeiter produktionshelfer maschinenbediener
    zerspanungsmechaniker industriemechaniker anlagenmechaniker controllerin trainerin betreuer
    betreuerin sozialarbeiter sozialarbeiterin sozialpadagoge sozialpadagogin ehrenamtlicher ingenieure
    developpeur developpeuse chef cheffe responsable directeur directrice gerant gerante assistante
    stagiaire alternant alternante apprenti apprentie charge chargee conseiller conseillere consultante
    comptable aide-comptable technicien technicienne secretaire receptionniste hotesse vendeur vendeuse
    caissier caissiere serveur serveuse cuisinier cuisiniere commis boulanger boulangere patissier
    patissiere infirmier infirmiere aide-soignant aide-soignante medecin pharmacien pharmacienne
    sage-femme kinesitherapeute maitre maitresse professeur professeure professeures ingenieure chercheure auteure
    docteure autrice enseignant enseignante formateur formatrice educateur educatrice animateur
    animatrice chercheur chercheuse doctorant doctorante avocat avocate juriste notaire auditeur
    auditrice controleur controleuse gestionnaire acheteur acheteuse commercial commerciale attache
    attachee chauffeur livreur magasinier preparateur preparatrice manutentionnaire cariste ouvrier
    ouvriere agent agente mecanicien electricien plombier menuisier macon soudeur peintre jardinier
    coiffeur coiffeuse redacteur redactrice journaliste traducteur traductrice graphiste architecte
    concepteur conceptrice analyste administrateur administratrice coordinateur coordinatrice
    coordonnateur coordonnatrice fondateur fondatrice president presidente benevole employe employee
    operateur operatrice chargee auxiliaire surveillant surveillante equipier equipiere hote dessinateur
    dessinatrice negociateur stage superviseur ingeniero ingeniera desarrollador desarrolladora
    programador programadora analista jefe jefa director directora gerente coordinador coordinadora
    asistente asesor asesora consultor consultora administrador administradora administrativo
    administrativa auxiliar tecnico tecnica encargado encargada responsable supervisor supervisora
    operario operaria obrero operador operadora mozo almacenero carretillero conductor conductora
    repartidor repartidora chofer vendedor vendedora dependiente dependienta cajero cajera camarero
    camarera cocinero cocinera ayudante limpiador limpiadora recepcionista secretario secretaria
    contable contador contadora auditor auditora economista abogado abogada enfermero enfermera medico
    medica cirujano farmaceutico farmaceutica fisioterapeuta psicologo psicologa maestro maestra
    profesor profesora docente educador educadora investigador investigadora becario becaria practicante
    aprendiz arquitecto arquitecta disenador disenadora redactor redactora periodista traductor
    traductora interprete fotografo comercial representante agente gestor gestora fundador fundadora
    socio socia voluntario voluntaria monitor monitora teleoperador teleoperadora electricista mecanico
    fontanero soldador albanil carpintero pintor peluquero peluquera cuidador cuidadora ejecutivo
    ejecutiva lider especialista ingegnere sviluppatore sviluppatrice programmatore programmatrice
    responsabile direttore direttrice dirigente impiegato impiegata addetto addetta assistente
    consulente contabile ragioniere ragioniera commercialista segretario segretaria receptionist
    commesso commessa cassiere cassiera cameriere cameriera cuoco cuoca barista aiuto operaio operaia
    magazziniere autista tecnico infermiere infermiera medico farmacista fisioterapista psicologo
    insegnante docente professore professoressa educatore educatrice ricercatore ricercatrice dottorando
    dottoranda tirocinante stagista apprendista avvocato avvocata notaio architetto progettista grafico
    grafica redattore redattrice giornalista traduttore traduttrice venditore venditrice agente
    rappresentante coordinatore coordinatrice capo analista amministratore amministratrice fondatore
    socio volontario volontaria elettricista meccanico idraulico saldatore operatore operatrice
    engenheiro engenheira desenvolvedor desenvolvedora gerente diretor diretora coordenador coordenadora
    assistente auxiliar tecnico estagiario estagiaria aprendiz consultor contador contadora advogado
    advogada enfermeiro enfermeira medico professor professora pesquisador pesquisadora vendedor
    vendedora caixa garcom garconete cozinheiro cozinheira motorista operador operadora supervisor
    encarregado recepcionista secretaria atendente analista administrador arquiteto arquiteta designer
    jornalista tradutor tradutora socio fundador voluntario voluntaria bolsista monitor ontwikkelaar
    ingenieur medewerker medewerkster leidinggevende directeur adviseur boekhouder verkoper verkoopster
    verpleegkundige verzorgende leraar lerares docent onderzoeker stagiair stagiaire chauffeur
    magazijnmedewerker monteur beheerder ontwerper projectleider teamleider hoofd assistent vrijwilliger
    kok ober bezorger vakkenvuller caissiere administratief coordinator bedrijfsleider filiaalmanager
    zzp zelfstandig planner accountmanager inzynier programista kierownik dyrektor specjalista asystent
    analityk ksiegowy ksiegowa sprzedawca kasjer kierowca magazynier nauczyciel pielegniarka lekarz
    praktykant stazysta konsultant menedzer doradca projektant
    tester utvecklare underskoterska skotare ingenjor chef konsult
    larare sjukskoterska ekonom ansvarig saljare samordnare handlaggare praktikant utvikler konsulent
    laerer sykepleier selger leder daglig ingenior radgiver udvikler sygeplejerske muhendis muhendisi
    gelistirici yonetici mudur muduru uzman uzmani stajyer ogretmen danisman analist sorumlusu asistan
    asistani temsilcisi teknisyen teknisyeni инженер разработчик программист менеджер директор
    руководитель начальник специалист аналитик консультант бухгалтер администратор ассистент помощник
    стажер преподаватель учитель врач медсестра продавец кассир водитель оператор дизайнер редактор
    журналист переводчик экономист юрист секретарь тестировщик архитектор кладовщик повар официант
    مهندس مهندسة مدير مديرة محاسب محاسبة معلم معلمة مدرس مدرسة طبيب طبيبة ممرض ممرضة صيدلي محام مبرمج
    مبرمجة مطور مطورة مصمم مصممة مسؤول مسؤولة أخصائي أخصائية اخصائي اخصائية منسق منسقة مساعد مساعدة
    سكرتير سكرتيرة مشرف مشرفة رئيس رئيسة موظف موظفة محلل محللة مستشار مستشارة باحث باحثة فني فنية متدرب
    متدربة مندوب مندوبة مترجم مترجمة كاتب كاتبة מנהל מנהלת מהנדס מהנדסת מפתח מפתחת רכז רכזת מורה מרצה
    רופא רופאה אחות אח עוזר עוזרת מזכיר מזכירה יועץ יועצת חשב חשבת מתכנת מתכנתת מעצב מעצבת אנליסט
    אנליסטית נציג נציגה מדריך מדריכה אחראי אחראית סמנכ״ל מנכ״ל ראש מתאם מתאמת מתמחה טכנאי טכנאית עורך
    עורכת כתב כתבת חוקר חוקרת לוחם לוחמת מפקד מפקדת קצין קצינה тестировщик тестировщица инженер
    разработчик разработчица программист менеджер директор бухгалтер аналитик специалист администратор
    дизайнер преподаватель учитель юрист врач медсестра продавец водитель повар оператор консультант
    архитектор технолог экономист логист маркетолог редактор журналист переводчик секретарь ассистент
    стажёр стажер руководитель начальник заместитель мастер механик слесарь электрик сварщик курьер
    кассир рекрутер помощник лаборант maskinmester maskinist driftsleder teknikker tekniker smed pædagog
    paedagog sygeplejerske laege læge laerer elev konsulent projektleder afdelingsleder bogholder sælger
    saelger montør montor tømrer tomrer kasserer forskollarare barnskotare larare skoterska
    undersköterska underskoterska ekonom handläggare handlaggare saljare utvecklare chef läxläsare
    laxlasare arbetsledare larling arbetslagsledare snickare elektriker kock servitor servitris sjukskoterska
    wijkverpleegkundige verpleegkundige verzorgende vakantiekracht leraar lerares medewerker
    medewerkster adviseur vertegenwoordiger monteur timmerman kok vrachtwagenchauffeur stagiair
    stagiaire administrateur boekhouder specjalistka specjalista kierownik kierowniczka ksiegowy
    ksiegowa asystent asystentka nauczyciel nauczycielka programista programistka inzynier kadrowa
    magazynier sprzedawca doradca kasjer kasjerka operator elektryk kapoturno capoturno impiegato
    impiegata responsabile magazziniere coordinatore coordinatrice infermiere infermiera coordenadora
    coordenador engenheira engenheiro enfermeira enfermeiro montageleiter elektroinstallateur μηχανικος
    διευθυντης υπαλληλος λογιστης καθηγητης καθηγητρια προγραμματιστης συμβουλος mernok fejleszto vezeto
    tanar konyvelo elado asszisztens inginer contabil profesor vanzator asistent dezvoltator muhendis
    mudur ogretmen muhasebeci uzman gelistirici yazilimci temsilcisi sorumlusu
    """)

# German compounds end in their role noun, so the ending is enough ("Vertriebsinnendienstmitarbeiterin").
ROLE_ENDINGS: Final = word_list("""
    leiter leiterin mitarbeiter mitarbeiterin berater beraterin entwickler entwicklerin ingenieur
    ingenieurin assistent assistentin techniker technikerin mechaniker mechanikerin kaufmann kauffrau
    fachangestellte fachangestellter pfleger pflegerin verkaufer verkauferin fahrer fahrerin helfer
    helferin lehrer lehrerin therapeut therapeutin praktikant praktikantin praktikum referent referentin
    vertreter vertreterin verwalter verwalterin arbeiter arbeiterin informatiker informatikerin
    programmierer programmiererin analyst analystin manager managerin fachkraft hilfskraft beauftragter
    beauftragte spezialist spezialistin architekt architektin wissenschaftler wissenschaftlerin student
    studentin bearbeiter bearbeiterin meister meisterin ontwikkelaar medewerker adviseur beheerder
    verpleegkundige utvecklare ingenjor konsult larare leitung leitende
    """)

# Words that accompany a title and make one more likely ("Senior", "stellvertretend"), but are no titles themselves.
RANK_WORDS: Final = word_set("""
    senior junior sr jr sr. jr. lead principal staff chief vice deputy assistant associate acting
    interim graduate undergraduate entry-level mid-level level registered certified licensed part-time
    full-time freelance stellvertretend stellvertretende stellvertretender leitende leitender
    wissenschaftliche wissenschaftlicher studentische studentischer staatlich gepruft geprufte geprufter
    kaufmannische kaufmannischer adjoint adjointe ayudante responsable jefe chef
    """)

# Substrings that identify a title in scripts without spaces.
CJK_ROLES: Final = word_list("""
    工程师 工程師 开发 程序员 架构师 设计师 設計師 分析师 分析師 经理 經理 总监 總監 主管 主任 助理 助教
    实习生 實習生 实习 顾问 顧問 专员 專員 总裁 董事 会计 會計 出纳 老师 教师 教授 讲师 研究员 研究助理
    护士 护理 医生 医师 药师 律师 编辑 记者 翻译 销售 客服 秘书 文员 司机 厨师 服务员 收银员 操作员
    技术员 组长 班长 队长 负责人 科学家 运营 策划 创始人 合伙人 志愿者 主席 部长 干事 会长 店长
    エンジニア プログラマ プログラマー 開発者 デザイナー マネージャー マネジャー リーダー ディレクター
    コンサルタント アナリスト 課長 係長 主任 次長 店長 社員 担当 スタッフ アルバイト インターン 講師
    助教 准教授 研究員 看護師 医師 薬剤師 介護士 営業 事務 経理 エンジニア職 プロジェクトマネージャ 代表
    技師 職員 엔지니어 개발자 디자이너 매니저 대리 과장 차장 부장 사원 팀장 인턴 연구원 간호사 교사 강사
    """)

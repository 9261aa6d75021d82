"""The vocabulary of section headings in the languages resumes come in; read by `headings` alone.

Phrases are written in lower case, Latin ones without accents; `spelling.fold` is applied to both sides.
"""

from typing import Final, Literal

from app.analysis.rules.spelling import fold

Kind = Literal[
    "summary",
    "contact",
    "personal",
    "work",
    "education",
    "skills",
    "languages",
    "projects",
    "certificates",
    "awards",
    "publications",
    "volunteer",
    "interests",
    "references",
    "history",
    "other",
]

_PHRASES: Final[dict[Kind, str]] = {
    "summary": """
        summary|professional summary|executive summary|career summary|summary of qualifications|qualifications summary|
        profile|professional profile|personal profile|career profile|about|about me|who i am|objective|career objective|
        professional objective|job objective|personal statement|professional statement|introduction|overview|
        career overview|highlights|career highlights|summary statement|bio|biography|short bio|headline|at a glance|
        research interests|research interest|hello|hi there|who am i|my story|profile summary|key qualifications|background|professional background summary|value proposition|goal|goals|
        profil|kurzprofil|uber mich|zu meiner person|zusammenfassung|berufsprofil|kurzvorstellung|ziel|berufsziel|
        berufliches ziel|personliches profil|
        profil professionnel|a propos|a propos de moi|resume|resume professionnel|objectif|objectif professionnel|
        accroche|presentation|qui suis-je|mon profil|
        perfil|perfil profesional|sobre mi|acerca de mi|resumen|resumen profesional|objetivo|objetivo profesional|
        extracto|presentacion|
        profilo|profilo professionale|profilo personale|chi sono|su di me|sommario|obiettivo|obiettivo professionale|
        riepilogo|presentazione|
        perfil profissional|resumo|resumo profissional|sobre|sobre mim|objetivo profissional|apresentacao|
        profiel|over mij|samenvatting|persoonlijk profiel|professioneel profiel|doelstelling|wie ben ik|
        profil zawodowy|podsumowanie|o mnie|podsumowanie zawodowe|cel zawodowy|
        profil osobisty|sammanfattning|om mig|om meg|om mig selv|sammendrag|resume / profil|
        ozet|hakkimda|kariyer hedefi|о себе|обо мне|цель|о мне|профиль|резюме|про себе|
        自我评价|个人简介|个人总结|个人评价|自我介绍|求职意向|职业目标|个人概述|关于我|职业概述|简介|自我描述|自我評價|
        自己pr|自己紹介|職務要約|要約|概要|志望動機|プロフィール|サマリー|自己ＰＲ|
        자기소개|요약|프로필|소개|الملخص|ملخص|תקציר
    """,
    "contact": """
        contact|contacts|contact details|contact information|contact info|contact me|get in touch|details|reach me|
        kontakt|kontaktdaten|kontaktinformationen|anschrift|coordonnees|contactez-moi|mes coordonnees|
        contacto|datos de contacto|informacion de contacto|contatti|recapiti|contato|contatos|informacoes de contato|
        contactgegevens|contact gegevens|kontaktuppgifter|yhteystiedot|dane kontaktowe|iletisim|контакты|контактная информация|
        联系方式|联系信息|联络方式|聯絡方式|連絡先|연락처|profiles|profile links|links|social|social media|social links|
        online profiles|online|web|social profiles|find me online|liens|enlaces|redes sociales|social networks
    """,
    "personal": """
        personal details|personal information|personal data|personal info|bio data|biodata|personal particulars|
        personal|personliche daten|angaben zur person|zur person|personalien|personliche angaben|
        informations personnelles|etat civil|donnees personnelles|renseignements personnels|
        datos personales|informacion personal|dati personali|informazioni personali|dados pessoais|informacoes pessoais|
        persoonlijke gegevens|personalia|persoonsgegevens|dane osobowe|personuppgifter|henkilotiedot|kisisel bilgiler|
        личная информация|личные данные|персональные данные|
        个人信息|基本信息|个人资料|基本资料|個人資料|基本情報|個人情報|인적사항|개인정보
    """,
    "work": """
        experience|experiences|work experience|work experiences|professional experience|employment|employment history|
        work history|career history|professional history|professional background|work|career|jobs|job history|job experience|
        where i've worked|where i worked|where i have worked|my experience|what i've done|what i have done|my journey|practice|roles|
        relevant experience|relevant work experience|related experience|industry experience|industrial experience|
        employment experience|work experience & internships|internships|internship|internship experience|
        internships and work experience|professional experience and internships|positions|positions held|appointments|
        academic appointments|professional appointments|academic positions|academic experience|teaching experience|
        research experience|clinical experience|nursing experience|military experience|military service|
        additional experience|other experience|earlier experience|previous experience|prior experience|early career|
        other work experience|past experience|current position|current role|consulting experience|freelance experience|
        freelance|leadership experience|management experience|technical experience|engineering experience|
        teaching|employment record|record of employment|career experience|experience summary|selected experience|
        selected work experience|career progression|professional career|professional positions|working experience|
        occupational experience|practical experience|work placements|placements|experience professionnelle|
        berufserfahrung|berufliche erfahrung|berufspraxis|beruflicher werdegang|berufstatigkeit|berufliche tatigkeit|
        berufliche stationen|werdegang|praktika|praktikum|praktische erfahrung|praktische erfahrungen|
        arbeitserfahrung|berufserfahrungen|berufliche laufbahn|berufliche praxis|berufsweg|praxiserfahrung|
        nebentatigkeiten|nebentatigkeit|werkstudententatigkeit|werkstudententatigkeiten|tatigkeiten|anstellungen|erfahrung|
        erfahrungen|berufsleben|berufliche tatigkeiten|studentische tatigkeiten|
        experiences professionnelles|parcours professionnel|experience|emplois|emploi|stages|stage|
        stages et emplois|stages professionnels|historique professionnel|parcours|missions|carriere|
        experiences professionnelles et stages|experience de travail|experiences de travail|
        experiencia|experiencia laboral|experiencia profesional|historial laboral|trayectoria profesional|
        trayectoria laboral|practicas|practicas profesionales|trayectoria|vida laboral|experiencias laborales|empleo|
        experiencias profesionales|
        esperienza|esperienze|esperienza lavorativa|esperienze lavorative|esperienza professionale|
        esperienze professionali|tirocini|stage e tirocini|carriera|percorso professionale|lavoro|
        experiencia profissional|experiencias profissionais|historico profissional|percurso profissional|estagios|estagio|
        trajetoria profissional|experiencia de trabalho|atuacao profissional|
        werkervaring|ervaring|ervaringen|professionele ervaring|loopbaan|arbeidsverleden|relevante werkervaring|
        beroepservaring|stages en werkervaring|
        doswiadczenie|doswiadczenie zawodowe|przebieg kariery|historia zatrudnienia|praca|
        arbetslivserfarenhet|erfarenhet|arbetserfarenhet|yrkeserfaring|arbeidserfaring|erhvervserfaring|tyokokemus|
        anstallningar|arbejdserfaring|erfaring|arbetslivserfarenheter|
        is deneyimi|deneyim|is tecrubesi|tecrube|mesleki deneyim|
        опыт работы|опыт|профессиональный опыт|трудовая деятельность|карьера|досвід роботи|досвід|
        pracovni zkusenosti|praxe|zamestnani|munkatapasztalat|szakmai tapasztalat|experienta profesionala|experienta|
        工作经历|工作经验|职业经历|实习经历|实习经验|工作履历|职业经验|工作與實習|工作經歷|工作經驗|实践经历|工作|经历|任职经历|
        職歴|職務経歴|業務経歴|職務経験|職務履歴|勤務経験|業務経験|アルバイト|インターン|インターンシップ|職務経歴詳細|経歴|
        경력|경력사항|경력 사항|직무경험|인턴|خبرات|الخبرة|الخبرات|الخبرة العملية|الخبرات العملية|ניסיון|ניסיון תעסוקתי|
        kinh nghiem|kinh nghiem lam viec|pengalaman|pengalaman kerja|riwayat pekerjaan
    """,
    "education": """
        education|education and training|education & training|academic background|academic history|academics|
        educational background|educational qualifications|educational qualification|academic qualifications|
        academic qualification|education history|academic education|formal education|qualifications|studies|degrees|
        academic credentials|educational history|education details|academic profile|academic record|scholastic record|
        where i studied|my education|academic details|education and qualifications|academic training|schooling|university education|
        education and certifications|education and professional development|academic|
        ausbildung|bildung|bildungsweg|studium|akademischer werdegang|akademische ausbildung|schulbildung|
        schulische ausbildung|hochschulbildung|ausbildungen|bildungsgang|schulausbildung|berufsausbildung|abschlusse|
        studium und ausbildung|ausbildung und studium|schulischer werdegang|schule|akademische laufbahn|
        universitare ausbildung|aus- und weiterbildung|bildungslaufbahn|hochschulstudium|schulbildung und studium|
        formation|formations|etudes|diplomes|parcours scolaire|parcours academique|cursus|cursus academique|scolarite|
        formation academique|education|diplomes et formations|formations et diplomes|formation initiale|cursus scolaire|
        etudes et formations|cursus universitaire|parcours universitaire|formation et diplomes|
        formacion|formacion academica|educacion|estudios|estudios academicos|formacion reglada|titulacion|titulaciones|
        datos academicos|historial academico|preparacion academica|formacion universitaria|
        istruzione|formazione|istruzione e formazione|formazione accademica|titoli di studio|studi|titolo di studio|
        percorso di studi|percorso formativo|
        formacao|formacao academica|educacao|escolaridade|habilitacoes|habilitacoes academicas|habilitacoes literarias|
        formacao e educacao|estudos|
        opleiding|opleidingen|onderwijs|studie|studies en opleidingen|scholing|vooropleiding|
        wyksztalcenie|edukacja|utbildning|utbildningar|utdanning|uddannelse|koulutus|
        egitim|egitim bilgileri|ogrenim|образование|освіта|обучение|vzdelani|tanulmanyok|educatie|studii|
        教育经历|教育背景|学历|教育|学习经历|学术背景|教育情况|教育經歷|教育背景及经历|學歷|
        学歴|最終学歴|学歴等|학력|학력사항|학력 사항|교육|التعليم|المؤهلات|المؤهلات العلمية|השכלה|
        hoc van|pendidikan|riwayat pendidikan
    """,
    "skills": """
        skills|technical skills|key skills|core skills|skill set|skillset|skills summary|professional skills|
        core competencies|competencies|competences|key competencies|areas of expertise|expertise|technical expertise|
        technologies|technology|tools|tools and technologies|technical proficiencies|technical competencies|proficiencies|
        it skills|computer skills|software skills|software|hard skills|soft skills|programming skills|programming|
        skills and tools|skills and technologies|specialties|specialities|specializations|capabilities|technical summary|
        tech stack|tech skills|technical knowledge|it proficiency|strengths and skills|skills and expertise|
        skills and abilities|abilities|clinical skills|nursing skills|professional competencies|core strengths|
        technical toolkit|toolkit|areas of knowledge|knowledge|digital skills|other skills|additional skills|
        personal skills|practical skills|skills & competencies|skills and competencies|skill highlights|key strengths|
        languages and technologies|programming languages|languages & technologies|relevant skills|job skills|transferable skills|
        toolbox|my toolbox|what i do|what i know|methods and instruments|methods and tools|instruments|techniques|methods and techniques|
        software & skills|equipment|technical profile|laboratory skills|lab skills|methods|technical strengths|skill|it knowledge|
        kenntnisse|fahigkeiten|kompetenzen|it-kenntnisse|edv-kenntnisse|edv kenntnisse|edv|fachkenntnisse|qualifikationen|
        fahigkeiten und kenntnisse|kenntnisse und fahigkeiten|technische kenntnisse|fachliche kompetenzen|
        besondere kenntnisse|it-kompetenzen|programmierkenntnisse|computerkenntnisse|weitere kenntnisse|starken|
        kernkompetenzen|fachkompetenzen|technische fahigkeiten|soft skills|software-kenntnisse|softwarekenntnisse|
        technologien|sonstige kenntnisse|weitere qualifikationen|zusatzqualifikationen|personliche starken|it kenntnisse|
        kompetenzprofil|know-how|schlusselqualifikationen|
        competences|competences techniques|competences professionnelles|savoir-faire|savoir-etre|outils|
        competences informatiques|informatique|competences cles|aptitudes|logiciels|connaissances|technologies|qualites|
        competences et outils|competences metier|connaissances informatiques|domaines de competences|
        habilidades|aptitudes|competencias|conocimientos|conocimientos informaticos|habilidades tecnicas|informatica|
        conocimientos tecnicos|competencias tecnicas|herramientas|habilidades y competencias|competencias digitales|
        conocimientos de computacion|aptitudes y conocimientos|tecnologias|habilidades profesionales|
        competenze|capacita|competenze tecniche|competenze informatiche|capacita e competenze|conoscenze informatiche|
        competenze professionali|abilita|conoscenze|competenze digitali|competenze personali|
        competencias tecnicas|habilidades e competencias|conhecimentos|conhecimentos tecnicos|ferramentas|tecnologias|
        conhecimentos de informatica|aptidoes|competencias e habilidades|
        vaardigheden|competenties|kennis|computervaardigheden|technische vaardigheden|kennis en vaardigheden|
        umiejetnosci|kompetencje|kompetenser|fardigheter|ferdigheter|faerdigheder|osaaminen|taidot|kompetencer|
        yetenekler|beceriler|bilgisayar becerileri|yetkinlikler|
        навыки|ключевые навыки|профессиональные навыки|умения|компетенции|технологии|навички|dovednosti|znalosti|keszsegek|
        competente|abilitati|
        技能|专业技能|技术栈|技能特长|技能清单|个人技能|技术能力|职业技能|专业能力|掌握技能|技能与工具|專業技能|技能專長|it技能|
        スキル|技術スキル|活かせる経験・知識・技術|保有スキル|テクニカルスキル|得意分野|pcスキル|活かせるスキル|使用技術|
        활용능력|기술|보유기술|기술 스택|스킬|المهارات|مهارات|כישורים|מיומנויות|ky nang|keahlian|keterampilan
    """,
    "languages": """
        languages|language|language skills|spoken languages|foreign languages|language proficiency|languages spoken|
        language competencies|linguistic skills|
        sprachen|sprachkenntnisse|fremdsprachen|sprachkompetenz|sprachkompetenzen|sprachliche kenntnisse|
        langues|langues etrangeres|langue|competences linguistiques|langues vivantes|
        idiomas|lenguas|conocimientos de idiomas|lenguajes|idioma|
        lingue|lingue straniere|competenze linguistiche|lingua|conoscenze linguistiche|linguas|linguas estrangeiras|
        talen|talenkennis|taalvaardigheden|taalvaardigheid|jezyki|jezyki obce|znajomosc jezykow|sprak|sprakkunskaper|
        sprog|kielitaito|kielet|diller|yabanci dil|yabanci diller|dil bilgisi|языки|иностранные языки|знание языков|мови|
        jazyky|jazykove znalosti|nyelvtudas|limbi straine|limbi|
        语言|语言能力|语言技能|外语|外语水平|外语能力|語言|語言能力|語学|語学力|言語|語学スキル|외국어|어학|언어|어학능력|
        اللغات|שפות|ngoai ngu|ngon ngu|bahasa
    """,
    "projects": """
        projects|project|personal projects|side projects|selected projects|key projects|project experience|academic projects|
        notable projects|open source|open source projects|open-source|open source contributions|project work|
        technical projects|research projects|relevant projects|university projects|portfolio|project highlights|
        class projects|course projects|projects and research|major projects|engineering projects|project portfolio|
        selected work|selected works|recent work|case studies|recent projects|software projects|independent projects|hackathons|capstone project|student projects|
        projekte|ausgewahlte projekte|projekterfahrung|projektliste|projektubersicht|eigene projekte|private projekte|
        projets|projets personnels|projets academiques|realisations|projets realises|
        proyectos|proyectos personales|proyectos academicos|progetti|progetti personali|projetos|projetos pessoais|
        projecten|persoonlijke projecten|projekty|projekt|projekter|prosjekter|projeler|проекты|проектный опыт|проєкти|
        项目经历|项目经验|项目|主要项目|个人项目|项目与协会|項目經驗|專案經驗|科研项目|プロジェクト|プロジェクト経験|制作実績|
        프로젝트|프로젝트 경험|المشاريع|פרויקטים|du an|proyek
    """,
    "certificates": """
        certifications|certification|certificates|certificate|licenses|licences|licenses and certifications|
        certifications and licenses|licensure|licensures|professional certifications|training and certifications|
        certifications and training|courses and certifications|courses|training|trainings|professional development|
        continuing education|professional training|further training|courses and training|training and courses|
        certificates and licenses|licenses & certificates|licensure and certifications|professional qualifications|
        additional training|workshops|coursework|relevant coursework|online courses|seminars|license|credentials|
        tickets|tickets and cards|cards and tickets|tickets and licences|professional licenses|certificates and courses|courses & certificates|
        zertifikate|zertifizierungen|weiterbildung|weiterbildungen|fortbildungen|fortbildung|kurse|lehrgange|schulungen|
        zertifikate und weiterbildungen|seminare|fuhrerschein|fort- und weiterbildung|fort- und weiterbildungen|lizenzen|
        zertifizierung|weiterbildungen und zertifikate|berufliche weiterbildung|zusatzausbildungen|
        certificats|formations complementaires|habilitations|formation continue|formations continues|permis|
        certificats et formations|
        certificaciones|certificados|cursos|cursos y certificaciones|formacion complementaria|licencias|otros cursos|
        cursos y seminarios|formacion adicional|
        certificazioni|corsi|attestati|certificati|corsi di formazione|corsi e certificazioni|patente|patenti|
        certificacoes|cursos e certificacoes|cursos complementares|formacao complementar|
        certificaten|cursussen|certificeringen|cursussen en certificaten|trainingen|
        certyfikaty|kursy|szkolenia|kursy i szkolenia|certifikat|kurser|sertifikater|sertifikat|sertifikalar|kurslar|
        сертификаты|курсы|повышение квалификации|сертификати|курси|certifikaty|certificari|
        证书|资格证书|职业证书|培训经历|资质证书|认证|证书与认证|證照|证书资质|培训|
        資格|免許・資格|資格・免許|保有資格|免許|取得資格|免許資格|자격증|자격사항|자격 사항|الشهادات|תעודות|chung chi|sertifikasi|pelatihan
    """,
    "awards": """
        awards|award|honors|honours|honors and awards|awards and honors|achievements|accomplishments|key achievements|
        scholarships|awards and scholarships|scholarships and awards|fellowships|grants|prizes|recognition|distinctions|
        awards and recognition|honors & awards|awards & honors|awards and achievements|academic honors|
        academic achievements|grants and awards|fellowships and awards|grants and fellowships|selected honors|
        auszeichnungen|preise|stipendien|ehrungen|auszeichnungen und stipendien|stipendien und auszeichnungen|preise und auszeichnungen|erfolge|
        prix|distinctions|recompenses|bourses|prix et distinctions|
        premios|reconocimientos|logros|becas|premios y reconocimientos|distinciones|becas y premios|
        premi|riconoscimenti|borse di studio|premi e riconoscimenti|premios e reconhecimentos|premiacoes|conquistas|
        onderscheidingen|prijzen|nagrody|nagrody i wyroznienia|osiagniecia|utmarkelser|stipendier|priser|odul|oduller|basarilar|
        награды|достижения|нагороди|oceneni|premii|
        获奖经历|荣誉奖项|奖项|获奖情况|荣誉|所获荣誉|奖励|获奖荣誉|荣誉证书|獲獎|獎項|受賞|受賞歴|表彰|賞罰|
        수상|수상경력|수상내역|수상 경력|الجوائز|giai thuong|penghargaan|prestasi
    """,
    "publications": """
        publications|publication|selected publications|research publications|papers|journal articles|peer-reviewed publications|
        peer reviewed publications|conference papers|conference publications|articles|books|patents|
        patents and publications|publications and presentations|presentations|talks|invited talks|conference presentations|
        selected talks|publications and patents|publications & presentations|writing|book chapters|journal publications|
        refereed journal publications|refereed publications|working papers|preprints|publications and talks|
        selected presentations|speaking|scientific publications|publications and conferences|
        veroffentlichungen|publikationen|vortrage|patente|publikationsliste|publikationen und vortrage|
        publications scientifiques|brevets|articles scientifiques|communications|
        publicaciones|publicaciones cientificas|ponencias|articulos|pubblicazioni|brevetti|publicacoes|artigos|publicaties|
        publikacje|publikationer|publikasjoner|julkaisut|yayinlar|публикации|научные публикации|публікації|publikace|publicatii|
        论文|发表论文|学术著作|学术成果|出版物|论文发表|学术论文|科研成果|專利|专利|論文|研究業績|著書|発表論文|業績|논문|출판|المنشورات|פרסומים
    """,
    "volunteer": """
        volunteer|volunteering|volunteer experience|volunteer work|community service|community involvement|
        volunteer activities|voluntary work|voluntary experience|extracurricular activities|extracurriculars|extra-curricular activities|
        activities|leadership|leadership and activities|activities and leadership|community|community engagement|
        volunteerism|volunteer service|civic engagement|organizations|student activities|campus involvement|
        leadership and involvement|extracurricular|volunteering experience|service|positions of responsibility|
        co-curricular activities|outreach|volunteer and community|
        ehrenamt|ehrenamtliche tatigkeit|ehrenamtliche tatigkeiten|ehrenamtliches engagement|engagement|
        soziales engagement|gesellschaftliches engagement|ausseruniversitares engagement|freiwilligenarbeit|
        freiwilliges engagement|engagement und ehrenamt|
        benevolat|experience associative|experiences associatives|vie associative|engagement associatif|volontariat|
        engagements|activites extra-professionnelles|engagements associatifs|activites benevoles|
        voluntariado|trabajo voluntario|actividades extracurriculares|volontariato|attivita di volontariato|
        trabalho voluntario|atividades extracurriculares|vrijwilligerswerk|nevenactiviteiten|bestuurservaring|
        wolontariat|frivilligt arbete|ideellt engagemang|frivillig arbeid|frivilligt arbejde|gonulluluk|gonullu calismalar|
        волонтерство|волонтерская деятельность|общественная деятельность|волонтерство та громадська діяльність|dobrovolnictvi|voluntariat|
        志愿者经历|志愿经历|志愿服务|社会实践|校园经历|社团经历|学生工作|校园活动|社团和组织经历|在校经历|在校情况|
        ボランティア|ボランティア活動|課外活動|社会活動|봉사활동|대외활동|동아리|العمل التطوعي|התנדבות|hoat dong
    """,
    "interests": """
        interests|hobbies|hobbies and interests|interests and hobbies|personal interests|hobbies & interests|
        interests & hobbies|hobby|leisure|leisure activities|passions|outside interests|activities and interests|
        my interests|fun facts|pastimes|other interests|hobbies/interests|
        interessen|hobbys|hobbies und interessen|hobbys und interessen|interessen und hobbys|freizeit|personliche interessen|
        freizeitaktivitaten|interessen & hobbys|freizeitinteressen|
        centres d'interet|centres d'interets|loisirs|interets|activites|centre d'interet|centre d'interets|passions|
        loisirs et centres d'interet|interets et loisirs|divers|
        intereses|aficiones|pasatiempos|hobbies e intereses|intereses personales|intereses y aficiones|
        interessi|hobby e interessi|interessi personali|tempo libero|interesses|passatempos|hobbies e interesses|interesses pessoais|
        interesses en hobby's|hobby's|hobby's en interesses|zainteresowania|hobby i zainteresowania|intressen|fritid|
        fritidsintressen|interesser|fritidsinteresser|harrastukset|ilgi alanlari|hobiler|
        интересы|хобби|увлечения|хобі|інтереси|zajmy|konicky|hobbi|pasiuni|interese|
        兴趣爱好|个人兴趣|爱好|兴趣|特长爱好|興趣|興趣愛好|趣味|趣味・特技|特技|特技・趣味|趣味・特技など|취미|관심사|취미/특기|
        الهوايات|الاهتمامات|תחביבים|so thich|hobi|minat
    """,
    "references": """
        references|referees|reference|references available|professional references|testimonials|recommendations|
        referenzen|referenz|empfehlungen|references professionnelles|recommandations|referencias|referencias laborales|
        referenze|recomendacoes|referenties|referencje|referenser|referanser|suosittelijat|referanslar|
        рекомендации|рекомендації|referinte|推荐人|推薦人|推薦者|추천인|المراجع|ממליצים|nguoi tham chieu|referensi
    """,
    "history": "学歴・職歴|学歴職歴|学歴/職歴|学歴及び職歴|学歴・職歴(各別にまとめて書く)|学歴・職歴(各項目ごとにまとめて書く)|履歴",
    "other": """
        memberships|professional memberships|affiliations|professional affiliations|professional associations|
        associations|memberships and affiliations|professional memberships and affiliations|miscellaneous|
        additional information|other|other information|further information|notes|declaration|availability|security clearance|
        strengths|visa status|work authorization|citizenship|military|professional service|academic service|
        service to the profession|students supervised|supervision|mentoring|research|research areas|
        thesis|dissertation|doctoral thesis|master thesis|media|press|exhibitions|selected exhibitions|performances|
        conferences|conferences attended|quotes|philosophy|my life philosophy|my time|day of my life|most proud of|
        achievements and interests|career break|travel|reviewing|editorial activities|expected salary|salary|
        sonstiges|weitere angaben|weiteres|verschiedenes|zusatzliche informationen|mitgliedschaften|wehrdienst|zivildienst|
        bundeswehr|anlagen|abschlussarbeit|forschungsinteressen|wehrdienst/zivildienst|auslandsaufenthalte|auslandserfahrung|
        autres|autres informations|informations complementaires|complements|affiliations|mobilite|
        otros|otros datos|informacion adicional|datos adicionales|otros datos de interes|datos de interes|tesis|
        miscelaneo|disponibilidad|carne de conducir|permiso de conducir|
        altro|altre informazioni|ulteriori informazioni|autorizzazione|trattamento dei dati personali|
        outras informacoes|informacoes adicionais|informacoes complementares|outros|overig|overige|overige informatie|
        rijbewijs|inne|dodatkowe informacje|klauzula|ovrigt|annet|ovrig informasjon|korkort|diger|ek bilgiler|
        дополнительная информация|прочее|додаткова інформація|ostatni|egyeb|alte informatii|
        其他|其它|附加信息|其他信息|附加資訊|本人希望記入欄|本人希望|その他|特記事項|通勤時間|所属学会|教育歴|学位|
        記入上の注意|備考|기타|기타사항|병역|병역사항|معلومات إضافية|שונות|khac|lainnya
    """,
}

HEADINGS: Final[dict[str, Kind]] = {
    fold(phrase.strip()): kind
    for kind, block in _PHRASES.items()
    for phrase in block.replace("\n", " ").split("|")
    if phrase.strip()
}

# English headings are composed freely ("Selected Industry Experience & Internships"): a heading may consist of these
# words alone, as long as one of them is a key word; the last key word decides.
KEY_WORDS: Final[dict[str, Kind]] = {
    "experience": "work",
    "experiences": "work",
    "employment": "work",
    "internships": "work",
    "internship": "work",
    "career": "work",
    "education": "education",
    "qualifications": "education",
    "skills": "skills",
    "competencies": "skills",
    "expertise": "skills",
    "technologies": "skills",
    "proficiencies": "skills",
    "techniques": "skills",
    "tools": "skills",
    "instruments": "skills",
    "languages": "languages",
    "projects": "projects",
    "certifications": "certificates",
    "certificates": "certificates",
    "licenses": "certificates",
    "courses": "certificates",
    "training": "certificates",
    "awards": "awards",
    "honors": "awards",
    "honours": "awards",
    "achievements": "awards",
    "accomplishments": "awards",
    "scholarships": "awards",
    "publications": "publications",
    "presentations": "publications",
    "patents": "publications",
    "volunteering": "volunteer",
    "volunteer": "volunteer",
    "activities": "volunteer",
    "leadership": "volunteer",
    "interests": "interests",
    "hobbies": "interests",
    "summary": "summary",
    "profile": "summary",
    "objective": "summary",
    "references": "references",
    "memberships": "other",
    "affiliations": "other",
}
MODIFIERS: Final = frozenset(
    """my selected relevant professional work working key core main additional other related academic technical personal
    career industry recent previous prior past further general special specialized notable significant major research
    teaching clinical business executive management engineering software it computer history background and or & of the
    in with for / + summary highlights details information overview list areas area fields field international
    extracurricular community independent student university college graduate undergraduate postgraduate full time
    part freelance consulting military nursing legal sales marketing design creative media production film
    open source code digital hard soft interpersonal spoken foreign""".split()  # noqa: SIM905
)

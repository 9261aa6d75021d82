"""The vocabulary of section headings in the common languages of resumes.

Used mainly by `app.analysis.rules.structure.headings`. Phrases are in lower case, Latin ones without accents.
`app.analysis.rules.phrases.spelling.fold` is applied to both sides of a comparison.
"""

from typing import Final

from app.analysis.rules.phrases.spelling import fold, word_set
from app.analysis.rules.structure.section_kinds import Kind
from app.analysis.rules.vocabulary.secondary_heading_words import ADDITIONAL_LANGUAGE_PHRASES, SECONDARY_PHRASES

_PHRASES: Final[dict[Kind, str]] = {
    "summary": """
        summary|professional summary|executive summary|career summary|summary of qualifications|
        qualifications summary|
        profile|professional profile|personal profile|career profile|about|about me|who i am|objective|
        career objective|
        professional objective|job objective|personal statement|professional statement|introduction|
        overview|
        career overview|highlights|career highlights|summary statement|bio|biography|short bio|headline|
        at a glance|
        research interests|research interest|hello|hi there|who am i|my story|info|statement|
        profile summary|key qualifications|background|professional background summary|value proposition|
        goal|goals|
        profil|kurzprofil|uber mich|zu meiner person|zusammenfassung|berufsprofil|kurzvorstellung|ziel|
        berufsziel|
        berufliches ziel|personliches profil|
        profil professionnel|a propos|a propos de moi|resume|resume professionnel|objectif|
        objectif professionnel|
        accroche|presentation|qui suis-je|mon profil|
        perfil|perfil profesional|sobre mi|acerca de mi|resumen|resumen profesional|objetivo|
        objetivo profesional|
        extracto|presentacion|
        profilo|profilo professionale|profilo personale|chi sono|su di me|sommario|obiettivo|
        obiettivo professionale|
        riepilogo|presentazione|
        perfil profissional|resumo|resumo profissional|sobre|sobre mim|objetivo profissional|
        apresentacao|
        profiel|over mij|samenvatting|persoonlijk profiel|professioneel profiel|doelstelling|wie ben ik|
        profil zawodowy|podsumowanie|o mnie|podsumowanie zawodowe|cel zawodowy|
        profil osobisty|sammanfattning|om mig|om meg|om mig selv|sammendrag|resume / profil|
        ozet|hakkimda|kariyer hedefi|о себе|обо мне|цель|о мне|профиль|резюме|про себе|
        自我评价|个人简介|个人总结|个人评价|自我介绍|求职意向|职业目标|个人概述|关于我|职业概述|简介|
        自我描述|自我評價|
        自己pr|自己紹介|職務要約|要約|概要|志望動機|プロフィール|サマリー|自己ＰＲ|
        자기소개|요약|프로필|소개|الملخص|ملخص|תקציר
    """,
    "contact": """
        contact|contacts|contact details|contact information|contact info|contact me|get in touch|
        details|reach me|
        kontakt|kontaktdaten|kontaktinformationen|anschrift|coordonnees|contactez-moi|mes coordonnees|
        contacto|datos de contacto|informacion de contacto|contatti|recapiti|contato|contatos|
        informacoes de contato|
        contactgegevens|contact gegevens|kontaktuppgifter|yhteystiedot|dane kontaktowe|iletisim|
        контакты|контактная информация|
        联系方式|联系信息|联络方式|聯絡方式|連絡先|연락처|profiles|profile links|links|social|social media|
        social links|
        online profiles|online|web|social profiles|find me online|liens|enlaces|redes sociales|
        social networks
    """,
    "personal": """
        personal details|personal information|personal data|personal info|bio data|biodata|
        personal particulars|
        personal|personliche daten|angaben zur person|zur person|personalien|personliche angaben|
        informations personnelles|etat civil|donnees personnelles|renseignements personnels|
        informacao pessoal|datos personales|informacion personal|dati personali|informazioni personali|dados pessoais|
        informacoes pessoais|
        persoonlijke gegevens|personalia|persoonsgegevens|dane osobowe|personuppgifter|henkilotiedot|
        kisisel bilgiler|
        личная информация|личные данные|персональные данные|
        个人信息|基本信息|个人资料|基本资料|個人資料|基本情報|個人情報|인적사항|개인정보
    """,
    "work": """
        experience|experiences|work experience|work experiences|professional experience|employment|
        employment history|
        work history|career history|professional history|professional background|work|career|jobs|
        job history|job experience|
        where i've worked|where i worked|where i have worked|my experience|what i've done|
        what i have done|my journey|practice|roles|
        relevant experience|relevant work experience|related experience|industry experience|
        industrial experience|
        employment experience|work experience & internships|internships|internship|
        internship experience|
        internships and work experience|professional experience and internships|positions|
        positions held|appointments|
        academic appointments|professional appointments|academic positions|academic experience|
        teaching experience|
        research experience|clinical experience|nursing experience|military experience|military service|
        additional experience|other experience|earlier experience|previous experience|prior experience|
        early career|
        other work experience|past experience|current position|current role|consulting experience|
        freelance experience|
        freelance|leadership experience|management experience|technical experience|
        engineering experience|
        teaching|employment record|record of employment|career experience|experience summary|
        selected experience|
        selected work experience|career progression|professional career|professional positions|
        working experience|
        occupational experience|practical experience|work placements|placements|
        experience professionnelle|
        berufserfahrung|berufliche erfahrung|berufspraxis|beruflicher werdegang|berufstatigkeit|
        berufliche tatigkeit|
        berufliche stationen|werdegang|praktika|praktikum|praktische erfahrung|praktische erfahrungen|
        arbeitserfahrung|berufserfahrungen|berufliche laufbahn|berufliche praxis|berufsweg|
        praxiserfahrung|
        nebentatigkeiten|nebentatigkeit|werkstudententatigkeit|werkstudententatigkeiten|tatigkeiten|
        anstellungen|erfahrung|
        erfahrungen|berufsleben|berufliche tatigkeiten|studentische tatigkeiten|
        experiences professionnelles|parcours professionnel|experience|emplois|emploi|stages|stage|
        stages et emplois|stages professionnels|historique professionnel|parcours|missions|carriere|
        experiences professionnelles et stages|experience de travail|experiences de travail|
        experiencia|experiencia laboral|experiencia profesional|historial laboral|
        trayectoria profesional|
        trayectoria laboral|practicas|practicas profesionales|trayectoria|vida laboral|
        experiencias laborales|empleo|
        experiencias profesionales|
        esperienza|esperienze|esperienza lavorativa|esperienze lavorative|esperienza professionale|
        esperienze professionali|tirocini|stage e tirocini|carriera|percorso professionale|lavoro|
        experiencia profissional|experiencias profissionais|historico profissional|
        percurso profissional|estagios|estagio|
        trajetoria profissional|experiencia de trabalho|atuacao profissional|
        werkervaring|ervaring|ervaringen|professionele ervaring|loopbaan|arbeidsverleden|
        relevante werkervaring|
        beroepservaring|stages en werkervaring|
        doswiadczenie|doswiadczenie zawodowe|przebieg kariery|historia zatrudnienia|praca|
        arbetslivserfarenhet|erfarenhet|arbetserfarenhet|yrkeserfaring|arbeidserfaring|erhvervserfaring|
        tyokokemus|
        anstallningar|arbejdserfaring|erfaring|arbetslivserfarenheter|
        is deneyimi|deneyim|is tecrubesi|tecrube|mesleki deneyim|
        опыт работы|опыт|профессиональный опыт|трудовая деятельность|карьера|досвід роботи|досвід|
        pracovni zkusenosti|praxe|zamestnani|munkatapasztalat|szakmai tapasztalat|
        experienta profesionala|experienta|
        工作经历|工作经验|职业经历|实习经历|实习经验|工作履历|职业经验|工作與實習|工作經歷|工作經驗|
        实践经历|工作|经历|任职经历|
        職歴|職務経歴|業務経歴|職務経験|職務履歴|勤務経験|業務経験|アルバイト|インターン|インターンシップ|
        職務経歴詳細|経歴|
        경력|경력사항|경력 사항|직무경험|인턴|خبرات|الخبرة|الخبرات|الخبرة العملية|الخبرات العملية|ניסיון|
        ניסיון תעסוקתי|
        kinh nghiem|kinh nghiem lam viec|pengalaman|pengalaman kerja|riwayat pekerjaan
    """,
    "education": """
        education|education and training|education & training|academic background|academic history|
        academics|
        educational background|educational qualifications|educational qualification|
        academic qualifications|
        academic qualification|education history|academic education|formal education|qualifications|
        studies|degrees|
        academic credentials|educational history|education details|academic profile|academic record|
        scholastic record|
        where i studied|my education|academic details|education and qualifications|academic training|
        schooling|school|university education|
        education and certifications|education and professional development|academic|
        ausbildung|bildung|bildungsweg|studium|akademischer werdegang|akademische ausbildung|
        schulbildung|
        schulische ausbildung|hochschulbildung|ausbildungen|bildungsgang|schulausbildung|
        berufsausbildung|abschlusse|
        studium und ausbildung|ausbildung und studium|schulischer werdegang|schule|akademische laufbahn|
        universitare ausbildung|aus- und weiterbildung|bildungslaufbahn|hochschulstudium|
        schulbildung und studium|
        formation|formations|etudes|diplomes|parcours scolaire|parcours academique|cursus|
        cursus academique|scolarite|
        formation academique|education|diplomes et formations|formations et diplomes|formation initiale|
        cursus scolaire|
        etudes et formations|cursus universitaire|parcours universitaire|formation et diplomes|
        formacion|formacion academica|educacion|educacion y formacion|estudios|estudios academicos|formacion reglada|
        titulacion|titulaciones|
        datos academicos|historial academico|preparacion academica|formacion universitaria|
        istruzione|formazione|istruzione e formazione|formazione accademica|titoli di studio|studi|
        titolo di studio|
        percorso di studi|percorso formativo|
        formacao|formacao academica|educacao|educacao e formacao|escolaridade|habilitacoes|habilitacoes academicas|
        habilitacoes literarias|
        formacao e educacao|estudos|
        opleiding|opleidingen|onderwijs|studie|studies en opleidingen|scholing|vooropleiding|
        wyksztalcenie|wyksztalcenie i szkolenia|edukacja|utbildning|utbildningar|utdanning|uddannelse|koulutus|
        egitim|egitim bilgileri|ogrenim|образование|освіта|обучение|vzdelani|tanulmanyok|educatie|
        studii|
        教育经历|教育背景|学历|教育|学习经历|学术背景|教育情况|教育經歷|教育背景及经历|學歷|
        学歴|最終学歴|学歴等|학력|학력사항|학력 사항|교육|التعليم|المؤهلات|المؤهلات العلمية|השכלה|
        hoc van|pendidikan|riwayat pendidikan
    """,
    "skills": """
        tech|tech stack|datakunskaper|datorkunskaper|it-kunskaper|datorvana|
        paqueteria|software y paqueteria|manejo de paqueteria|atouts|habilidades blandas|habilidades tecnicas|
        skills|technical|technical skills|key skills|principales competences|principais competencias|
        principales aptitudes|competenze principali|top-kenntnisse|top kenntnisse|belangrijkste vaardigheden|
        core skills|skill set|skillset|skills summary|
        professional skills|
        core competencies|competencies|competences|key competencies|areas of expertise|expertise|
        technical expertise|
        technologies|technology|tools|tools and technologies|technical proficiencies|
        technical competencies|proficiencies|
        it skills|computer skills|software skills|software|hard skills|soft skills|programming skills|
        programming|
        skills and tools|skills and technologies|specialties|specialities|specializations|capabilities|
        technical summary|
        tech stack|tech skills|technical knowledge|it proficiency|strengths and skills|
        skills and expertise|
        skills and abilities|abilities|clinical skills|nursing skills|professional competencies|
        core strengths|
        technical toolkit|toolkit|areas of knowledge|knowledge|digital skills|other skills|
        additional skills|
        personal skills|practical skills|skills & competencies|skills and competencies|skill highlights|
        key strengths|strengths|
        languages and technologies|programming languages|languages & technologies|relevant skills|
        job skills|transferable skills|
        toolbox|my toolbox|what i do|what i know|methods and instruments|methods and tools|instruments|
        techniques|methods and techniques|
        software & skills|equipment|technical profile|laboratory skills|lab skills|methods|
        technical strengths|skill|it knowledge|
        kenntnisse|fahigkeiten|kompetenzen|it-kenntnisse|edv-kenntnisse|edv kenntnisse|edv|
        fachkenntnisse|qualifikationen|
        fahigkeiten und kenntnisse|kenntnisse und fahigkeiten|technische kenntnisse|
        fachliche kompetenzen|
        besondere kenntnisse|it-kompetenzen|programmierkenntnisse|computerkenntnisse|weitere kenntnisse|
        starken|
        kernkompetenzen|fachkompetenzen|technische fahigkeiten|soft skills|software-kenntnisse|
        softwarekenntnisse|
        technologien|sonstige kenntnisse|weitere qualifikationen|zusatzqualifikationen|
        personliche starken|it kenntnisse|
        kompetenzprofil|know-how|schlusselqualifikationen|
        competences|competences techniques|competences professionnelles|savoir-faire|savoir-etre|outils|
        competences informatiques|informatique|competences cles|aptitudes|logiciels|connaissances|
        technologies|qualites|
        competences et outils|competences metier|connaissances informatiques|domaines de competences|
        habilidades|aptitudes|competencias|conocimientos|conocimientos informaticos|
        habilidades tecnicas|informatica|
        conocimientos tecnicos|competencias tecnicas|herramientas|habilidades y competencias|
        competencias digitales|
        conocimientos de computacion|aptitudes y conocimientos|tecnologias|habilidades profesionales|
        competenze|capacita|competenze tecniche|competenze informatiche|capacita e competenze|
        conoscenze informatiche|
        competenze professionali|abilita|conoscenze|competenze digitali|competenze personali|
        competencias tecnicas|habilidades e competencias|conhecimentos|conhecimentos tecnicos|
        ferramentas|tecnologias|
        conhecimentos de informatica|aptidoes|competencias e habilidades|
        vaardigheden|competenties|kennis|computervaardigheden|technische vaardigheden|
        kennis en vaardigheden|
        umiejetnosci|kompetencje|kompetenser|fardigheter|ferdigheter|faerdigheder|osaaminen|taidot|
        kompetencer|
        yetenekler|beceriler|bilgisayar becerileri|yetkinlikler|
        навыки|ключевые навыки|профессиональные навыки|умения|компетенции|технологии|навички|dovednosti|
        znalosti|keszsegek|
        competente|abilitati|
        技能|专业技能|技术栈|技能特长|技能清单|个人技能|技术能力|职业技能|专业能力|掌握技能|技能与工具|
        專業技能|技能專長|it技能|
        スキル|技術スキル|活かせる経験・知識・技術|保有スキル|テクニカルスキル|得意分野|pcスキル|
        活かせるスキル|使用技術|
        활용능력|기술|보유기술|기술 스택|스킬|المهارات|مهارات|כישורים|מיומנויות|ky nang|keahlian|keterampilan
    """,
}

HEADINGS: Final[dict[str, Kind]] = {
    fold(phrase.strip()): kind
    for kind, block in (*_PHRASES.items(), *SECONDARY_PHRASES.items(), *ADDITIONAL_LANGUAGE_PHRASES.items())
    for phrase in block.replace("\n", " ").split("|")
    if phrase.strip()
}

# English headings are freely composed ("Selected Industry Experience & Internships"). A heading may consist of these
# words only, if at least one of them is a key word; the last key word decides.
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
MODIFIERS: Final = word_set("""
    my selected relevant professional work working key core main additional other related academic
    technical personal career industry recent previous prior past further general special specialized
    notable significant major research teaching clinical business executive management engineering
    software it computer history background and or & of the in with for / + summary highlights details
    information overview list areas area fields field international extracurricular community
    independent student university college graduate undergraduate postgraduate full time part freelance
    consulting military nursing legal sales marketing design creative media production film open source
    code digital hard soft interpersonal spoken foreign technology technological
    """)

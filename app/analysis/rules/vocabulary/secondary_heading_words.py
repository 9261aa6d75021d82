"""Headings other than work, education and skills, and those three in additional languages.

Used by `app.analysis.rules.vocabulary.heading_words`. Phrases are in lower case, Latin ones without accents.
"""

from typing import Final

from app.analysis.rules.structure.section_kinds import Kind

SECONDARY_PHRASES: Final[dict[Kind, str]] = {
    "languages": """
        languages|language|language skills|spoken languages|foreign languages|language proficiency|
        languages spoken|
        language competencies|linguistic skills|
        sprachen|sprachkenntnisse|fremdsprachen|sprachkompetenz|sprachkompetenzen|
        sprachliche kenntnisse|
        langues|langues etrangeres|langue|competences linguistiques|langues vivantes|
        idiomas|lenguas|conocimientos de idiomas|lenguajes|idioma|
        lingue|lingue straniere|competenze linguistiche|lingua|conoscenze linguistiche|linguas|
        linguas estrangeiras|
        talen|talenkennis|taalvaardigheden|taalvaardigheid|jezyki|jezyki obce|znajomosc jezykow|sprak|
        sprakkunskaper|
        sprog|kielitaito|kielet|diller|yabanci dil|yabanci diller|dil bilgisi|языки|иностранные языки|
        знание языков|мови|
        jazyky|jazykove znalosti|nyelvtudas|limbi straine|limbi|
        语言|语言能力|语言技能|外语|外语水平|外语能力|語言|語言能力|語学|語学力|言語|語学スキル|외국어|어학|
        언어|어학능력|
        اللغات|שפות|ngoai ngu|ngon ngu|bahasa|
        nyelvek|nyelvismeret|γλωσσες|ξενες γλωσσες|الكفاءات اللغوية|ידיעת שפות|cudzie jazyky|
        strani jezici|чужди езици|ngoai ngu|bahasa
    """,
    "summary": "желаемая должность|желаемая должность и зарплата|искомая должность",
    "projects": """
        projects|project|personal projects|side projects|selected projects|key projects|
        project experience|academic projects|
        notable projects|open source|open source projects|open-source|open source contributions|
        project work|
        technical projects|research projects|relevant projects|university projects|portfolio|
        project highlights|
        class projects|course projects|projects and research|major projects|engineering projects|
        project portfolio|
        selected work|selected works|recent work|case studies|samples|work samples|recent projects|
        software projects|independent projects|hackathons|capstone project|student projects|
        projekte|ausgewahlte projekte|projekterfahrung|projektliste|projektubersicht|eigene projekte|
        private projekte|
        projets|projets personnels|projets academiques|realisations|projets realises|
        proyectos|proyectos personales|proyectos academicos|progetti|progetti personali|projetos|
        projetos pessoais|
        projecten|persoonlijke projecten|projekty|projekt|projekter|prosjekter|projeler|проекты|
        проектный опыт|проєкти|
        项目经历|项目经验|项目|主要项目|个人项目|项目与协会|項目經驗|專案經驗|科研项目|プロジェクト|
        プロジェクト経験|制作実績|
        프로젝트|프로젝트 경험|المشاريع|פרויקטים|du an|proyek|
        projektit|projektek|proiecte|المشاريع المنجزة
    """,
    "certificates": """
        certifications|certification|certificates|certificate|licenses|licences|
        licenses and certifications|
        certifications and licenses|licensure|licensures|professional certifications|
        training and certifications|
        certifications and training|courses and certifications|courses|training|trainings|
        professional development|
        continuing education|professional training|further training|courses and training|
        training and courses|
        certificates and licenses|licenses & certificates|licensure and certifications|
        professional qualifications|
        additional training|workshops|online courses|seminars|license|
        credentials|
        tickets|tickets and cards|cards and tickets|tickets and licences|professional licenses|
        certificates and courses|courses & certificates|
        zertifikate|zertifizierungen|weiterbildung|weiterbildungen|fortbildungen|fortbildung|kurse|
        lehrgange|schulungen|
        zertifikate und weiterbildungen|seminare|fuhrerschein|fort- und weiterbildung|
        fort- und weiterbildungen|lizenzen|
        zertifizierung|weiterbildungen und zertifikate|berufliche weiterbildung|zusatzausbildungen|
        certificats|formations complementaires|habilitations|formation continue|formations continues|
        permis|
        certificats et formations|
        certificaciones|certificados|cursos|cursos y certificaciones|formacion complementaria|licencias|
        otros cursos|
        cursos y seminarios|formacion adicional|
        certificazioni|corsi|attestati|certificati|corsi di formazione|corsi e certificazioni|patente|
        patenti|
        certificacoes|cursos e certificacoes|cursos complementares|formacao complementar|
        qualificacoes e atividades complementares|atividades complementares|qualificacoes complementares|
        certificaten|cursussen|certificeringen|cursussen en certificaten|trainingen|
        certyfikaty|uprawnienia|uprawnienia i certyfikaty|kursy|szkolenia|kursy i szkolenia|
        certifikat|kurser|sertifikater|sertifikat|
        sertifikalar|kurslar|
        сертификаты|курсы|повышение квалификации|сертификати|курси|certifikaty|certificari|
        证书|资格证书|职业证书|培训经历|资质证书|认证|证书与认证|證照|证书资质|技能证书|专业证书|职业资格|培训|
        資格|免許・資格|資格・免許|保有資格|免許|取得資格|免許資格|자격증|자격사항|자격 사항|الشهادات|
        תעודות|chung chi|sertifikasi|pelatihan|
        kurssit|tanfolyamok|الدورات والشهادات|الدورات التدريبية|الشهادات والدورات|קורסים|קורסים והסמכות|
        הסמכות|курсы и сертификаты|повышение квалификации|повышение квалификации, курсы
    """,
    "awards": """
        awards|award|honors|honours|honors and awards|awards and honors|achievements|accomplishments|
        key achievements|
        scholarships|awards and scholarships|scholarships and awards|fellowships|grants|prizes|
        recognition|distinctions|
        awards and recognition|honors & awards|awards & honors|awards and achievements|academic honors|
        academic achievements|grants and awards|fellowships and awards|grants and fellowships|
        selected honors|
        auszeichnungen|preise|stipendien|ehrungen|auszeichnungen und stipendien|
        stipendien und auszeichnungen|preise und auszeichnungen|erfolge|
        prix|distinctions|recompenses|bourses|prix et distinctions|
        premios|reconocimientos|logros|becas|premios y reconocimientos|distinciones|becas y premios|
        premi|riconoscimenti|borse di studio|premi e riconoscimenti|premios e reconhecimentos|
        premiacoes|conquistas|
        onderscheidingen|prijzen|nagrody|nagrody i wyroznienia|osiagniecia|utmarkelser|stipendier|
        priser|odul|oduller|basarilar|
        награды|достижения|нагороди|oceneni|premii|
        获奖经历|荣誉奖项|奖项|获奖情况|荣誉|所获荣誉|奖励|获奖荣誉|荣誉证书|獲獎|獎項|受賞|受賞歴|表彰|賞罰|
        수상|수상경력|수상내역|수상 경력|الجوائز|giai thuong|penghargaan|prestasi|
        honors-awards|honours-awards|dijak|פרסים|הצטיינות|الجوائز والتكريمات
    """,
    "publications": """
        publications|publication|selected publications|research publications|papers|journal articles|
        peer-reviewed publications|
        peer reviewed publications|conference papers|conference publications|articles|books|patents|
        patents and publications|publications and presentations|presentations|talks|invited talks|
        conference presentations|
        selected talks|publications and patents|publications & presentations|writing|book chapters|
        journal publications|
        refereed journal publications|refereed publications|working papers|preprints|
        publications and talks|
        selected presentations|speaking|scientific publications|publications and conferences|
        veroffentlichungen|publikationen|vortrage|patente|publikationsliste|publikationen und vortrage|
        publications scientifiques|brevets|articles scientifiques|communications|
        publicaciones|publicaciones cientificas|ponencias|articulos|pubblicazioni|brevetti|publicacoes|
        artigos|publicaties|
        publikacje|publikationer|publikasjoner|julkaisut|yayinlar|публикации|научные публикации|
        публікації|publikace|publicatii|
        论文|发表论文|学术著作|学术成果|出版物|论文发表|学术论文|科研成果|專利|专利|論文|研究業績|著書|
        発表論文|業績|논문|출판|المنشورات|פרסומים|
        publikaciok|δημοσιευσεις
    """,
    "volunteer": """
        volunteer|volunteering|volunteer experience|volunteer work|community service|
        community involvement|
        volunteer activities|voluntary work|voluntary experience|extracurricular activities|
        extracurriculars|extra-curricular activities|
        activities|leadership|leadership and activities|activities and leadership|community|
        community engagement|
        volunteerism|volunteer service|civic engagement|organizations|student activities|
        campus involvement|
        leadership and involvement|extracurricular|governance|volunteering experience|service|
        positions of responsibility|
        co-curricular activities|outreach|volunteer and community|
        ehrenamt|ehrenamtliche tatigkeit|ehrenamtliche tatigkeiten|ehrenamtliches engagement|engagement|
        soziales engagement|gesellschaftliches engagement|ausseruniversitares engagement|
        freiwilligenarbeit|
        freiwilliges engagement|engagement und ehrenamt|
        benevolat|experience associative|experiences associatives|vie associative|engagement associatif|
        volontariat|
        engagements|activites extra-professionnelles|engagements associatifs|activites benevoles|
        voluntariado|trabajo voluntario|actividades extracurriculares|volontariato|
        attivita di volontariato|
        trabalho voluntario|atividades extracurriculares|vrijwilligerswerk|nevenactiviteiten|
        bestuurservaring|
        wolontariat|frivilligt arbete|ideellt engagemang|frivillig arbeid|frivilligt arbejde|gonulluluk|
        gonullu calismalar|
        волонтерство|волонтерская деятельность|общественная деятельность|
        волонтерство та громадська діяльність|dobrovolnictvi|voluntariat|
        志愿者经历|志愿经历|志愿服务|社会实践|校园经历|社团经历|学生工作|校园活动|社团和组织经历|在校经历|
        在校情况|
        ボランティア|ボランティア活動|課外活動|社会活動|봉사활동|대외활동|동아리|العمل التطوعي|התנדבות|hoat dong|
        extracurricular activity|ideella uppdrag|ideellt uppdrag|vapaaehtoistyo|onkentes munka|التطوع|
        الأعمال التطوعية|שירות צבאי|שירות צבאי והתנדבות|צבא|engagement benevole|association work|
        verenigingsleven|nebenamtliche tatigkeiten
    """,
    "interests": """
        interests|hobbies|hobbies and interests|interests and hobbies|personal interests|
        hobbies & interests|
        interests & hobbies|hobby|leisure|leisure activities|passions|outside interests|
        activities and interests|
        my interests|fun facts|pastimes|other interests|hobbies/interests|
        interessen|hobbys|hobbies und interessen|hobbys und interessen|interessen und hobbys|freizeit|
        personliche interessen|
        freizeitaktivitaten|interessen & hobbys|freizeitinteressen|
        centres d'interet|centres d'interets|loisirs|interets|activites|centre d'interet|
        centre d'interets|passions|
        loisirs et centres d'interet|interets et loisirs|divers|
        intereses|aficiones|pasatiempos|hobbies e intereses|intereses personales|intereses y aficiones|
        interessi|hobby e interessi|interessi personali|tempo libero|interesses|passatempos|
        hobbies e interesses|interesses pessoais|
        interesses en hobby's|hobby's|hobby's en interesses|zainteresowania|hobby i zainteresowania|
        intressen|fritid|
        fritidsintressen|interesser|fritidsinteresser|harrastukset|ilgi alanlari|hobiler|
        интересы|хобби|увлечения|хобі|інтереси|zajmy|konicky|hobbi|pasiuni|interese|
        兴趣爱好|个人兴趣|爱好|兴趣|特长爱好|興趣|興趣愛好|趣味|趣味・特技|特技|特技・趣味|趣味・特技など|
        취미|관심사|취미/특기|
        الهوايات|الاهتمامات|תחביבים|so thich|hobi|minat|
        erdeklodes|hobbik|ενδιαφεροντα|هوايات|الهوايات والاهتمامات
    """,
    "references": """
        references|referees|reference|references available|references available on request|
        references available upon request|
        references on request|references upon request|references are available on request|
        references are available upon request|
        referenzen auf anfrage|references sur demande|referencias disponibles|referenze su richiesta|
        referenties op aanvraag|professional references|testimonials|recommendations|
        referenzen|referenz|empfehlungen|references professionnelles|recommandations|referencias|
        referencias laborales|
        referenze|recomendacoes|referenties|referencje|referenser|referanser|suosittelijat|referanslar|
        рекомендации|рекомендації|referinte|推荐人|推薦人|推薦者|추천인|المراجع|ממליצים|nguoi tham chieu|
        referensi|
        referencer|referenciak|συστασεις
    """,
    "history": """
        学歴・職歴|学歴職歴|学歴/職歴|学歴及び職歴|学歴・職歴(各別にまとめて書く)|
        学歴・職歴(各項目ごとにまとめて書く)|履歴
    """,
    "other": """
        memberships|reading|affiliation|professional memberships|affiliations|professional affiliations|
        professional associations|
        associations|memberships and affiliations|professional memberships and affiliations|
        miscellaneous|
        additional information|other|other information|further information|notes|declaration|
        availability|security clearance|
        coursework|relevant coursework|visa status|work authorization|citizenship|military|professional service|
        academic service|
        service to the profession|students supervised|supervision|mentoring|research|research areas|
        thesis|dissertation|doctoral thesis|master thesis|media|press|exhibitions|selected exhibitions|
        performances|
        conferences|conferences attended|quotes|philosophy|my life philosophy|my time|day of my life|
        most proud of|
        achievements and interests|career break|travel|reviewing|editorial activities|expected salary|
        salary|
        sonstiges|weitere angaben|weiteres|verschiedenes|zusatzliche informationen|mitgliedschaften|
        wehrdienst|zivildienst|
        bundeswehr|anlagen|abschlussarbeit|forschungsinteressen|wehrdienst/zivildienst|
        auslandsaufenthalte|auslandserfahrung|
        autres|autres informations|informations complementaires|complements|affiliations|mobilite|
        otros|otros datos|informacion adicional|datos adicionales|otros datos de interes|
        datos de interes|tesis|
        miscelaneo|disponibilidad|carne de conducir|permiso de conducir|
        altro|altre informazioni|ulteriori informazioni|autorizzazione|trattamento dei dati personali|
        outras informacoes|informacoes adicionais|informacoes complementares|outros|overig|overige|
        overige informatie|
        rijbewijs|inne|dodatkowe informacje|klauzula|ovrigt|annet|ovrig informasjon|korkort|diger|
        ek bilgiler|
        дополнительная информация|прочее|додаткова інформація|ostatni|egyeb|alte informatii|
        其他|其它|附加信息|其他信息|附加資訊|本人希望記入欄|本人希望|その他|特記事項|通勤時間|所属学会|
        教育歴|学位|
        記入上の注意|備考|기타|기타사항|병역|병역사항|معلومات إضافية|שונות|khac|lainnya
    """,
}

# Work, education, skills, summary and personal details in additional languages.
ADDITIONAL_LANGUAGE_PHRASES: Final[dict[Kind, str]] = {
    "work": """
        ansaettelser|ansættelser|εργασιακη εμπειρια|επαγγελματικη εμπειρια|προϋπηρεσια|الخبرة المهنية|
        الخبرة العملية|الخبرات المهنية|ניסיון מקצועי|ניסיון עבודה|pracovne skusenosti|radno iskustvo|
        delovne izkusnje|трудов стаж|професионален опит|kinh nghiem lam viec|pengalaman kerja|
        riwayat pekerjaan
    """,
    "education": """
        schul- und berufsausbildung|schul- und hochschulausbildung|hochschulausbildung|hochschulbildung|
        schulischer werdegang|iskolai vegzettseg|vegzettseg|εκπαιδευση|σπουδες|المؤهلات الأكاديمية|
        المؤهل العلمي|المؤهلات الدراسية|الدراسة|לימודים|השכלה אקדמית|vzdelanie|obrazovanje|izobrazba|
        образование и квалификации|formacio|hoc van|trinh do hoc van|pendidikan|riwayat pendidikan
    """,
    "skills": """
        top skills|areas of strength|core strengths|kunskaper|it-kundskaber|ismeretek|aptitudini|
        δεξιοτητες|المهارات التقنية|المهارات الشخصية|الكفاءات|zrucnosti|vjestine|vestine|умения|ky nang|
        keahlian|keterampilan
    """,
    "summary": """
        tiivistelma|profiili|o mne|bemutatkozas|despre mine|προφιλ|نبذة شخصية|نبذة عني|الملخص المهني|
        الهدف الوظيفي|الهدف|תמצית|תמצית מקצועית|פרופיל|פרופיל אישי|אודות|gioi thieu|tentang saya
    """,
    "personal": """
        personliches|personlige oplysninger|osobni udaje|szemelyes adatok|informatii personale|
        προσωπικα στοιχεια|المعلومات الشخصية|البيانات الشخصية|פרטים אישיים
    """,
}

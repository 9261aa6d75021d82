"""Words that identify a degree or a school-leaving certificate; used by `app.analysis.rules.phrases.degrees`.

Latin words are folded (`app.analysis.rules.phrases.spelling.fold`): lower case, without accents, and here also without
full stops.
"""

from typing import Final

from app.analysis.rules.phrases.spelling import word_list, word_set

# Abbreviations, compared after full stops and spaces are removed ("B. Sc." -> "bsc").
DEGREE_SHORT: Final = word_set("""
    ba bs bsc bsn ab sb beng btech be bba bcom bcomm bca bfa bed llb barch bscs bsee bpharm bphil bmus
    basc bas bsba bsw bams ma ms msc meng mtech me mba mcom mca mfa med llm march mph mpa mpp mphil mres
    mpharm mse mscs msee msn msw mim emba mst phd dphil edd dba jd md dds dvm pharmd drnat drphil dring
    dr dnp psyd scd habil mchem mphys mmath msci mbiol mgeol menv mcomp mbbs mbchb bds bvsc mlitt mls
    mlis mmed mfin macc mtesol mps bch bmath bmed bdes mdes bap baf bms bped med bpt mpt mbs bcs mcs aa
    as aas aab ged hnd hnc nvq gcse gcses pgce pgdip pgcert btec hsc ssc ib abitur dut bts deug dess dea
    cap bep deust bac licence but deust ba(hons) bsc(hons) btec dipl diplom magister staatsexamen
    fachabitur matura abi mag dott dottssa
    """)

DEGREE_WORDS: Final = word_set("""
    associate bachelor bachelors bachelor's baccalaureate master masters master's doctor doctorate
    doctoral ph.d phd postgraduate undergraduate associate's associates diploma diplomas degree
    certificate a-level a-levels o-level o-levels a-level's gcses foundation high-school minor major
    postdoctoral juris honours honors diplom magister staatsexamen abitur fachabitur fachhochschulreife
    hochschulreife mittlere realschulabschluss hauptschulabschluss abschluss promotion doktor doktorat
    habilitation lehre berufsausbildung ausbildung gesellenbrief meisterbrief mittelschulabschluss
    matura maturitat reifeprufung umschulung fortbildung fachabschluss vordiplom lehramt
    diplom-ingenieur licence licencie maitrise baccalaureat bac diplome doctorat agregation capes brevet bts dut mastere
    certificat ingenieur prepa classe licenciatura licenciado licenciada grado graduado graduada master
    maestria diplomatura diplomado doctorado bachillerato ciclo tecnico ingenieria postgrado posgrado
    titulo bachiller eso fp laurea diploma maturita dottorato magistrale triennale specialistica
    qualifica perfezionamento graduacao bacharelado bacharel mestrado doutorado licenciatura tecnologo
    especializacao pos-graduacao ensino mestre doutoramento secundario propedeuse vwo havo vmbo mbo hbo
    wo bachelordiploma masterdiploma licencjat magister inzynier matura kandidatexamen masterexamen
    civilingenjor gymnasieexamen kandidat studentexamen bachelorgrad mastergrad cand.merc lisans
    onlisans doktora бакалавр магистр специалист диплом кандидат аспирантура бакалавриат магистратура
    بكالوريوس البكالوريوس ماجستير الماجستير دكتوراه الدكتوراه دبلوم الدبلوم ليسانس الثانوية תואר בוגר
    מוסמך דוקטורט בגרות הנדסאי תעודת מהנדס πτυχιο μεταπτυχιακο διδακτορικο απολυτηριο
    professionsbachelor kandidatgrad diplomingenior hf hhx htx stx svendebrev akademiuddannelse
    forskollararexamen larareexamen sjukskoterskeexamen hogskoleexamen yrkesexamen magisterexamen
    fackskola barn- studia podyplomowe inzynierskie magisterskie licencjackie technik meisterprufung
    meister gesellenprufung contaduria abogacia bachiller tecnologo perito diploma lisansustu diploma
    okleveles alapdiploma mesterdiploma licenta masterat bacalaureat
    """)
CJK_DEGREE: Final = word_list("""
    学士 硕士 碩士 博士 本科 大专 专科 研究生 修士 高中 学位 MBA 卒業 修了 학사 석사 박사 졸업 准学士
    學士
    """)

# Labels before a list of courses ("Relevant coursework: ...").
COURSE_LABELS: Final = word_list("""
    courses coursework course relevant-coursework relevant-courses major-courses incoming-courses
    selected-coursework key-courses core-courses modules subjects kurs kurse schwerpunkte schwerpunkt
    studienschwerpunkte studienschwerpunkt lehrveranstaltungen vertiefung cours modules matieres
    asignaturas materias cursos esami corsi disciplinas vakken 课程 主修课程 核心课程 主要课程 相关课程
    専攻科目 履修科目
    """)

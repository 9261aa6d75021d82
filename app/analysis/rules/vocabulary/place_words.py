"""Names of countries, regions and large cities; `app.analysis.rules.phrases.places` uses them to recognize a place.

All are folded (`app.analysis.rules.phrases.spelling.fold`): lower case, without accents.
"""

from typing import Final

from app.analysis.rules.phrases.spelling import phrase_set, word_list

COUNTRIES: Final = phrase_set("""
    usa|u.s.a.|us|u.s.|united states|united states of america|uk|u.k.|united kingdom|great britain|
    england|scotland|wales|
    northern ireland|ireland|germany|deutschland|austria|osterreich|switzerland|schweiz|suisse|svizzera|
    france|frankreich|
    spain|espana|espagne|spanien|portugal|italy|italia|italien|italie|netherlands|the netherlands|
    nederland|niederlande|holland|
    pays-bas|belgium|belgie|belgique|belgien|luxembourg|luxemburg|denmark|danmark|danemark|norway|norge|
    norwegen|sweden|sverige|
    schweden|finland|suomi|finnland|iceland|poland|polska|polen|pologne|czech republic|czechia|slovakia|
    hungary|magyarorszag|ungarn|
    romania|bulgaria|greece|griechenland|turkey|turkiye|turkei|cyprus|malta|croatia|hrvatska|serbia|
    srbija|slovenia|slovenija|bosnia and herzegovina|
    montenegro|north macedonia|albania|kosovo|estonia|latvia|lithuania|ukraine|belarus|russia|
    russian federation|moldova|georgia|
    armenia|azerbaijan|kazakhstan|uzbekistan|israel|palestine|lebanon|jordan|syria|iraq|iran|
    saudi arabia|uae|u.a.e.|
    united arab emirates|qatar|kuwait|bahrain|oman|yemen|egypt|morocco|maroc|algeria|algerie|tunisia|
    tunisie|libya|sudan|
    ethiopia|kenya|uganda|tanzania|rwanda|nigeria|ghana|senegal|cote d'ivoire|ivory coast|cameroon|
    cameroun|south africa|zimbabwe|zambia|
    botswana|namibia|mozambique|angola|madagascar|mauritius|india|pakistan|bangladesh|sri lanka|nepal|
    bhutan|maldives|
    china|hong kong|macau|taiwan|japan|south korea|korea|republic of korea|north korea|mongolia|vietnam|
    viet nam|thailand|cambodia|laos|
    myanmar|malaysia|singapore|indonesia|philippines|brunei|australia|new zealand|fiji|papua new guinea|
    canada|mexico|
    guatemala|honduras|el salvador|nicaragua|costa rica|panama|cuba|dominican republic|
    republica dominicana|haiti|jamaica|
    puerto rico|trinidad and tobago|bahamas|barbados|colombia|venezuela|ecuador|peru|bolivia|paraguay|
    uruguay|argentina|
    chile|brazil|brasil|europe|eu|中国|日本|香港|台湾|韩国|美国|英国|德国|法国|新加坡|加拿大|澳大利亚|
    россия|украина|대한민국
    """)

US_STATES: Final = frozenset(
    word_list("""
    AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC
    ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR ON QC BC AB MB SK NS NB NL PE YT NT NU NSW
    VIC QLD TAS ACT SP RJ MG RS BA UK USA US UAE ST D.C.
    """)
)

REGIONS: Final = phrase_set("""
    alabama|alaska|arizona|arkansas|california|colorado|connecticut|delaware|florida|georgia|hawaii|
    idaho|illinois|indiana|iowa|
    kansas|kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|mississippi|missouri|
    montana|nebraska|nevada|
    new hampshire|new jersey|new mexico|new york|north carolina|north dakota|ohio|oklahoma|oregon|
    pennsylvania|rhode island|
    south carolina|south dakota|tennessee|texas|utah|vermont|virginia|washington|west virginia|
    wisconsin|wyoming|ontario|quebec|
    british columbia|alberta|manitoba|saskatchewan|nova scotia|new south wales|victoria|queensland|
    tasmania|western australia|
    bayern|bavaria|baden-wurttemberg|nordrhein-westfalen|nrw|hessen|sachsen|thuringen|niedersachsen|
    brandenburg|
    rheinland-pfalz|saarland|schleswig-holstein|sachsen-anhalt|mecklenburg-vorpommern|tirol|steiermark|
    karnten|
    ile-de-france|bretagne|normandie|occitanie|provence|catalunya|cataluna|andalucia|galicia|pais vasco|
    lombardia|toscana|veneto|piemonte|lazio|sicilia|maharashtra|karnataka|tamil nadu|telangana|gujarat|
    kerala|punjab|
    haryana|uttar pradesh|west bengal|delhi|lagos state|guangdong|zhejiang|jiangsu|bay area|
    san francisco bay area|
    yorkshire|lancashire|kent|surrey|essex|sussex|hampshire|cheshire|hertfordshire|berkshire|devon|
    cornwall|norfolk|suffolk
    """)

CITIES: Final = phrase_set("""
    london|manchester|birmingham|leeds|liverpool|bristol|sheffield|edinburgh|glasgow|cardiff|belfast|
    nottingham|leicester|
    newcastle|newcastle upon tyne|southampton|portsmouth|oxford|cambridge|brighton|reading|york|dublin|
    cork|galway|limerick|
    coventry|bath|exeter|norwich|aberdeen|dundee|swansea|plymouth|derby|hull|milton keynes|
    new york|new york city|nyc|los angeles|chicago|houston|phoenix|philadelphia|san antonio|san diego|
    dallas|san jose|austin|
    jacksonville|fort worth|columbus|charlotte|san francisco|indianapolis|seattle|denver|washington|
    washington dc|boston|
    nashville|el paso|detroit|oklahoma city|portland|las vegas|memphis|louisville|baltimore|milwaukee|
    albuquerque|tucson|fresno|
    sacramento|kansas city|atlanta|omaha|colorado springs|raleigh|miami|oakland|minneapolis|tulsa|tampa|
    new orleans|cleveland|
    honolulu|anaheim|st. louis|saint louis|pittsburgh|cincinnati|orlando|buffalo|durham|madison|boise|
    salt lake city|palo alto|
    mountain view|menlo park|cupertino|sunnyvale|santa clara|berkeley|redmond|bellevue|ann arbor|
    brooklyn|queens|manhattan|
    rochester|providence|hartford|richmond|santa monica|irvine|pasadena|scottsdale|boulder|spokane|
    tacoma|
    toronto|montreal|vancouver|calgary|edmonton|ottawa|winnipeg|halifax|waterloo|mississauga|
    quebec city|
    sydney|melbourne|brisbane|perth|adelaide|canberra|auckland|wellington|christchurch|
    berlin|hamburg|munchen|munich|koln|cologne|frankfurt|frankfurt am main|stuttgart|dusseldorf|
    dortmund|essen|leipzig|bremen|
    dresden|hannover|hanover|nurnberg|nuremberg|duisburg|bochum|wuppertal|bielefeld|bonn|munster|
    karlsruhe|mannheim|augsburg|
    wiesbaden|gelsenkirchen|monchengladbach|braunschweig|kiel|chemnitz|aachen|halle|magdeburg|freiburg|
    freiburg im breisgau|krefeld|lubeck|mainz|
    erfurt|rostock|kassel|potsdam|saarbrucken|heidelberg|darmstadt|regensburg|wurzburg|ingolstadt|ulm|
    heilbronn|gottingen|
    wolfsburg|jena|erlangen|trier|konstanz|passau|bamberg|tubingen|oldenburg|osnabruck|paderborn|
    koblenz|furth|
    wien|vienna|graz|linz|salzburg|innsbruck|klagenfurt|zurich|geneve|geneva|genf|basel|bern|lausanne|
    luzern|winterthur|st. gallen|
    paris|marseille|lyon|toulouse|nice|nantes|strasbourg|montpellier|bordeaux|lille|rennes|reims|
    le havre|grenoble|dijon|angers|
    nimes|villeurbanne|brest|tours|limoges|amiens|metz|besancon|orleans|rouen|mulhouse|caen|nancy|
    clermont-ferrand|
    bruxelles|brussel|brussels|antwerpen|antwerp|gent|ghent|liege|leuven|brugge|
    amsterdam|rotterdam|den haag|the hague|utrecht|eindhoven|groningen|tilburg|almere|breda|nijmegen|
    delft|leiden|maastricht|arnhem|haarlem|enschede|
    madrid|barcelona|valencia|sevilla|seville|zaragoza|malaga|murcia|palma|bilbao|alicante|cordoba|
    valladolid|vigo|gijon|granada|
    a coruna|vitoria|oviedo|pamplona|santander|salamanca|san sebastian|burgos|toledo|cadiz|leon|
    tarragona|girona|
    lisboa|lisbon|porto|braga|coimbra|aveiro|faro|setubal|
    roma|rome|milano|milan|napoli|naples|torino|turin|palermo|genova|genoa|bologna|firenze|florence|
    bari|catania|venezia|venice|
    verona|padova|trieste|brescia|parma|modena|pisa|perugia|bergamo|trento|siena|cagliari|
    kobenhavn|copenhagen|aarhus|odense|oslo|bergen|trondheim|stavanger|stockholm|goteborg|gothenburg|
    malmo|uppsala|lund|linkoping|helsinki|
    helsingfors|espoo|tampere|turku|reykjavik|warszawa|warsaw|krakow|lodz|wroclaw|poznan|gdansk|
    katowice|lublin|szczecin|
    praha|prague|brno|ostrava|bratislava|budapest|debrecen|bucuresti|bucharest|cluj-napoca|timisoara|
    iasi|sofia|athens|
    thessaloniki|istanbul|ankara|izmir|bursa|antalya|belgrade|beograd|novi sad|zagreb|split|ljubljana|
    sarajevo|skopje|tirana|
    tallinn|riga|vilnius|kaunas|kyiv|kiev|lviv|odesa|kharkiv|minsk|moscow|saint petersburg|
    st. petersburg|tbilisi|yerevan|baku|
    tel aviv|jerusalem|haifa|beirut|amman|dubai|abu dhabi|doha|riyadh|jeddah|cairo|alexandria|
    casablanca|rabat|tunis|algiers|
    lagos|abuja|accra|nairobi|kampala|kigali|dakar|abidjan|addis ababa|johannesburg|cape town|durban|
    pretoria|
    mumbai|delhi|new delhi|bangalore|bengaluru|hyderabad|ahmedabad|chennai|kolkata|pune|jaipur|noida|
    gurgaon|gurugram|kochi|
    coimbatore|lucknow|chandigarh|indore|nagpur|karachi|lahore|islamabad|dhaka|colombo|kathmandu|
    beijing|shanghai|guangzhou|shenzhen|hangzhou|chengdu|wuhan|nanjing|suzhou|xi'an|tianjin|hong kong|
    taipei|tokyo|osaka|kyoto|
    nagoya|yokohama|fukuoka|sapporo|kobe|seoul|busan|bangkok|hanoi|ho chi minh city|kuala lumpur|
    singapore|jakarta|manila|
    quezon city|makati|cebu|
    mexico city|ciudad de mexico|cdmx|guadalajara|monterrey|puebla|bogota|medellin|cali|lima|quito|
    guayaquil|santiago|
    santiago de chile|buenos aires|rosario|montevideo|asuncion|la paz|caracas|san jose|panama city|
    santo domingo|
    sao paulo|rio de janeiro|brasilia|belo horizonte|curitiba|porto alegre|salvador|recife|fortaleza|
    florianopolis|campinas|
    北京|上海|广州|深圳|杭州|成都|武汉|南京|苏州|西安|天津|重庆|长沙|青岛|厦门|東京|大阪|京都|名古屋|横浜|
    福岡|札幌|神戸|台北|서울|부산|
    москва|санкт-петербург|киев|київ|новосибирск|екатеринбург|казань
    """)

REMOTE_WORDS: Final = phrase_set("""
    remote|hybrid|on-site|onsite|home office|homeoffice|teletravail|a distance|teletrabajo|remoto|en remoto|da remoto|
    telewerken|remote work|fully remote|worldwide|远程|リモート
    """)

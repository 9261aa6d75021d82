"""Maps well-known cities to their country, to interpret phone numbers without a country code; called by grounding.

It has only cities whose name most readers connect with one place. A name that large cities in two countries share is
left out.
"""

import re
from collections import Counter

from app.analysis.folding import fold

# ISO 3166-1 alpha-2 -> capitals and large cities, in English and in the country's own language.
_CITIES = {
    "GB": "London|Manchester|Leeds|Glasgow|Edinburgh|Liverpool|Bristol|Sheffield|Cardiff|Belfast|Nottingham|Leicester",
    "IE": "Dublin|Cork|Galway|Limerick|Dundalk|Waterford",
    "DE": "Berlin|Hamburg|München|Munich|Köln|Cologne|Frankfurt|Frankfurt am Main|Stuttgart|Düsseldorf|Leipzig|Dortmund"
    "|Essen|Bremen|Dresden|Hannover|Hanover|Nürnberg|Nuremberg|Bonn|Karlsruhe|Mannheim|Münster|Freiburg",
    "AT": "Wien|Vienna|Graz|Linz|Salzburg|Innsbruck|Klagenfurt",
    "CH": "Zürich|Zurich|Genf|Genève|Geneva|Basel|Bern|Lausanne|Luzern|Lucerne|Winterthur|St. Gallen",
    "FR": "Paris|Lyon|Marseille|Toulouse|Nice|Nantes|Strasbourg|Montpellier|Bordeaux|Lille|Rennes|Grenoble|Dijon",
    "BE": "Bruxelles|Brussels|Brussel|Antwerpen|Antwerp|Gent|Ghent|Liège|Leuven|Brugge|Namur",
    "NL": "Amsterdam|Rotterdam|Den Haag|The Hague|Utrecht|Eindhoven|Groningen|Tilburg|Delft|Leiden|Nijmegen|Arnhem",
    "ES": "Madrid|Barcelona|Sevilla|Seville|Zaragoza|Málaga|Bilbao|Murcia|Palma|Donostia|San Sebastián|Vigo|Gijón",
    "PT": "Lisboa|Lisbon|Porto|Braga|Coimbra|Aveiro|Faro",
    "IT": "Roma|Rome|Milano|Milan|Napoli|Naples|Torino|Turin|Palermo|Genova|Bologna|Firenze|Florence|Venezia|Verona",
    "SE": "Stockholm|Göteborg|Gothenburg|Malmö|Uppsala|Linköping|Västerås|Örebro|Lund",
    "NO": "Oslo|Bergen|Trondheim|Stavanger|Tromsø",
    "DK": "København|Copenhagen|Aarhus|Århus|Odense|Aalborg",
    "FI": "Helsinki|Espoo|Tampere|Turku|Oulu|Vantaa",
    "PL": "Warszawa|Warsaw|Kraków|Cracow|Łódź|Wrocław|Poznań|Gdańsk|Szczecin|Katowice|Lublin",
    "CZ": "Praha|Prague|Brno|Ostrava|Plzeň",
    "HU": "Budapest|Debrecen|Szeged",
    "RO": "București|Bucharest|Cluj-Napoca|Timișoara|Iași",
    "GR": "Athens|Thessaloniki|Αθήνα|Θεσσαλονίκη",
    "TR": "İstanbul|Istanbul|Ankara|İzmir|Izmir|Bursa|Antalya",
    "UA": "Kyiv|Kiev|Kharkiv|Lviv|Odesa|Київ|Харків|Львів",
    "RU": "Moscow|Saint Petersburg|St. Petersburg|Novosibirsk|Москва|Санкт-Петербург|Новосибирск",
    "IN": "Mumbai|Delhi|New Delhi|Bengaluru|Bangalore|Hyderabad|Chennai|Kolkata|Pune|Ahmedabad"
    "|Jaipur|Noida|Gurgaon|Gurugram",
    "PK": "Karachi|Lahore|Islamabad|Rawalpindi|Faisalabad",
    "BD": "Dhaka|Chittagong|Chattogram",
    "LK": "Colombo|Kandy",
    "NP": "Kathmandu",
    "CN": "Beijing|Shanghai|Guangzhou|Shenzhen|Chengdu|Hangzhou|Wuhan|Nanjing|Tianjin|Chongqing"
    "|北京|上海|广州|深圳|成都|杭州|武汉|南京",
    "HK": "Hong Kong|香港",
    "TW": "Taipei|Kaohsiung|Taichung|台北|臺北|高雄",
    "JP": "Tokyo|Osaka|Kyoto|Yokohama|Nagoya|Sapporo|Fukuoka|Kobe|東京|大阪|京都|横浜|名古屋|札幌|福岡|神戸",
    "KR": "Seoul|Busan|Incheon|Daegu|Daejeon|서울|부산|인천|대구|대전",
    "SG": "Singapore",
    "MY": "Kuala Lumpur|Penang|Johor Bahru",
    "TH": "Bangkok|Chiang Mai",
    "VN": "Hanoi|Ho Chi Minh City|Da Nang|Hà Nội",
    "ID": "Jakarta|Surabaya|Bandung",
    "PH": "Manila|Quezon City|Cebu|Makati|Davao",
    "AU": "Sydney|Melbourne|Brisbane|Perth|Adelaide|Canberra|Hobart|Gold Coast",
    "NZ": "Auckland|Wellington|Christchurch|Dunedin",
    "ZA": "Johannesburg|Cape Town|Durban|Pretoria|Port Elizabeth|Bloemfontein",
    "NG": "Lagos|Abuja|Ibadan|Port Harcourt|Kano",
    "KE": "Nairobi|Mombasa|Kisumu",
    "GH": "Accra|Kumasi",
    "EG": "Cairo|Alexandria|Giza|القاهرة",
    "MA": "Casablanca|Rabat|Marrakech|Marrakesh",
    "AE": "Dubai|Abu Dhabi|Sharjah|دبي",
    "SA": "Riyadh|Jeddah|Dammam|الرياض|جدة",
    "IL": "Tel Aviv|Haifa|Jerusalem|תל אביב",
    "BR": "São Paulo|Rio de Janeiro|Brasília|Salvador|Belo Horizonte|Curitiba|Porto Alegre|Recife|Fortaleza",
    "AR": "Buenos Aires|Rosario|Mendoza",
    "CL": "Valparaíso|Concepción|Santiago de Chile",
    "CO": "Bogotá|Medellín|Cali|Barranquilla",
    "MX": "Ciudad de México|Mexico City|Guadalajara|Monterrey|Puebla|Tijuana",
    "PE": "Lima|Arequipa",
    "US": "New York|Los Angeles|Chicago|Houston|Phoenix|Philadelphia|San Francisco|Seattle|Boston|Austin|Denver|Atlanta"
    "|Miami",
    "CA": "Toronto|Montréal|Montreal|Vancouver|Calgary|Ottawa|Edmonton|Winnipeg|Québec",
}
_COUNTRY_OF_CITY = {fold(city).text: code for code, cities in _CITIES.items() for city in cities.split("|")}
_CITY = re.compile(
    r"(?<!\w)(?:" + "|".join(sorted(map(re.escape, _COUNTRY_OF_CITY), key=len, reverse=True)) + r")(?!\w)"
)


def country_of_city(name: str) -> str | None:
    """`München` -> `DE`; None if the name is not that of a well-known city."""
    return _COUNTRY_OF_CITY.get(fold(name.partition(",")[0].strip()).text)


def countries_of_cities(text: str) -> list[str]:
    """The countries of the well-known cities in a text, the most frequent first."""
    named = Counter(_COUNTRY_OF_CITY[found[0]] for found in _CITY.finditer(fold(text).text))
    return [code for code, _ in named.most_common()]

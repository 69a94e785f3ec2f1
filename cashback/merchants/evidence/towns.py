"""Names of towns: the keys by which they are compared, and the larger French towns with their département."""

import re
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii

_DISTRICTED = ("PARIS", "LYON", "MARSEILLE")
_CEDEX = re.compile(r"\bCEDEX( \d{1,2})?\b|\bCEDE?$")
_POSTCODE = re.compile(r"\b\d{5}\b")
_DISTRICT = re.compile(r"^(PARIS|LYON|MARSEILLE) ?(\d{1,2}) ?(E|EME|ER|ERE|ARR|EME ARR|E ARR)?$")
_NUMBERED = re.compile(r"\b\d+(E|EME|ER|ERE)?\b")
_PHONE = re.compile(r"^[\d+().\-/ ]{6,}$")
_URL = re.compile(r"WWW|HTTP|@|[A-Z0-9]\.[A-Z]{2,}")
_WORDS = re.compile(r"[A-Z0-9]+")
_ARTICLES = frozenset({"LE", "LA", "LES", "L"})
CAPITAL_REGION = frozenset({"75", "77", "78", "91", "92", "93", "94", "95"})

_TABLE = """
01 BOURG EN BRESSE,OYONNAX|02 ST QUENTIN,SOISSONS,LAON|03 MONTLUCON,VICHY,MOULINS|04 MANOSQUE,DIGNE|05 GAP,BRIANCON|
06 NICE,CANNES,ANTIBES,GRASSE,MENTON,CAGNES SUR MER,ST LAURENT DU VAR|07 AUBENAS,PRIVAS,ANNONAY|08 CHARLEVILLE MEZIERES,SEDAN|
10 TROYES|11 CARCASSONNE,NARBONNE|12 RODEZ,MILLAU|13 MARSEILLE,AIX EN PROVENCE,ARLES,AUBAGNE,MARTIGUES,SALON DE PROVENCE,
VITROLLES,ISTRES,LA CIOTAT|14 CAEN,LISIEUX,DEAUVILLE,MONDEVILLE|15 AURILLAC|16 ANGOULEME,COGNAC|17 LA ROCHELLE,ROCHEFORT,SAINTES,
ROYAN|18 BOURGES,VIERZON|19 BRIVE,TULLE,BRIVE LA GAILLARDE|20 AJACCIO,BASTIA|21 DIJON,BEAUNE,QUETIGNY|22 ST BRIEUC,LANNION,DINAN|
24 PERIGUEUX,BERGERAC|25 BESANCON,MONTBELIARD,PONTARLIER|26 VALENCE,MONTELIMAR,ROMANS|27 EVREUX,VERNON|28 CHARTRES,DREUX|
29 BREST,QUIMPER,MORLAIX,CONCARNEAU|30 NIMES,ALES|31 TOULOUSE,BLAGNAC,LABEGE,COLOMIERS,PORTET SUR GARONNE|32 AUCH|
33 BORDEAUX,MERIGNAC,BEGLES,PESSAC,ARCACHON,LIBOURNE,TALENCE|34 MONTPELLIER,BEZIERS,SETE,LATTES|35 RENNES,ST MALO,CESSON SEVIGNE,
FOUGERES,VITRE|36 CHATEAUROUX|37 TOURS|38 GRENOBLE,VIENNE,BOURGOIN JALLIEU,ECHIROLLES,ST EGREVE,VOIRON|39 LONS LE SAUNIER,DOLE|
40 MONT DE MARSAN,DAX|41 BLOIS,VENDOME|42 ST ETIENNE,ROANNE|43 LE PUY EN VELAY|44 NANTES,ST NAZAIRE,ST HERBLAIN,REZE,LA BAULE|
45 ORLEANS,MONTARGIS,OLIVET,SARAN|46 CAHORS|47 AGEN,MARMANDE|49 ANGERS,CHOLET,SAUMUR,BEAUCOUZE|50 CHERBOURG,ST LO,AVRANCHES|
51 REIMS,CHALONS EN CHAMPAGNE,EPERNAY|52 CHAUMONT,ST DIZIER|53 LAVAL|54 NANCY,LUNEVILLE|55 BAR LE DUC,VERDUN|
56 LORIENT,VANNES,PONTIVY|57 METZ,THIONVILLE,FORBACH,SARREGUEMINES|58 NEVERS|59 LILLE,ROUBAIX,TOURCOING,DUNKERQUE,VALENCIENNES,
DOUAI,VILLENEUVE D ASCQ,CAMBRAI,MAUBEUGE,LOMME|60 BEAUVAIS,COMPIEGNE,CREIL|61 ALENCON,FLERS|62 CALAIS,ARRAS,LENS,BETHUNE,
BOULOGNE SUR MER,COQUELLES,NOYELLES GODAULT|63 CLERMONT FERRAND,RIOM,AUBIERE|64 PAU,BAYONNE,BIARRITZ,ANGLET|65 TARBES,LOURDES|
66 PERPIGNAN|67 STRASBOURG,HAGUENAU,SELESTAT|68 MULHOUSE,COLMAR|69 LYON,VILLEURBANNE,VENISSIEUX,ST PRIEST,BRON,ECULLY,
CALUIRE,VILLEFRANCHE SUR SAONE,GIVORS|70 VESOUL|71 CHALON SUR SAONE,MACON,LE CREUSOT|72 LE MANS|73 CHAMBERY,AIX LES BAINS,
ALBERTVILLE|74 ANNECY,THONON,ANNEMASSE,CLUSES|75 PARIS|76 ROUEN,LE HAVRE,DIEPPE,MONTIVILLIERS,BARENTIN|77 MEAUX,MELUN,CHELLES,
PONTAULT COMBAULT,SERRIS,FONTAINEBLEAU,TORCY,LIEUSAINT,CLAYE SOUILLY|78 VERSAILLES,ST GERMAIN EN LAYE,MANTES LA JOLIE,PLAISIR,
POISSY,VELIZY,LE CHESNAY,MONTIGNY LE BRETONNEUX,ORGEVAL|79 NIORT|80 AMIENS,ABBEVILLE|81 ALBI,CASTRES|82 MONTAUBAN|
83 TOULON,FREJUS,HYERES,DRAGUIGNAN,LA VALETTE DU VAR,LA SEYNE SUR MER,ST TROPEZ|84 AVIGNON,ORANGE,LE PONTET,CARPENTRAS|
85 LA ROCHE SUR YON,LES SABLES D OLONNE|86 POITIERS,CHATELLERAULT|87 LIMOGES|88 EPINAL,ST DIE|89 AUXERRE,SENS|90 BELFORT|
91 EVRY,MASSY,STE GENEVIEVE DES BOIS,CORBEIL ESSONNES,LES ULIS,VILLEBON|92 BOULOGNE BILLANCOURT,NANTERRE,PUTEAUX,LEVALLOIS PERRET,
NEUILLY SUR SEINE,COURBEVOIE,ISSY LES MOULINEAUX,MONTROUGE,CLICHY,COLOMBES,ASNIERES,RUEIL MALMAISON,LA DEFENSE,BOULOGNE,
NEUILLY,ISSY,GENNEVILLIERS,SURESNES,ANTONY,SEVRES,CLAMART|93 ST DENIS,MONTREUIL,AULNAY SOUS BOIS,ROSNY SOUS BOIS,
NOISY LE GRAND,BAGNOLET,PANTIN,BOBIGNY,TREMBLAY EN FRANCE,ST OUEN,AUBERVILLIERS,BONDY,ROISSY|94 CRETEIL,VITRY SUR SEINE,
THIAIS,IVRY SUR SEINE,VINCENNES,RUNGIS,ORLY,ST MAUR,CHARENTON LE PONT|95 CERGY,ARGENTEUIL,SARCELLES,ENGHIEN,CERGY PONTOISE,
FRANCONVILLE,PONTOISE,ROISSY EN FRANCE
"""


def plain(text: str) -> str:
    """Capitals without accents; every script in Latin letters."""
    return anyascii(text).upper()


def town_key(text: str) -> str:
    """The key by which towns are compared: `Saint-Denis Cedex 2` and `ST DENIS` are `STDENIS`. Empty of no name."""
    return "".join(town_words(text))


@lru_cache(maxsize=65_536)
def town_words(text: str) -> tuple[str, ...]:
    """The words of a town's name, without articles in front, postcode, cedex and numbers; SAINT is ST, SUR is S."""
    cleaned = _CEDEX.sub(" ", plain(text).replace("-", " ").replace("'", " "))
    cleaned = _NUMBERED.sub(" ", _POSTCODE.sub(" ", cleaned))
    words = _WORDS.findall(cleaned)
    while len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return tuple({"SAINT": "ST", "SAINTE": "STE", "SUR": "S", "SOUS": "S"}.get(word, word) for word in words)


@dataclass(frozen=True, slots=True)
class TownField:
    """What the town field holds."""

    key: str
    """Of the town; empty when there is none."""
    district: int | None
    """Arrondissement of Paris, Lyon or Marseille."""
    postcode: str
    """Written inside the field; else empty."""
    remote: bool
    """A telephone number or web address stands in place of a town."""
    cut: bool
    """As long as such fields are: the name may go on."""


_FIELD_WIDTH = 12


@lru_cache(maxsize=65_536)
def read_town(text: str) -> TownField:
    """Read a town field; what cannot be a town's name gives an empty key."""
    flat = " ".join(plain(text).replace("-", " ").split())
    if _PHONE.match(flat) or _URL.search(plain(text)):
        return TownField("", None, "", remote=bool(flat), cut=False)
    found = _POSTCODE.search(flat)
    postcode = found.group() if found else ""
    rest = " ".join(_CEDEX.sub(" ", _POSTCODE.sub(" ", flat)).split())
    numbered = _DISTRICT.match(rest)
    district = int(numbered.group(2)) if numbered and "CEDEX" not in flat else None
    if district is None and postcode:
        district = postcode_district(postcode)
    return TownField(town_key(flat), district, postcode, remote=False, cut=len(text.strip()) >= _FIELD_WIDTH)


def postcode_district(postcode: str) -> int | None:
    """The arrondissement that a postcode of Paris, Lyon or Marseille names."""
    if len(postcode) == 5 and postcode[:3] in ("750", "751", "690", "130"):
        number = int(postcode[3:])
        limit = {"750": 20, "751": 20, "690": 9, "130": 16}[postcode[:3]]
        return number if 1 <= number <= limit else None
    return None


def districted(key: str) -> bool:
    """Whether a town has arrondissements with postcodes of their own."""
    return key in _DISTRICTED


def department(postcode: str) -> str:
    """The first two digits of a French postcode; empty of another."""
    return postcode[:2] if len(postcode) == 5 and postcode.isdigit() else ""


def near(first: str, second: str) -> bool:
    """Whether two départements are one place for a head office or an agglomeration: the same, or both around Paris."""
    return bool(first) and (first == second or {first, second} <= CAPITAL_REGION)


def _known() -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for row in _TABLE.replace("\n", "").strip().split("|"):
        code, _, names = row.partition(" ")
        for name in names.split(","):
            found[town_words(name)] = code
    return found


KNOWN_TOWNS = _known()
"""Words of larger towns, and their département."""
DEPARTMENT_OF = {"".join(words): code for words, code in KNOWN_TOWNS.items()}

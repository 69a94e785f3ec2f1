"""Words around a merchant's name: facilitators, legal forms, noise, streets, online marks; capitals without accents.

The lists are short on purpose: a word that is part of somebody's name does harm here.
"""

FACILITATORS = {
    "SUMUP": "sumup",
    "SUM UP": "sumup",
    "ZETTLE": "zettle",
    "IZETTLE": "zettle",
    "IZ": "zettle",
    "SQ": "square",
    "SQUARE": "square",
    "PAYPAL": "paypal",
    "PP": "paypal",
    "STRIPE": "stripe",
    "MYPOS": "mypos",
    "VIVA": "viva",
    "VIVAWALLET": "viva",
    "PAYPLUG": "payplug",
    "MOLLIE": "mollie",
    "LYF": "lyf",
    "LYFPAY": "lyf",
    "LYDIA": "lydia",
    "ALMA": "alma",
    "KLARNA": "klarna",
    "AMAZON PAY": "amazon_pay",
    "AMZN PMTS": "amazon_pay",
    "PADDLE": "paddle",
    "PADDLE.NET": "paddle",
    "2CO": "2checkout",
    "2CHECKOUT": "2checkout",
    "CCV": "ccv",
    "LSP": "lightspeed",
    "CRV": "curve",
    "UZR": "uzerpay",
    "PAY.NL": "paynl",
    "PAYNL": "paynl",
    "SMP": "smartpay",
    "YAVIN": "yavin",
    "DOJO": "dojo",
    "ADY": "adyen",
    "ADYEN": "adyen",
    "TPE": "terminal",
    "WLP": "worldline",
}
"""Prefixes that stand before `*` or `_`, and the facilitator."""

BARE_FACILITATORS = frozenset(
    {
        "SUMUP",
        "SUM UP",
        "ZETTLE",
        "IZETTLE",
        "SQ",
        "PAYPAL",
        "MYPOS",
        "PAYPLUG",
        "LYFPAY",
        "CCV",
        "LSP",
        "KLARNA",
        "AMAZON PAY",
        "AMZN PMTS",
    }
)
"""Those that are understood without the asterisk, because no shop is called so."""

REMOTE_FACILITATORS = frozenset({"paypal", "klarna", "amazon_pay", "paddle", "2checkout"})
"""Wallets and sellers of record whose prefix web shops alone have: in a shop the terminal's own text shows."""

LEGAL = frozenset(
    {
        "SAS",
        "SASU",
        "SARL",
        "EURL",
        "SA",
        "SNC",
        "SCI",
        "SCOP",
        "SE",
        "SCA",
        "GMBH",
        "LTD",
        "INC",
        "BV",
        "SPA",
        "SRL",
        "PLC",
        "LLC",
    }
)
LEGAL_LEADING = frozenset({"STE", "SOCIETE", "ETS", "ETABLISSEMENTS", "MAG", "MAGASIN", "BOUTIQUE", "ENTREPRISE"})
LEGAL_TRAILING = frozenset({"FRANCE", "FR", "FRA"})
NOISE = frozenset({"MAG", "SC", "CB", "FR", "FRA", "EUR", "TPE", "CC", "VPC"})
CONNECTORS = frozenset({"ET", "AND", "N"})
"""What stands for an ampersand."""

STREETS = frozenset(
    {
        "RUE",
        "AVENUE",
        "AV",
        "AVE",
        "BD",
        "BLD",
        "BLVD",
        "BOULEVARD",
        "QUAI",
        "ALLEE",
        "ALLEES",
        "CHEMIN",
        "ROUTE",
        "RTE",
        "IMPASSE",
        "ESPLANADE",
    }
)
ONLINE = frozenset({"WWW", "HTTP", "HTTPS", "COM", "ONLINE", "INTERNET", "ECOMMERCE", "ESHOP", "WEB", "VAD"})
CENTRE_GENERIC = frozenset(
    {"CENTRE", "COMMERCIAL", "CCIAL", "CC", "GALERIE", "WESTFIELD", "SHOPPING", "CENTER", "LE", "LA", "LES", "L", "C"}
)
ARTICLES = frozenset({"LE", "LA", "LES", "L"})

GENERIC_CODES = frozenset({"5999", "5399", "5964", "5969", "7299", "7399", "8999", "5300", "5311", "5331"})
"""Category codes that terminals of any trade carry."""

CODE_GROUPS = (
    ("food", ("5411", "5422", "5441", "5451", "5462", "5499", "5921", "5309", "5310")),
    ("eating", ("5811", "5812", "5813", "5814")),
    (
        "clothes",
        (
            "5611",
            "5621",
            "5631",
            "5641",
            "5651",
            "5655",
            "5661",
            "5681",
            "5691",
            "5697",
            "5698",
            "5699",
            "5137",
            "5139",
            "5948",
        ),
    ),
    ("beauty", ("5977", "7230", "7297", "7298", "5122", "5912")),
    (
        "home",
        (
            "5200",
            "5211",
            "5231",
            "5251",
            "5261",
            "5712",
            "5713",
            "5714",
            "5718",
            "5719",
            "5722",
            "5950",
            "5970",
            "5131",
        ),
    ),
    ("electronics", ("5732", "5733", "5734", "5735", "5045", "5065", "4812", "4814", "4816", "5946")),
    (
        "leisure",
        (
            "5940",
            "5941",
            "5942",
            "5943",
            "5945",
            "5947",
            "5949",
            "5192",
            "5994",
            "7829",
            "7832",
            "7841",
            "7911",
            "7991",
            "7993",
            "7994",
            "7996",
            "7997",
            "7999",
            "5995",
            "5992",
            "5193",
        ),
    ),
    ("jewels", ("5944", "5094", "7631")),
    ("health", ("8011", "8021", "8042", "8043", "5975", "5976", "8062", "8071", "8099", "4119", "5047")),
    (
        "cars",
        (
            "5511",
            "5521",
            "5531",
            "5532",
            "5533",
            "5541",
            "5542",
            "5571",
            "7531",
            "7534",
            "7535",
            "7538",
            "7542",
            "7549",
            "7512",
            "3351",
            "5552",
            "7523",
        ),
    ),
    ("travel", ("4111", "4112", "4121", "4131", "4511", "4722", "4789", "7011", "4784", "4411")),
    (
        "services",
        (
            "7210",
            "7211",
            "7216",
            "7221",
            "7251",
            "6300",
            "6010",
            "6011",
            "6012",
            "6051",
            "6211",
            "6513",
            "7361",
            "7338",
            "9311",
            "9399",
            "9402",
        ),
    ),
)
"""Trades of category codes (ISO 18245) between which terminals are confused."""

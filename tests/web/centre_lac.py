"""What the invented centre of these tests sells and offers."""

FIVE_PERCENT = {
    "currency": "EUR",
    "name": {"en": "5% back on fashion and home", "fr": "5 % de retour sur la mode et la maison"},
    "conditions": [
        {"kind": "categories", "categories": ["5651", "5712", "5661"]},
        {"kind": "minimum_spend", "amount": 3000},
    ],
    "reward": {"kind": "percent", "asset": "EUR", "rate_bps": 500, "cap_per_purchase": 1500},
    "hold_days": 14,
}
TEN_POINTS = {
    "currency": "EUR",
    "name": {"en": "10 points per purchase", "fr": "10 points par achat"},
    "conditions": [{"kind": "minimum_spend", "amount": 1000}],
    "reward": {"kind": "fixed", "asset": "PTS", "amount": 10},
    "hold_days": 14,
}

SHOPS = (
    ("maison-lumiere", "Maison Lumière", "5712", "Niveau 1", "90000001"),
    ("boulangerie-du-pont", "Boulangerie du Pont", "5462", "Niveau 0", "90000002"),
    ("sport-cime", "Sport Cime", "5941", "Niveau 2", "90000003"),
    ("atelier-coton", "Atelier Coton", "5651", "Niveau 1", "90000004"),
    ("librairie-du-lac", "Librairie du Lac", "5942", "Niveau 1", "90000005"),
    ("pharmacie-centrale", "Pharmacie centrale", "5912", "Niveau 0", "90000006"),
    ("cinema-rive", "Cinéma Rive", "7832", "Niveau 3", "90000007"),
    ("marche-frais", "Marché Frais", "5411", "Niveau 0", "90000008"),
)

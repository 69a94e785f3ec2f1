"""Sentences of rewards that grow, multiply or are bounded, of limits and of the hold-out.

Each row is the entry of a trail, and how it is read aloud in English and in French.
"""

from typing import Any

from offer_builders import AROUND, a_purchase, some_terms

Entry = dict[str, Any]


def of_reward(reward: Entry, base: int, currency: str = "EUR") -> Entry:
    return some_terms(reward=reward).reward.explainer(AROUND)(a_purchase(base, currency=currency), base)


STEPS = [{"rate_bps": 500}, {"from_amount": "50.00", "rate_bps": 800}, {"from_amount": "100", "rate_bps": 1000}]
SCALE = {"kind": "scale", "asset": "EUR", "steps": STEPS}
LATE = {"kind": "scale", "asset": "EUR", "steps": STEPS[1:]}
DOUBLE = {"kind": "multiplier", "asset": "PTS", "of": "club", "factor_bps": 20_000}
LIMIT: Entry = {
    "kind": "limit", "ok": True, "measure": "amount", "per": "shopper", "period": "month", "at_most": 10_00,
    "used": 6_00, "wanted": 6_00, "granted": 4_00, "asset": "EUR",
}  # fmt: skip
REFUSED: Entry = LIMIT | {"ok": False, "granted": 0}
TIMES: Entry = REFUSED | {"measure": "times", "at_most": 3, "used": 3}

OF_REWARDS: list[tuple[Entry, str, str]] = [
    (of_reward(SCALE, 30_00), "5% of €30.00: €1.50", "5\u00a0% de 30,00\u00a0€\u00a0: 1,50\u00a0€"),
    (of_reward(SCALE, 50_00), "5% of €50.00: €2.50", "5\u00a0% de 50,00\u00a0€\u00a0: 2,50\u00a0€"),
    (
        of_reward(SCALE, 80_00),
        "€80.00 at 5%, then 8% above €50.00: €4.90",
        "80,00\u00a0€ à 5\u00a0%, puis 8\u00a0% au-delà de 50,00\u00a0€\u00a0: 4,90\u00a0€",
    ),
    (
        of_reward(SCALE, 120_00),
        "€120.00 at 5%, then 8% above €50.00, then 10% above €100.00: €8.50",
        (
            "120,00\u00a0€ à 5\u00a0%, puis 8\u00a0% au-delà de 50,00\u00a0€, puis 10\u00a0% au-delà de "
            "100,00\u00a0€\u00a0: 8,50\u00a0€"
        ),
    ),
    (
        of_reward(SCALE | {"applies": "whole"}, 50_00),
        "8% of €50.00: €4.00",
        "8\u00a0% de 50,00\u00a0€\u00a0: 4,00\u00a0€",
    ),
    (
        of_reward(SCALE | {"cap_per_purchase": "1.00"}, 80_00),
        "€80.00 at 5%, then 8% above €50.00: €4.90, capped at €1.00 per purchase",
        (
            "80,00\u00a0€ à 5\u00a0%, puis 8\u00a0% au-delà de 50,00\u00a0€\u00a0: 4,90\u00a0€, plafonné à "
            "1,00\u00a0€ par achat"
        ),
    ),
    (
        of_reward(SCALE | {"minimum": "5.00"}, 30_00),
        "€5.00, the least that a purchase earns here",
        "5,00\u00a0€, le minimum qu'un achat rapporte ici",
    ),
    (of_reward(LATE, 50_00), "8% above €50.00: €0.00", "8\u00a0% au-delà de 50,00\u00a0€\u00a0: 0,00\u00a0€"),
    (
        of_reward(LATE, 80_00),
        "€80.00 at 8% above €50.00: €2.40",
        "80,00\u00a0€ à 8\u00a0% au-delà de 50,00\u00a0€\u00a0: 2,40\u00a0€",
    ),
    (
        of_reward(LATE | {"applies": "whole"}, 49_99),
        "8% from €50.00: €0.00",
        "8\u00a0% à partir de 50,00\u00a0€\u00a0: 0,00\u00a0€",
    ),
    (of_reward(SCALE, 0), "Nothing of this purchase is left to reward", "Il ne reste rien de cet achat à récompenser"),
    (
        of_reward(SCALE, 1_00, "GBP"),
        "Purchases in EUR count: this one was in GBP",
        "Les achats en EUR comptent\u00a0: celui-ci était en GBP",
    ),
    (
        of_reward(DOUBLE, 23),
        "23\u00a0points of the offer club, times 2: 23\u00a0points more",
        "23\u00a0points de l'offre club, fois 2\u00a0: 23\u00a0points en plus",
    ),
    (
        of_reward(DOUBLE | {"factor_bps": 15_000}, 1),
        "1\u00a0points of the offer club, times 1.5: 1\u00a0points more",
        "1\u00a0points de l'offre club, fois 1,5\u00a0: 1\u00a0points en plus",
    ),
    (
        of_reward(DOUBLE | {"cap_per_purchase": 10}, 23),
        "23\u00a0points of the offer club, times 2: 23\u00a0points more, capped at 10\u00a0points per purchase",
        "23\u00a0points de l'offre club, fois 2\u00a0: 23\u00a0points en plus, plafonné à 10\u00a0points par achat",
    ),
    (
        of_reward(DOUBLE | {"minimum": 100}, 23),
        "100\u00a0points, the least that a purchase earns here",
        "100\u00a0points, le minimum qu'un achat rapporte ici",
    ),
    (
        of_reward(DOUBLE, 0) | {"ok": False, "reason": "no_base"},
        "Multiplies the offer club, which gives nothing for this purchase",
        "Multiplie l'offre club, qui ne donne rien pour cet achat",
    ),
    (
        of_reward({"kind": "percent", "asset": "EUR", "rate_bps": 500, "minimum": "1"}, 10_00),
        "€1.00, the least that a purchase earns here",
        "1,00\u00a0€, le minimum qu'un achat rapporte ici",
    ),
    (
        of_reward({"kind": "fixed", "asset": "PTS", "amount": 5, "minimum": 10}, 1_00),
        "10\u00a0points, the least that a purchase earns here",
        "10\u00a0points, le minimum qu'un achat rapporte ici",
    ),
    (
        of_reward({"kind": "per_unit", "asset": "PTS", "units": 2, "per": "5", "minimum": 10}, 9_00),
        "10\u00a0points, the least that a purchase earns here",
        "10\u00a0points, le minimum qu'un achat rapporte ici",
    ),
    (
        of_reward({"kind": "per_unit", "asset": "PTS", "units": 2, "per": "5", "cap_per_purchase": 10}, 50_00),
        "2 for every full €5.00 of €50.00 is 20\u00a0points, capped at 10\u00a0points per purchase",
        "2 par tranche de 5,00\u00a0€ sur 50,00\u00a0€ font 20\u00a0points, plafonné à 10\u00a0points par achat",
    ),
    (
        LIMIT,
        "At most €10.00 a month: €6.00 before, so €4.00 instead of €6.00",
        "Au plus 10,00\u00a0€ par mois\u00a0: déjà 6,00\u00a0€, donc 4,00\u00a0€ au lieu de 6,00\u00a0€",
    ),
    (
        LIMIT | {"period": "life", "asset": "PTS", "at_most": 1_000, "used": 600, "wanted": 600, "granted": 400},
        "At most 1,000\u00a0points in all: 600\u00a0points before, so 400\u00a0points instead of 600\u00a0points",
        (
            "Au plus 1\u202f000\u00a0points au total\u00a0: déjà 600\u00a0points, donc 400\u00a0points au lieu "
            "de 600\u00a0points"
        ),
    ),
    (
        REFUSED | {"used": 10_00},
        "At most €10.00 a month: already reached",
        "Au plus 10,00\u00a0€ par mois\u00a0: déjà atteint",
    ),
    (
        REFUSED,
        "At most €10.00 a month: €6.00 before, and €6.00 more would be too much",
        "Au plus 10,00\u00a0€ par mois\u00a0: déjà 6,00\u00a0€, et 6,00\u00a0€ de plus seraient trop",
    ),
    (
        TIMES | {"at_most": 1, "used": 1, "period": "day"},
        "At most once a day: already reached",
        "Au plus une fois par jour\u00a0: déjà atteint",
    ),
    (
        TIMES | {"per": "card", "period": "life"},
        "At most 3 times in all with one card: already reached",
        "Au plus 3 fois au total avec une même carte\u00a0: déjà atteint",
    ),
    (
        TIMES | {"per": "shopper_and_shop", "period": "week"},
        "At most 3 times a week in one shop: already reached",
        "Au plus 3 fois par semaine dans une même boutique\u00a0: déjà atteint",
    ),
    (
        TIMES | {"period": "year"},
        "At most 3 times a year: already reached",
        "Au plus 3 fois par an\u00a0: déjà atteint",
    ),
    (
        {"kind": "holdout", "ok": False},
        "You were drawn into the group that does not receive this offer, so that its effect can be measured",
        "Le tirage au sort vous place dans le groupe qui ne reçoit pas cette offre, pour mesurer son effet",
    ),
]

"""A programme full of offers that look at other purchases, at the shopper, and at each other."""

from world import CENTRE

ASSETS = """
assets:
  - {code: PTS, kind: points, name: {en: points, fr: points},
     conversion: {threshold: 30, into: EUR, amount: "3.00", yearly_limit: 2}}
  - {code: EUR, kind: money, name: {en: euros, fr: euros}}
  - {code: PARKMIN, kind: minutes, name: {en: minutes, fr: minutes}}
"""
OFFERS = """
offers:
  - {code: first, conditions: [{kind: nth_purchase, n: 1, at: shop}], group: first, hold_days: 3,
     reward: {kind: fixed, asset: EUR, amount: "5.00"}}
  - {code: back, conditions: [{kind: customer, status: lapsed, days: 20, at: centre}],
     reward: {kind: percent, asset: EUR, rate_bps: 800, minimum: "1.00"}}
  - {code: growing, hold_days: 10, limits: [{measure: amount, at_most: "4.00", per: shopper, period: month},
       {measure: times, at_most: 1, per: card, period: day}],
     reward: {kind: scale, asset: EUR, applies: whole,
              steps: [{rate_bps: 300}, {from_amount: "12.00", rate_bps: 700}]}}
  - {code: points, reward: {kind: per_unit, asset: PTS, units: 1, per: "1.00", cap_per_purchase: 25}, hold_days: 2,
     limits: [{measure: amount, at_most: 60, per: shopper, period: month, over: refuse}]}
  - {code: double, conditions: [{kind: streak, weeks: 2}],
     reward: {kind: multiplier, asset: PTS, of: points, factor_bps: 20000}}
  - {code: fourth, conditions: [{kind: stamp_card, every: 4, one_a_day: true}, {kind: minimum_spend, amount: "5.00"}],
     group: stamps, reward: {kind: fixed, asset: PTS, amount: 40}}
  - {code: both, conditions: [{kind: trail, shops: 2, period: month}], group: trail,
     reward: {kind: fixed, asset: PARKMIN, amount: 60}}
  - {code: month, conditions: [{kind: spend_across, amount: "40.00", period: month, repeats: onwards, reckons: sum}],
     group: month, reward: {kind: percent, asset: EUR, rate_bps: 500, rounding: down}}
"""
HISTORY = CENTRE + ASSETS + OFFERS
"""Without quotas and facts: what a life ends with is a function of its statements alone."""

OF_PEOPLE = """
  - {code: gold, conditions: [{kind: tiers, tiers: [gold]}], group: people,
     reward: {kind: percent, asset: EUR, rate_bps: 1000},
     limits: [{measure: amount, at_most: "3.00", per: offer, period: week}]}
  - {code: runners, conditions: [{kind: segments, segments: [runners]}], group: people, priority: 1,
     reward: {kind: fixed, asset: EUR, amount: "1.50"}, budget: "6.00",
     limits: [{measure: times, at_most: 2, per: shop, period: month},
              {measure: times, at_most: 3, per: shopper}]}
  - {code: hot, conditions: [{kind: activated, valid_days: 10, places: 1}], group: hot,
     reward: {kind: per_unit, asset: PARKMIN, units: 10, per: "5.00"}, holdout_bps: 2000}
"""
PEOPLE = HISTORY + OF_PEOPLE
CORRECTED = PEOPLE.replace('category: "5942"', 'category: "5812", brand: Café')
CHANGED = (
    PEOPLE.replace("at_most: 60,", "at_most: 30,")
    .replace("every: 4", "every: 3")
    .replace('at_most: "3.00", per: offer', 'at_most: "2.00", per: offer')
    .replace('amount: "40.00", period: month', 'amount: "30.00", period: month')
    .replace("first, hold_days: 3,", "first, limits: [{measure: times, at_most: 1, per: shopper}],")
)
FEWER = CENTRE + ASSETS + OFFERS[: OFFERS.index("  - {code: fourth")]
PROGRAMMES = [PEOPLE, CORRECTED, CHANGED, FEWER]

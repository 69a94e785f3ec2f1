"""Two libraries that people use for such cards, on the same rows: what one prediction of one row costs.

optbinning 1.0 (Apache-2.0) and interpret-core 0.7 (MIT); the extra `score-peers` installs them.
"""

from importlib.util import find_spec
from time import perf_counter_ns
from typing import Any

import numpy as np

from eligibility.training import Options, Table, train
from eligibility.training.metrics import auc
from eligibility.training.splitting import split

CALLS = 100


def measure(table: Table) -> dict[str, float]:
    """Microseconds of one row: our trained card, optbinning's scorecard, a boosting machine; and their AUC."""
    if find_spec("optbinning") is None or find_spec("interpret") is None:
        print("score: optbinning and interpret are not installed (extra score-peers)", flush=True)
        return {}
    import pandas as pd
    from interpret.glassbox import ExplainableBoostingClassifier
    from optbinning import BinningProcess, Scorecard
    from sklearn.linear_model import LogisticRegression

    rows, held = split(table.bad, 3000, 7)
    frame = pd.DataFrame(
        {each.name: each.numbers if each.numbers is not None else each.texts.astype(object) for each in table.columns}
    )
    texts = [each.name for each in table.columns if each.texts is not None]
    binning = BinningProcess(list(frame.columns), categorical_variables=texts)
    scorecard = Scorecard(binning_process=binning, estimator=LogisticRegression(max_iter=1000))
    scorecard.fit(frame.iloc[rows], table.bad[rows])
    boosting = ExplainableBoostingClassifier(interactions=0, max_bins=12, random_state=7, n_jobs=1)
    boosting.fit(frame.iloc[rows], table.bad[rows])
    card = train(table, Options(card_id="peer")).fitted.card
    cases = [
        {name: None if value != value else value for name, value in row.items()}
        for row in frame.iloc[held[:CALLS]].to_dict("records")
    ]
    singles = [frame.iloc[[row]] for row in held[:CALLS]]
    ours = _median([lambda each=each: card.score(card.points(each)) for each in cases])
    theirs = _median([lambda each=each: scorecard.predict_proba(each) for each in singles])
    boosted = _median([lambda each=each: boosting.predict_proba(each) for each in singles])
    return {
        "score.trained_p50_us": ours,
        "score.optbinning_p50_us": theirs,
        "score.ebm_p50_us": boosted,
        "score.vs_optbinning": theirs / ours,
        "score.vs_ebm": boosted / ours,
        "score.optbinning_auc_spain": float(auc(scorecard.predict_proba(frame.iloc[held])[:, 1], table.bad[held])),
        "score.ebm_auc_spain": float(auc(boosting.predict_proba(frame.iloc[held])[:, 1], table.bad[held])),
    }


def _median(calls: list[Any]) -> float:
    taken = []
    for call in calls:
        begin = perf_counter_ns()
        call()
        taken.append((perf_counter_ns() - begin) / 1000)
    return float(np.median(taken))

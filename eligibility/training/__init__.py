"""Making cards, offline: reading a table, binning, a monotone fit, and the model card that says what was measured.

Needs numpy, which nothing that serves a score imports. Everything is deterministic: the same file and options give the
same bytes. Only what is named here is public.
"""

from eligibility.training.metrics import Estimate
from eligibility.training.model_card import Options, Trained, cross_validate, train
from eligibility.training.table import Table, read_table
from eligibility.training.written import model_text

__all__ = ["Estimate", "Options", "Table", "Trained", "cross_validate", "model_text", "read_table", "train"]

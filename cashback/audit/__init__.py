"""Prove the books: every invariant of the ledger, each by a statement that finds the first row that breaks it.

A sum of zero alone proves almost nothing, so beside the ledger's own arithmetic the audit derives every purchase from
its statements and every reward from its purchase again, and compares. Reads only. What merely waits for the worker (a
hold that ended a second ago, a shop that has just become known) is counted and not called broken.
"""

from cashback.audit.invariants import INVARIANTS
from cashback.audit.report import Breach, Report
from cashback.audit.service import audit

__all__ = ["INVARIANTS", "Breach", "Report", "audit"]

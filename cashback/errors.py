"""What the product refuses by raising, as one short tree ordered by what the caller should do.

ProductError
├── Invalid      mend the request; nothing was written          (HTTP 422)
├── Unauthorised present a credential that is known             (HTTP 401)
├── Forbidden    ask someone with the right                     (HTTP 403)
│   └── ScopeMissing  use a key with the scope
├── NotFound     look elsewhere                                 (HTTP 404)
│   └── NoProgramme  apply a programme file first
├── Conflict     the same key was used with other content       (HTTP 409)
├── TooMany      wait, then the same call may succeed           (HTTP 429)
├── TryAgain     nothing is wrong; the same call may succeed    (HTTP 503)
└── BooksBroken  an invariant does not hold; posting stops      (HTTP 500)

Expected refusals inside the domain (an offer that does not apply) are values, never exceptions.
"""

from datetime import timedelta


class ProductError(Exception):
    """Base of all. `code` is stable and for machines, the message is a sentence: what, where, what was expected."""

    code = "product_error"
    status = 500

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code


class Invalid(ProductError):
    """The request cannot be understood or breaks a rule of the domain."""

    code = "invalid"
    status = 422


class Unauthorised(ProductError):
    """No credential, or one that is not known."""

    code = "unauthorised"
    status = 401


class Forbidden(ProductError):
    """The actor is known and may not do this."""

    code = "forbidden"
    status = 403


class ScopeMissing(Forbidden):
    """A key, or a person's role, lacks the scope that an operation takes; `scope` names one that is enough."""

    code = "scope_missing"

    def __init__(self, detail: str, *, scope: str) -> None:
        super().__init__(detail)
        self.scope = scope


class NotFound(ProductError):
    """There is no such thing, or none that this actor may see."""

    code = "not_found"
    status = 404


class NoProgramme(NotFound):
    """The operator has not applied a programme file yet: there is nothing to decide by."""

    code = "no_programme"


class Conflict(ProductError):
    """An idempotency key or a unique name is taken by other content."""

    code = "conflict"
    status = 409


class TooMany(ProductError):
    """It was asked too often; nothing was written but that."""

    code = "too_many"
    status = 429

    def __init__(self, detail: str, *, retry_after: timedelta, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class TryAgain(ProductError):
    """A passing condition; nothing was written."""

    code = "try_again"
    status = 503

    def __init__(self, detail: str, *, code: str | None = None, retry_after: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(detail, code=code)
        self.retry_after = retry_after


class BooksBroken(ProductError):
    """An invariant of the ledger does not hold. Never caught on the road: the transaction must not commit."""

    code = "books_broken"
    status = 500

"""What holds for the whole API, told once and shortly beside its operations."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from cashback.actors import Scope
from cashback.web.developer.frame import frame_of
from cashback.web.messages import Translator

_AUTHENTICATION = 'curl {url}/v1/programme -H "Authorization: Bearer $CASHBACK_KEY"'
_PAGES = "curl '{url}/v1/purchases?limit=100&cursor=…' -H \"Authorization: Bearer $CASHBACK_KEY\""
_FILTERS = (
    "curl '{url}/v1/purchases?state=cleared&since=2026-11-01T00:00:00Z' \\\n"
    '  -H "Authorization: Bearer $CASHBACK_KEY"'
)
_IDEMPOTENCY = (
    "curl -X POST {url}/v1/payments \\\n"
    '  -H "Authorization: Bearer $CASHBACK_KEY" \\\n'
    "  -H 'Idempotency-Key: order-1042-payment' \\\n"
    "  -H 'Content-Type: application/json' \\\n"
    '  -d \'{{"shopper": "YOUR_SHOPPER", "asset": "EUR", "amount": 1250}}\''
)
_RATES = 'RateLimit-Policy: "key";q=6000;w=60\nRateLimit: "key";r=5987;t=1'
_ERRORS = (
    "HTTP/1.1 404 Not Found\nContent-Type: application/problem+json\n\n"
    '{{"type": "urn:cashback:problem:unknown_shopper", "title": "Unknown shopper", "status": 404,\n'
    ' "detail": "there is no shopper \'nobody\'", "code": "unknown_shopper"}}'
)
_WEBHOOKS = (
    "from standardwebhooks.webhooks import Webhook, WebhookVerificationError\n\n\n"
    "def events(request):\n"
    "    try:\n"
    "        event = Webhook(SECRET).verify(request.body, request.headers)\n"
    "    except (WebhookVerificationError, ValueError):\n"
    "        return 401\n"
    '    if not seen_before(request.headers["webhook-id"]):\n'
    "        enqueue(event)\n"
    "    return 204"
)


@dataclass(frozen=True, slots=True)
class Guide:
    """One subject: its part of the address, how many paragraphs it has, what is shown, and other words for it."""

    slug: str
    paragraphs: int
    code: str
    also: str

    def text(self, t: Translator) -> str:
        """What a search looks at."""
        told = " ".join(t(f"dev.guide.{self.slug}.{number}") for number in range(1, self.paragraphs + 1))
        return f"{t(f'dev.guide.{self.slug}')} {self.slug} {self.also} {told}".lower()


GUIDES: Sequence[Guide] = (
    Guide(
        "keys",
        2,
        _AUTHENTICATION,
        "authentication authorization bearer token sandbox live test mode clé authentification",
    ),
    Guide("scopes", 2, "", "permission right role access forbidden droit"),
    Guide("idempotency", 3, _IDEMPOTENCY, "idempotency-key repeat retry twice double idempotence"),
    Guide("pages", 2, _PAGES, "pagination paging cursor limit next list export liste"),
    Guide("filters", 2, _FILTERS, "filter query parameter since until search filtre"),
    Guide("rates", 1, _RATES, "rate limit throttling 429 too many quota débit"),
    Guide("versions", 2, "Cashback-Version: 2026-12-01", "versioning version breaking change deprecation"),
    Guide("errors", 2, _ERRORS, "error refusal problem code status 4xx 5xx erreur refus"),
    Guide(
        "webhooks",
        3,
        _WEBHOOKS,
        "webhook event endpoint signature retry delete remove disable rotate secret replay supprimer",
    ),
    Guide("refunds", 2, "", "refund purchase order chargeback return rembourser remboursement achat"),
)


async def guides(request: Request) -> Response:
    """All of them, each with an anchor."""
    frame = await frame_of(request)
    shown = [(each, each.code.format(url=frame.integrator.bench.public_url)) for each in GUIDES]
    scopes = [each.value for each in Scope if each is not Scope.SYSTEM]
    return frame.page("reference", "guides.html", guides=shown, scopes=scopes)

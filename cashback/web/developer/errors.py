"""The catalogue of refusals: what each status asks of the caller, and every code with its cause and what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from cashback.web.developer.frame import Frame, frame_of

SEARCH_MAX = 80
SIGNATURE_CODES = ("missing_header", "malformed", "too_old", "too_new", "no_match", "bad_headers", "bad_secret")
"""Of the checker of our own messages; those of providers are their adapters' sentences."""
SIMULATOR_CODES = (
    "bad_amount",
    "bad_days",
    "bad_place",
    "bad_scenario",
    "instalments_not_offered",
    "live_mode",
    "not_late",
    "sandbox_empty",
)


@dataclass(frozen=True, slots=True)
class Coded:
    """One code; `found`: what is searched for finds it."""

    code: str
    cause: str
    remedy: str
    found: bool
    text: str
    """What a search looks at."""


@dataclass(frozen=True, slots=True)
class Group:
    """Codes that are met at one place: a status of the API, or a form of the portal."""

    name: str
    status: int | None
    language: str
    codes: tuple[Coded, ...]

    @property
    def found(self) -> bool:
        """Whether a search finds one of them."""
        return any(each.found for each in self.codes)


async def errors(request: Request) -> Response:
    """What a refusal looks like, what to do by status, and all codes; `?q=` shows those that a search finds."""
    frame = await frame_of(request)
    asked = request.query_params.get("q", "").strip()[:SEARCH_MAX]
    bench = frame.integrator.bench
    groups = [
        _group(frame.t("dev.err.codes", n=len(codes)), status, codes.items(), bench.remedies.get(status, {}), asked)
        for status, codes in sorted(bench.meanings.items())
    ]
    groups += _of_forms(frame, asked)
    return frame.page(
        "errors",
        "errors.html",
        asked=asked,
        statuses=sorted(bench.meanings),
        groups=groups,
        found=any(each.found for each in groups),
    )


def _of_forms(frame: Frame, asked: str) -> list[Group]:
    """Codes of the portal's own forms, in the reader's language."""
    t = frame.t
    signatures = [(each, t(f"dev.sig.{each}")) for each in SIGNATURE_CODES]
    simulator = [(each, t(f"dev.sim.err.{each}")) for each in SIMULATOR_CODES]
    return [
        _group(t("dev.err.signatures"), None, signatures, {}, asked, t.language),
        _group(t("dev.err.simulator"), None, simulator, {}, asked, t.language),
    ]


def _group(
    name: str,
    status: int | None,
    codes: Iterable[tuple[str, str]],
    remedies: Mapping[str, str],
    asked: str,
    language: str = "en",
) -> Group:
    words = asked.lower().split()
    made = []
    for code, cause in sorted(codes):
        remedy = remedies.get(code, "")
        text = f"{status or ''} {code} {cause} {remedy}".lower()
        made.append(Coded(code, cause, remedy, all(word in text for word in words), text))
    return Group(name, status, language, tuple(made))

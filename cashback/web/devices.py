"""What people call the browser and the system of a request: enough to recognise one's own, and no more."""

from starlette.requests import Request

_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device_of(request: Request) -> str:
    """Such as `Chrome, Android`; empty where nothing is recognised. The header itself is not kept."""
    told = request.headers.get("user-agent", "")[:400]
    named = [next((name for sign, name in signs if sign in told), "") for signs in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in named if name)

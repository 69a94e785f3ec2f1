"""A client of the API that a public generator makes from the OpenAPI document, called by method and path."""

import importlib
import inspect
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import httpx

PACKAGE = "cashback_client_made_by_a_test"
_MADE = re.compile(r'"method": "([a-z]+)",\s+"url": "([^"]+)"')


@dataclass(slots=True)
class PlainClient:
    """The same calls with nothing but HTTP."""

    address: str
    key: str

    def __call__(
        self,
        method: str,
        path: str,
        /,
        *,
        json: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **parts: str,
    ) -> httpx.Response:
        """One call: the path's template, and what stands in its place."""
        sent = {"authorization": f"Bearer {self.key}", **(headers or {})}
        with httpx.Client(base_url=self.address, timeout=30) as client:
            return client.request(method, path.format(**parts), json=json, params=query, headers=sent)


@dataclass(slots=True)
class GeneratedClient:
    """Every operation of the document, as the generator wrote it."""

    address: str
    key: str
    operations: dict[tuple[str, str], ModuleType] = field(default_factory=dict)
    package: ModuleType | None = None

    def __call__(
        self,
        method: str,
        path: str,
        /,
        *,
        json: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        **parts: str,
    ) -> httpx.Response:
        """One call by the function that was made for it; what it read of the answer must be there."""
        module = self.operations[method.lower(), path]
        taken = inspect.signature(module.sync_detailed).parameters
        given: dict[str, Any] = {**parts, **(query or {})}
        given |= {name.replace("-", "_"): value for name, value in (headers or {}).items()}
        if "authorization" in taken:
            given["authorization"] = f"Bearer {self.key}"
        if json is not None:
            kinds = (taken["body"].annotation, *get_args(taken["body"].annotation))
            body = next(kind for kind in kinds if hasattr(kind, "from_dict"))
            given["body"] = body.from_dict(json)
        assert self.package is not None
        client = self.package.AuthenticatedClient(base_url=self.address, token=self.key, timeout=httpx.Timeout(30))
        with client:
            answer = module.sync_detailed(client=client, **given)
        assert answer.parsed is not None or answer.status_code >= 400, f"{method} {path} was answered by no schema"
        return httpx.Response(int(answer.status_code), headers=answer.headers, content=answer.content)


def generate(document: Path, folder: Path, address: str, key: str) -> GeneratedClient:
    """Generate the client into a folder and import it."""
    configuration = folder / "generator.yaml"
    configuration.write_text(f"package_name_override: {PACKAGE}\npost_hooks: []\n")
    command = [
        str(Path(sys.executable).with_name("openapi-python-client")),
        "generate",
        "--path",
        str(document),
        "--output-path",
        str(folder / "client"),
        "--config",
        str(configuration),
    ]
    said = subprocess.run(command, check=True, capture_output=True, timeout=120, text=True)
    omitted = re.findall(r"WARNING parsing (.+) within", said.stdout + said.stderr)
    assert all(".pdf" in each for each in omitted), omitted
    sys.path.insert(0, str(folder / "client"))
    made = GeneratedClient(address, key, package=importlib.import_module(PACKAGE))
    root = folder / "client" / PACKAGE
    for file in sorted((root / "api").rglob("*.py")):
        found = _MADE.search(file.read_text())
        if found is not None:
            name = ".".join((PACKAGE, *file.relative_to(root).with_suffix("").parts))
            made.operations[found[1], found[2]] = importlib.import_module(name)
    return made

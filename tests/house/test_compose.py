"""The compose file without an engine: its schema, its secrets, its order of start, and its roles on a real server."""

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cashback.db.embedded import EmbeddedPostgres, temporary_postgres
from cashback.settings import Mode, read_settings

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
OUR_SERVICES = ("migrate", "app", "worker")


def environment_of(service: str) -> dict[str, str]:
    """The variables that the processes of a service see, with the operator's own filled in."""
    filled = {
        "CASHBACK_APP_PASSWORD": "app",
        "CASHBACK_MAIL_FROM": "hello@rewards.example",
        "CASHBACK_MASTER_KEY": base64.b64encode(bytes(range(32))).decode(),
        "CASHBACK_OWNER_PASSWORD": "owner",
        "CASHBACK_PUBLIC_URL": "https://rewards.example",
        "CASHBACK_SESSION_KEY": base64.b64encode(bytes(range(32, 64))).decode(),
        "CASHBACK_SMTP_URL": "smtps://mail.example",
    }
    written: dict[str, str] = SERVICES[service]["environment"]
    return {name: re.sub(r"\$\{(\w+)[^}]*\}", lambda found: filled[found[1]], value) for name, value in written.items()}


def dockerfile() -> list[str]:
    return (ROOT / "Dockerfile").read_text().splitlines()


def compose_schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((Path(__file__).parent / "compose-spec.schema.json").read_text())
    return schema


def test_the_file_follows_the_compose_specification() -> None:
    validator = jsonschema.Draft7Validator(compose_schema())
    assert [error.message for error in validator.iter_errors(COMPOSE)] == []
    broken = {**COMPOSE, "services": {"app": {"comand": ["cashback"]}}}
    assert [error.message.split(" ")[0] for error in validator.iter_errors(broken)] == ["'comand'"]


def test_every_service_is_there_and_runs_the_agreed_command() -> None:
    assert set(SERVICES) == {"postgres", "redis", *OUR_SERVICES}
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert {name: " ".join(SERVICES[name]["command"]) for name in OUR_SERVICES} == {
        "migrate": "cashback migrate",
        "app": "cashback serve --host 0.0.0.0 --port 8000",
        "worker": "cashback worker",
    }
    assert all("healthcheck" in SERVICES[name] for name in ("postgres", "redis", "app"))


def test_no_secret_has_a_default() -> None:
    variables = set(re.findall(r"(?<!\$)\$\{(\w+)(:\?|:-)?", TEXT))
    assert variables == {
        ("CASHBACK_APP_PASSWORD", ":?"),
        ("CASHBACK_MAIL_FROM", ":?"),
        ("CASHBACK_MASTER_KEY", ":?"),
        ("CASHBACK_OWNER_PASSWORD", ":?"),
        ("CASHBACK_PORT", ":-"),
        ("CASHBACK_PUBLIC_URL", ":?"),
        ("CASHBACK_SESSION_KEY", ":?"),
        ("CASHBACK_SMTP_URL", ":?"),
        ("POSTGRES_PASSWORD", ":?"),
    }


def test_only_the_migrations_act_as_the_owner_and_everything_else_waits_for_them() -> None:
    settings = {name: read_settings(environment_of(name)) for name in OUR_SERVICES}
    app = "postgresql+asyncpg://cashback_app:app@postgres:5432/cashback"
    owner = "postgresql+asyncpg://cashback_owner:owner@postgres:5432/cashback"
    assert {name: (each.mode, each.database_url, each.owner_database_url) for name, each in settings.items()} == {
        "migrate": (Mode.LIVE, app, owner),
        "app": (Mode.LIVE, app, app),
        "worker": (Mode.LIVE, app, app),
    }
    assert SERVICES["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for name in ("app", "worker"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_the_image_installs_the_lock_and_is_not_root() -> None:
    lines = dockerfile()
    assert any("--require-hashes" in line and "requirements.lock" in line for line in lines)
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users == ["cashback"]
    copied = {word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]}
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied - {"--from=packages", "/opt/cashback"} == allowed
    assert all((ROOT / path).exists() for path in allowed)


@pytest.fixture
def own_server() -> Iterator[EmbeddedPostgres]:
    with temporary_postgres(fsync=False) as server:
        yield server


def test_the_roles_are_made_as_written_and_are_not_superusers(own_server: EmbeddedPostgres) -> None:
    psql = [str(own_server.bin_dir / "psql"), "-XAtqc"]
    over_socket = {
        "PATH": f"{own_server.bin_dir}:{os.environ['PATH']}",
        "PGHOST": str(own_server.home / "sock"),
        "PGPORT": str(own_server.port),
        "PGUSER": "postgres",
        "CASHBACK_OWNER_PASSWORD": "owner's secret",
        "CASHBACK_APP_PASSWORD": "app-secret",
    }
    subprocess.run([*psql, "CREATE DATABASE cashback"], env=over_socket, check=True)
    script = COMPOSE["configs"]["roles"]["content"].replace("$$", "$")
    subprocess.run(["/bin/sh", "-eu", "-c", script], env=over_socket, check=True, capture_output=True)

    over_tcp = {**over_socket, "PGHOST": "127.0.0.1", "PGDATABASE": "cashback"}
    for role, password in (("cashback_owner", "owner's secret"), ("cashback_app", "app-secret")):
        question = "SELECT rolname, rolsuper, rolbypassrls, has_schema_privilege('public', 'CREATE') FROM pg_roles"
        answer = subprocess.run(
            [*psql, f"{question} WHERE rolname = current_user"],
            env={**over_tcp, "PGUSER": role, "PGPASSWORD": password},
            check=True,
            capture_output=True,
            text=True,
        )
        assert answer.stdout == f"{role}|f|f|{'t' if role == 'cashback_owner' else 'f'}\n"

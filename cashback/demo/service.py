"""Starts the demonstration."""

from collections.abc import Mapping
from pathlib import Path


def demonstrate(folder: Path, port: int, environment: Mapping[str, str]) -> None:
    """Run until Ctrl-C."""

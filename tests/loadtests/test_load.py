"""Races in small: many gateways at once for the same lots, a server that is killed, events sent twice and shuffled.

What is sent and what must be true afterwards stand in loadtests/; here it runs for a few seconds, as anybody runs it.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).parents[2]


async def report_of(database_url: str, redis_url: str, *words: str) -> dict[str, Any]:
    """What a run against servers reports; nothing was lost, doubled or left out of balance."""
    report = await printed_by(*words, "--lots=5", ONELOT_DATABASE_URL=database_url, ONELOT_REDIS_URL=redis_url)
    assert report["broken_invariants"] == []
    return report


async def printed_by(*words: str, **settings: str) -> dict[str, Any]:
    """What `python -m loadtests` prints; its exit code says that all is well."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadtests", *words, "--json"),
        cwd=ROOT,
        env={**os.environ, **settings, "PYTHONWARNINGS": ""},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, progress = await process.communicate()
    assert process.returncode == 0, f"{printed.decode()}\n{progress.decode()}"
    report: dict[str, Any] = msgspec.json.decode(printed)
    return report


async def test_forty_gateways_at_once_and_a_server_that_is_killed(server_url: str, redis_url: str) -> None:
    words = ("faults", "--seconds=2", "--connections=40", "--kills=1", "--vehicles=500")
    report = await report_of(server_url, redis_url, *words)
    assert report["acknowledged"] > 50
    assert report["load"]["broken"]


async def test_events_sent_twice_and_shuffled(server_url: str, redis_url: str) -> None:
    report = await report_of(server_url, redis_url, "redelivery", "--events=400")
    assert (report["posted"], set(report["answers"])) == (800, {"recorded", "review", "duplicate"})
    assert report["answers"]["duplicate"] == 400


async def test_cars_pass_while_backlogs_are_handed_in(server_url: str, redis_url: str) -> None:
    report = await report_of(server_url, redis_url, "fairness", "--backlog=200", "--array=100", "--cars=20")
    assert (report["backlog"], report["not_stored"], report["live_refused"]) == (1_000, 0, 0)
    assert report["live"]["requests"]


async def test_held_cars_that_pay_are_let_out(server_url: str, redis_url: str) -> None:
    report = await report_of(server_url, redis_url, "dialogue", "--cars=2", "--reads=3", "--within-ms=60000")
    assert (report["let_out"]["requests"], report["untold"], report["told_otherwise"]) == (10, 0, 0)
    assert (report["read_again"], report["held_again"]) == (30, 0)


async def test_a_new_version_takes_over(server_url: str, redis_url: str) -> None:
    report = await report_of(server_url, redis_url, "upgrade", "--seconds=1", "--connections=4")
    assert (report["lost"], report["server_errors"], report["refused"], report["load"]["broken"]) == ([], 0, 0, 0)
    assert report["steps"]["migrations"] == 3
    assert report["steps"]["by_the_second"]


async def test_reports_of_a_month_are_made(server_url: str, redis_url: str) -> None:
    # Its stays have no facts: what is derived of them is not looked at.
    report = await printed_by("reports", "--stays=400", ONELOT_DATABASE_URL=server_url, ONELOT_REDIS_URL=redis_url)
    assert report["adds_up"]
    assert {each["report"] for each in report["made"]} >= {"settlement", "stays", "lines"}
    assert all(each["size_mb"] > 0 for each in report["made"])


async def test_throughput_is_measured_beside_its_ceilings(server_url: str, redis_url: str) -> None:
    report = await report_of(server_url, redis_url, "throughput", "--seconds=0.5", "--connections=4")
    assert len(report["rows"]) == 5
    assert all(row["measured"]["events"] for row in report["rows"])


async def test_counting_and_logging_are_measured_beside_their_absence(server_url: str, redis_url: str) -> None:
    words = ("overhead", "--pairs=2", "--seconds=0.5", "--connections=4", "--within-percent=100000", "--lots=5")
    report = await printed_by(*words, ONELOT_DATABASE_URL=server_url, ONELOT_REDIS_URL=redis_url)
    assert (report["errors"], [len(report[name]) for name in ("counted", "bare")]) == ({}, [2, 2])
    assert all(turn["events"] for name in ("counted", "bare") for turn in report[name])


async def test_a_fee_is_the_same_alone_and_with_its_lines() -> None:
    report = await printed_by("pricing", "--stays=500", "--repeats=1")
    assert (report["speeds"][0]["fee_fen"], report["speeds"][0]["stay"]) == (600, "3 h")
    assert all(speed["fee_fen"] == speed["explained_fen"] for speed in report["speeds"])
    assert report["simulated"]["stays"] == 500


async def test_gates_under_attack(server_url: str, redis_url: str) -> None:
    """What arrives, what is answered and who may ask, attacked for a moment; what gates feel is measured by hand."""
    chosen = ("slow-bodies", "description", "wrong-keys")
    only = [f"--only={name}" for name in chosen]
    report = await report_of(server_url, redis_url, "attack", "--seconds=1", "--events=20", *only)
    assert [row["attack"] for row in report["rows"]] == list(chosen)
    assert all(row["events"] >= 20 and row["refused"] == 0 and row["ready"] for row in report["rows"])

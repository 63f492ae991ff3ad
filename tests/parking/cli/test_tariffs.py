"""`onelot tariff …` on files, as people type it: what it prints and the code it ends with; no database, no settings."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from parking.cli import main

ROOT = Path(__file__).parents[3]

CLEAN = """
code = "{code}"
name_zh = "平"
name_en = "Plain"
time_zone = "Asia/Shanghai"
{more}
[[bands]]
code = "all"
name_zh = "全天"
name_en = "All day"
hours = [{{}}]
tiers = [{{ unit_fen = 500, unit_min = 60 }}]
{end}
"""
FREE = "[free]\nminutes = 60"
KEPT = "[promises]\nminute_fen_max = 1000"
DEAR = "[promises]\nminute_fen_max = 400"
LARGE = '[[classes]]\ncode = "large"\nname_zh = "大型车"\nname_en = "Large"\nwho = {kinds = ["large"]}\npercent = 200'
LONG = (
    '[[classes]]\ncode = "long"\nname_zh = "长"\nname_en = "Long"\nwho = {tags = ["bus"], at_least = {length_cm = 900}}'
    "\npercent = 300\nper_bay = true"
)
COUPON = '[[discounts]]\ncode = "shop"\nname_zh = "券"\nname_en = "Shop"\nkind = "amount"\nfen = 200\ncoupon = true'
PASS = '[[passes]]\ncode = "monthly"\nname_zh = "月卡"\nname_en = "Monthly"\nprice_fen = 30000\nperiod = "month"'
QUOTA = '[[quotas]]\ncode = "nev"\nname_zh = "新能源"\nname_en = "NEV"\nminutes = 120\nwho = {new_energy = true}'

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a document of these parts and gives its path."""

    def written(name: str = "t.toml", *, code: str = "plain", more: str = "", end: str = KEPT) -> str:
        file = tmp_path / name
        file.write_text(CLEAN.format(code=code, more=more, end=end), encoding="utf-8")
        return str(file)

    return written


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parking.cli.tariffs.BUDGET", 1500)


def run(*words: str) -> Result:
    result = CliRunner().invoke(main, ["tariff", *words], env={"COLUMNS": "160"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def quoted(file: str, *words: str) -> Any:
    result = run("quote", file, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_check_a_clean_file(write: Write) -> None:
    result = run("check", write())
    assert (result.exit_code, result.stdout.strip().endswith("nothing found.")) == (0, True), result.output


def test_check_wants_warnings_accepted(write: Write) -> None:
    file = write(more=FREE)
    result = run("check", file)
    assert result.exit_code == 1
    for said in ("warning farmable at $.free", "免费时段可以反复享受", "can be had again", "5.00", "farmable@free="):
        assert said in result.stdout
    assert "Exit code 1: a warning is not accepted." in result.stdout
    result = run("check", file, "--accept", "farmable=everybody may", "--lang", "en")
    assert "Exit code" not in result.stdout
    assert (result.exit_code, "accepted: everybody may" in result.stdout) == (0, True)
    assert "免费" not in result.stdout
    result = run("check", file, "--lang", "zh")
    assert "can be had again" not in result.stdout


def test_check_never_accepts_errors(write: Write) -> None:
    result = run("check", write(end=DEAR), "--accept", "minute_too_dear=no matter")
    assert result.exit_code == 2
    assert "error minute_too_dear at $.promises.minute_fen_max" in result.stdout
    assert "退出码 2：有错误，不能发布。" in result.stdout


def test_check_of_something_else_says_where_and_what_to_do(write: Write, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"code": "x", "name_zh": "x"}', encoding="utf-8")
    result = run("check", write(), str(tmp_path / "bad.json"))
    assert result.exit_code == 2
    assert "error unclear at $.name_en" in result.stdout
    assert "nothing found." in result.stdout


def test_check_finds_prices_that_supersede_each_other(write: Write) -> None:
    files = [
        write("a.toml", code="a", more='supersedes = "b"'),
        write("b.toml", code="b", more='supersedes = "a"'),
    ]
    result = run("check", *files)
    assert (result.exit_code, "$.supersedes" in result.stdout) == (2, True)
    assert run("check", files[0]).exit_code == 0


def test_check_as_json(write: Write) -> None:
    result = run("check", write(more=FREE), write("b.toml", code="b"), "--accept", "farmable=known", "--json")
    first, second = json.loads(result.stdout)
    assert (result.exit_code, second["findings"]) == (0, [])
    (finding,) = first["findings"]
    assert (first["tariff"], finding["kind"], finding["accepted"]) == ("plain", "farmable", "known")
    assert [bill["fee_fen"] for bill in finding["bills"]] == [1000, 0]


def test_each_finding_is_accepted_by_itself(write: Write) -> None:
    first = "tiers = [{ unit_fen = 200, unit_min = 60, for_min = 120 }, { unit_fen = 500, unit_min = 60 }]"
    file = Path(write(more=FREE))
    file.write_text(
        file.read_text(encoding="utf-8").replace("tiers = [{ unit_fen = 500, unit_min = 60 }]", first), encoding="utf-8"
    )
    refused = run("check", str(file), "--accept", "farmable=known")
    assert (refused.exit_code, "There are 2 findings farmable" in refused.stderr.replace("\n", " ")) == (2, True)
    result = run("check", str(file), "--accept", "farmable@free=known", "--lang", "en")
    assert (result.exit_code, "farmable@bands[0].tiers=the reason" in result.stdout) == (1, True)
    assert (
        run("check", str(file), "--accept", "farmable@free=a", "--accept", "farmable@bands[0].tiers=b").exit_code == 0
    )


def test_a_text_without_promises_is_asked_for_them(write: Write) -> None:
    result = run("check", write(end=""))
    assert (result.exit_code, "information no_promises" in result.stdout) == (0, True)


@pytest.mark.parametrize("said", ["farmable", "farmable=", "farmable=  ", "frmable=x"])
def test_accepting_wants_a_kind_and_a_reason(write: Write, said: str) -> None:
    result = run("check", write(), "--accept", said)
    assert (result.exit_code, "--accept" in result.stderr) == (2, True)


def test_explain(write: Write) -> None:
    file = write(more=FREE, end=LARGE)
    result = run("explain", file)
    assert result.exit_code == 0
    for said in ("Plain", "平", "workday morning", "weekend", "Large", "24 h", "240.00"):
        assert said in result.stdout
    assert "workday" not in run("explain", file, "--lang", "zh").stdout
    assert "大型车" not in run("explain", file, "--lang", "en").stdout


def test_quote(write: Write) -> None:
    file = write(end=LARGE)
    fee = quoted(file, "--from", "2025-11-18T09:00+08:00", "--to", "2025-11-18T11:30", "--class", "large")
    assert (fee["fee_fen"], fee["currency"], fee["tariff"]) == (3000, "CNY", "plain")
    assert [line["rule"] for line in fee["lines"]] == ["bands.all"]
    assert quoted(file, "--from", "2025-11-18T01:00Z", "--to", "2025-11-18T11:30")["fee_fen"] == 1500
    result = run("quote", file, "--from", "2025-11-18T09:00", "--to", "2025-11-19T11:30")
    assert (result.exit_code, "135.00" in result.stdout) == (0, True)
    assert "Tue 2025-11-18 09:00 – Wed 2025-11-19 11:30" in result.stdout


ENGLISH = re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b|CNY|NZD|small|before|after|entered|path|warning|error|min\b")


def test_in_chinese_nothing_is_english(write: Write) -> None:
    file, other = write("old.toml", end=LARGE), write("new.toml", more=FREE, end=LARGE)
    stay = ("--from", "2025-11-18T09:00", "--to", "2025-11-19T11:30")
    for words in (("explain", file), ("quote", file, *stay), ("diff", file, other), ("check", other)):
        printed = run(*words, "--lang", "zh").stdout.replace(file, "").replace(other, "")
        assert not ENGLISH.findall(re.sub(r"\$[^│]*│|accept .*|at \$.*", "", printed)), printed
    assert (
        "平：2025年11月18日（周二）09:00 – 2025年11月19日（周三）11:30"
        in run("quote", file, *stay, "--lang", "zh").stdout
    )
    assert run("diff", file, file, "--lang", "zh").stdout.strip() == "两份文本内容相同。"
    backwards = run("quote", file, "--from", "2025-11-18T09:00", "--to", "2025-11-18T08:00", "--lang", "zh")
    assert backwards.stderr.strip() == "StayNotPriceable: 无法计价：离场时间比入场时间早 60 分钟。"


def test_prices_by_the_bay_are_of_two_bays_where_one_costs_as_much(write: Write) -> None:
    by_bay = LARGE.replace("percent = 200", "per_bay = true")
    assert by_bay != LARGE
    printed = run("explain", write(end=by_bay), "--lang", "en").stdout
    assert "(2 bays)" in printed
    assert "(2 bays)" not in run("explain", write("large.toml", end=LARGE), "--lang", "en").stdout


def test_quote_with_what_a_vehicle_brings(write: Write) -> None:
    parts = "\n".join((LONG, COUPON, PASS, QUOTA, "[charging]"))
    file = write(end=parts)
    stay = ("--from", "2025-11-18T09:00", "--to", "2025-11-18T13:00")
    assert quoted(file, *stay)["fee_fen"] == 2000
    assert quoted(file, *stay, "--coupon", "shop")["fee_fen"] == 1800
    assert quoted(file, *stay, "--tag", "bus", "--fact", "length_cm=1200", "--bays", "2")["fee_fen"] == 12000
    assert quoted(file, *stay, "--pass", "monthly:2025-11-01/2025-11-18T11:00")["fee_fen"] == 1000
    assert quoted(file, *stay, "--charging", "2025-11-18T09:00/2025-11-18T12:00")["fee_fen"] == 500
    assert quoted(file, *stay, "--new-energy")["fee_fen"] == 1000


def test_quote_remembers_earlier_visits_in_their_order(write: Write) -> None:
    file = write(end=QUOTA)
    stay = ("--from", "2025-11-18T13:00", "--to", "2025-11-18T16:00", "--new-energy")
    assert quoted(file, *stay)["fee_fen"] == 500
    earlier = ("--history", "2025-11-18T11:00/2025-11-18T12:00", "--history", "2025-11-18T09:00/2025-11-18T09:30")
    assert quoted(file, *stay, *earlier)["fee_fen"] == 1500
    result = run("quote", file, *stay, "--history", "2025-11-18T14:00/2025-11-18T15:00")
    assert (result.exit_code, "--history" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "2025-11-18T09:00", "--to", "2025-11-18T08:00"), "StayNotPriceable"),
        (("--from", "yesterday", "--to", "2025-11-18T08:00"), "--from"),
        (("--from", "2025-11-18T09:00"), "--to"),
        (("--from", "2025-11-18T09:00", "--to", "2025-11-18T10:00", "--coupon", "x"), "no coupon 'x'"),
        (("--from", "2025-11-18T09:00", "--to", "2025-11-18T10:00", "--pass", "x:2025-11-18/2025-11-19"), "no pass"),
        (("--from", "2025-11-18T09:00", "--to", "2025-11-18T10:00", "--pass", "x"), "--pass"),
        (("--from", "2025-11-18T09:00", "--to", "2025-11-18T10:00", "--fact", "length_cm"), "length_cm=1200"),
        (("--from", "2025-11-18T09:00", "--to", "2025-11-18T10:00", "--charging", "2025-11-18T09:00"), "--charging"),
        (("--from", "2025-11-18T09:00", "--to", "2025-11-18T10:00", "--class", "tank"), "tank"),
    ],
)
def test_a_quote_that_is_not_clear(write: Write, words: tuple[str, ...], says: str) -> None:
    result = run("quote", write(), *words)
    assert (result.exit_code, says in result.stderr) == (2, True), result.output


@pytest.mark.parametrize("command", ["explain", "quote", "diff", "publish"])
def test_a_file_that_is_no_tariff_is_told_in_a_sentence(write: Write, tmp_path: Path, command: str) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(CLEAN.format(code="Bad", more="", end=""), encoding="utf-8")
    more = {"quote": ("--from", "2025-11-18T09:00", "--to", "2025-11-18T10:00"), "diff": (write(),)}.get(command, ())
    result = run(command, str(bad), *more)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"TariffUnclear: {bad}, at $.code: ")
    assert len(result.stderr.strip().splitlines()) == 1


def test_diff(write: Write) -> None:
    old, new = write("old.toml"), write("new.toml", more=FREE)
    result = run("diff", old, new)
    assert result.exit_code == 0
    for said in ("$.free.minutes", "30", "small vehicle", "15 min", "5.00", "0.00"):
        assert said in result.stdout
    said = json.loads(run("diff", old, new, "--json").stdout)
    assert said["changes"] == [{"path": "$.free.minutes", "before": 0, "after": 60}]
    assert {(price["before_fen"], price["after_fen"]) for price in said["prices"]} == {(500, 0)}
    assert run("diff", old, old).stdout.strip() == "The two say the same."


@pytest.mark.parametrize("command", ["quote", "explain"])
def test_a_narrow_terminal_cuts_nothing(command: str) -> None:
    words = ["--from", "2025-11-01T09:00", "--to", "2026-11-01T09:00"] if command == "quote" else []
    said = ["tariff", command, str(ROOT / "seeds" / "tariffs" / "jinan_road.toml"), *words]
    result = CliRunner().invoke(main, said, env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    assert "…" not in result.stdout
    assert max(map(cell_len, [line for line in result.stdout.splitlines() if line[:1] in "│┃"])) <= 80


def test_publishing_wants_warnings_accepted(write: Write) -> None:
    result = run("publish", write(more=FREE))
    assert (result.exit_code, "Not published." in result.stderr, result.stdout) == (1, True, "")
    result = run("publish", write(end=DEAR), "--accept", "minute_too_dear=no matter")
    assert (result.exit_code, "Not published." in result.stderr) == (2, True)


def test_a_time_that_clocks_leave_out_is_refused(write: Write) -> None:
    file = Path(write())
    file.write_text(file.read_text(encoding="utf-8").replace("Asia/Shanghai", "Europe/Stockholm"), encoding="utf-8")
    refused = run("quote", str(file), "--from", "2026-03-29T02:30", "--to", "2026-03-29T04:00")
    assert refused.exit_code == 2
    assert "There is no 2026-03-29T02:30 in Europe/Stockholm" in refused.output
    # With an offset it is an instant like any other: two hours and a half, of which the clock shows half.
    quoted = run("quote", str(file), "--from", "2026-03-29T02:30+02:00", "--to", "2026-03-29T04:00", "--json")
    assert json.loads(quoted.output)["fee_fen"] == 1000


def test_the_schema_is_printed_for_editors() -> None:
    assert json.loads(run("schema").output)["title"] == "Tariff"

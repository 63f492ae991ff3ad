"""Whatever the command line says stands in Chinese as well, nothing else does, and either language is chosen."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from parking import settings
from parking.cli import chinese, main
from parking.cli.main import REFUSALS
from parking.cli.spoken import chinese as catalogue
from parking.cli.spoken import sentence
from parking.dated import Outcome
from parking.flow.imports import State
from parking.texts.languages import EN, ZH, Language
from tests import running
from tests.conftest import NOW
from tests.district import QC, District

ZH_CHOSEN = {settings.LANGUAGE: ZH}
# What click says to who writes commands, or of what ours have none.
OF_AUTHORS = (
    "DeprecationWarning", "Could not determine", "No options defined", "Arguments take exactly", "Name '",
    "Boolean option", "deprecated", "Choice(", "Do you want to continue?", "Confirm the action", "%(prog)s",
    "Press any key", "Invalid start character", "Repeat for confirmation", "Error: The two entered", "Unknown color",
)  # fmt: skip


ROOT = Path(__file__).parents[3]
FILES = [*(ROOT / "parking/cli").glob("*.py"), *(ROOT / "seeds/demo").glob("*.py")]
# What prints its first argument, or all of them.
SAYING = {
    *("print", "echo", "say", "_say", "confirm", "UsageError", "BadParameter", "ClickException", "fail"),
    *("RightUnfit", "PortTaken", "RunFailed"),
}
SAYING_ALL = {"Table", "TextColumn", "add_row", "add_task", "assemble"}


def help_texts(command: click.Command = main) -> Iterator[str]:
    """Each paragraph of the help of a command, of its options, and of the commands below it."""
    for text in (command.help, *(each.help for each in command.params if isinstance(each, click.Option))):
        yield from chinese.paragraphs(text or "")
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        yield from help_texts(below)


def of_click() -> Iterator[str]:
    """What click says of itself to who types."""
    yield from ("required", "[OPTIONS]", "COMMAND [ARGS]...")
    for module in chinese.SPEAKING:
        for node in ast.walk(ast.parse(Path(module.__file__ or "").read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("_", "ngettext"):
                texts = [str(each.value) for each in node.args if isinstance(each, ast.Constant)]
                yield from (text for text in texts if not text.startswith(OF_AUTHORS))


def told() -> Iterator[ast.AST]:
    """All that stands in the code of commands and of the demonstration."""
    for file in FILES:
        yield from ast.walk(ast.parse(file.read_text("utf-8")))


def texts_in(node: ast.AST) -> list[str]:
    constants = [each.value for each in ast.walk(node) if isinstance(each, ast.Constant)]
    return [each for each in constants if isinstance(each, str)]


def printed() -> Iterator[str]:
    """The sentences, words and headings that commands print; a long one, or a list, has a name of its own."""
    yield from (*Outcome, *State)
    for node in told():
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("sentence", "word", "headings"):
            yield from (
                text for each in node.args if isinstance(each, ast.Constant | ast.IfExp) for text in texts_in(each)
            )
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("template", "columns"):
            yield from () if "Column(" in ast.unparse(node.value) else texts_in(node.value)


def unsaid() -> Iterator[str]:
    """What is printed as it stands, and has words in it."""
    for node in told():
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith(".activity"):
            given = [node.value]
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            given = node.args if name in SAYING_ALL else node.args[:1] if name in SAYING else []
            given = [*given, *(each.value for each in node.keywords if each.arg == "title" and name != "Panel")]
        else:
            continue
        if any(re.search("[A-Za-z]{2}", words_of(each)) for each in given):
            yield ast.unparse(node)


def words_of(text: ast.expr) -> str:
    """What stands in a literal beside its values and its markup."""
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    words = "".join(str(each.value) for each in parts if isinstance(each, ast.Constant))
    return re.sub(r"\[[a-z /]*\]|\{.*?\}", "", words)


def names_of_refusals() -> Iterator[str]:
    """What a person reads before the sentence of a refusal that no problem document has."""
    yield from (each.__name__ for each in REFUSALS)
    yield from ("ConnectionRefusedError", "FileNotFoundError", "PermissionError", "TimeoutError", "gaierror")
    yield "InvalidPasswordError"


def test_whatever_is_said_is_said_in_chinese_and_nothing_else_is() -> None:
    said_here = {*help_texts(), *of_click(), *names_of_refusals(), *printed()} - {"OneLotError", "", "¥"}
    assert sorted(said_here - set(catalogue())) == [], "say it in parking/texts/cli.toml"
    assert sorted(set(catalogue()) - said_here) == [], "nobody says it any more: take it out of parking/texts/cli.toml"


def test_nothing_is_printed_that_has_no_chinese() -> None:
    assert sorted(unsaid()) == [], "print it by `sentence`, `word` or `headings` of parking/cli/spoken.py"


def test_what_is_said_in_chinese_has_the_facts_of_the_english() -> None:
    for english, text in catalogue().items():
        assert not text.isascii(), english
        assert _facts(text) == _facts(english), english


def _facts(text: str) -> set[str]:
    return {part.partition("}")[0] for part in text.split("{")[1:]}


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, EN),
        ({"LANG": "zh_CN.UTF-8"}, ZH),
        ({"LANG": "en_GB.UTF-8"}, EN),
        ({"LANG": "de_DE.UTF-8"}, EN),
        ({"LANG": "C.UTF-8"}, EN),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, EN),
        ({"LC_MESSAGES": "zh_HK", "LANG": "en_US"}, ZH),
        ({"LC_ALL": "", "LC_MESSAGES": "", "LANG": "zh"}, ZH),
        ({"ONELOT_LANG": "zh", "LC_ALL": "en_US.UTF-8"}, ZH),
        ({"ONELOT_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, EN),
        ({"ONELOT_LANG": "ZH-CN"}, ZH),
        ({"ONELOT_LANG": "", "LANG": "zh_CN"}, ZH),
    ],
)
def test_the_language_is_chosen_by_a_variable_or_the_locale(environment: dict[str, str], language: Language) -> None:
    assert settings.language(environment) == language
    assert settings.read(environment) == settings.Settings()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--help", ["用法：", "选项", "命令", "停车场和路段泊位\n", "显示本说明。"]),
        ("tariff quote --help", ["按文件为一次停放计费", "[必填]", "[默认：small]"]),
        ("import lots --help", ["导入或更正 CSV、XLSX、JSON 文件中的停车场", "只检查，不保存。"]),
        ("lot add", ["错误：缺少参数 'FILE'", "说明见"]),
        ("lot capacity here", ["缺少参数 'SPACES'"]),
        ("settle", ["缺少选项 '--date'"]),
        ("lot lost", ["没有命令 'lost'"]),
        ("lot list --lost", ["没有选项 '--lost'"]),
    ],
)
def test_who_has_chosen_chinese_reads_it_and_everybody_else_english(line: str, says: list[str]) -> None:
    asked = CliRunner().invoke(main, line.split(), env=ZH_CHOSEN)
    for each in says:
        assert each in asked.output
    in_english = CliRunner().invoke(main, line.split(), env={settings.LANGUAGE: EN})
    assert not any(each in in_english.output for each in says)
    assert in_english.exit_code == asked.exit_code


def test_a_refusal_is_named_as_problem_documents_name_it() -> None:
    line = ["token", "--role", "admin", "--subject", "me"]
    asked = CliRunner().invoke(main, line, env={**ZH_CHOSEN, "ONELOT_TOKEN_SECRETS": "short"})
    assert asked.exit_code == 2
    assert "设置有误" in asked.stderr
    assert "BadSetting: ONELOT_TOKEN_SECRETS must hold" in asked.stderr


def test_lines_end_where_the_terminal_does_though_characters_are_wide() -> None:
    # click leaves two columns free.
    lines = CliRunner().invoke(main, ["--help"], env=ZH_CHOSEN, terminal_width=58).output.splitlines()
    assert 50 < max(map(cell_len, lines)) <= 60


def test_facts_are_put_in_in_either_language(monkeypatch: pytest.MonkeyPatch) -> None:
    template = "No such option {name!r}."
    for language, told in ((EN, "No such option 'x'."), (ZH, "没有选项 'x'。")):
        monkeypatch.setenv(settings.LANGUAGE, language)
        assert sentence(template, name="x") == told


async def test_tables_and_sentences_are_in_chinese_and_what_programs_read_is_as_ever(
    database_url: str, redis_url: str, district: District
) -> None:
    """What is printed of one city in either language: tables, sentences, a refusal, JSON."""
    env = running.environment(database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat())
    for line, says in (
        ("lot list", "经营单位"),
        ("migrate", "已执行 0 项迁移"),
        ("lot change jn-none-1 --name-en None", "没有该停车场"),
        (f"lot reopen {QC}", "未变"),
        ("tokens list", "签发人"),
    ):
        _, printed = await running.onelot({**env, **ZH_CHOSEN}, *line.split())
        assert says in printed, printed
        assert says not in (await running.onelot(env, *line.split()))[1]
    for line in (f"lot show {QC}", "doctor --json", "stays find --plate 鲁A00001 --json", "export plates"):
        assert await running.onelot({**env, **ZH_CHOSEN}, *line.split()) == await running.onelot(env, *line.split())

"""Whatever the command line says stands in Chinese as well, nothing else does, and either language is chosen."""

import ast
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
from parking.cli.spoken import said
from parking.texts.languages import EN, ZH, Language

ZH_CHOSEN = {settings.LANGUAGE: ZH}
# What click says to who writes commands, or of what ours have none.
OF_AUTHORS = (
    "DeprecationWarning", "Could not determine", "No options defined", "Arguments take exactly", "Name '",
    "Boolean option", "deprecated", "Choice(", "Do you want to continue?", "Confirm the action", "%(prog)s",
    "Press any key", "Invalid start character", "Repeat for confirmation", "Error: The two entered", "Unknown color",
)  # fmt: skip


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


def names_of_refusals() -> Iterator[str]:
    """What a person reads before the sentence of a refusal that no problem document has."""
    yield from (each.__name__ for each in REFUSALS)
    yield from ("ConnectionRefusedError", "FileNotFoundError", "PermissionError", "TimeoutError", "gaierror")
    yield "InvalidPasswordError"


def test_whatever_is_said_is_said_in_chinese_and_nothing_else_is() -> None:
    said_here = {*filter(None, help_texts()), *of_click(), *names_of_refusals()} - {"OneLotError"}
    assert sorted(said_here - set(catalogue())) == [], "say it in parking/texts/cli.toml"
    assert sorted(set(catalogue()) - said_here) == [], "nobody says it any more: take it out of parking/texts/cli.toml"


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
    sentence = "No such option {name!r}."
    for language, told in ((EN, "No such option 'x'."), (ZH, "没有选项 'x'。")):
        monkeypatch.setenv(settings.LANGUAGE, language)
        assert said(sentence, name="x") == told

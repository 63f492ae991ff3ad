"""Documents say what is so: what they name is there, links lead somewhere, and both READMEs are one."""

import re
from pathlib import Path

import click
import pytest

from parking.app import ROUTES
from parking.cli.main import main
from tests import blocks
from tests.pages import anchors, differences, links, sections

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
README, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"
SITE = ROOT / "zensical.toml"
PAGES = sorted(DOCS.glob("*.md"))
TRANSLATIONS = sorted((DOCS / "zh").glob("*.md"))
# Pages for developers.
ENGLISH_ONLY = {"decisions.md", "house.md", "performance.md"}
DOCUMENTS = [README, CHINESE, ROOT / "CONTRIBUTING.md", *PAGES, *TRANSLATIONS]
IDS = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
# Where a path that is written short may begin.
KNOWN = [ROOT, *(ROOT / name for name in ("parking", "payments", "sql", "seeds"))]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
LOADTESTS = (ROOT / "loadtests" / "__main__.py").read_text("utf-8")
COMMANDS = {f"make {name}" for name in re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE)} | {
    f"python -m loadtests {name}" for name in re.findall(r'^@main.command\("(\w+)"', LOADTESTS, re.MULTILINE)
}
# A call as documents write it, whose parameters are `{code}`, `…`, or an example's own.
CALL = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/[\w/{}…$:.-]*\w\}?)")
# A command on a line of its own or as code; what the keys of a pack are derived from begins likewise.
ONELOT = re.compile(r"(?:`|^|bin/)onelot (?!pack )([a-z][a-z-]*)(?: ([a-z-]+))?", re.MULTILINE)


def broken(document: Path, text: str) -> list[str]:
    """Relative links of a document that lead nowhere, or out of `docs` from inside of it: a site has only that."""
    return [link for link in links(text) if "://" not in link and not leads(document, text, link)]


def leads(document: Path, text: str, link: str) -> bool:
    """Whether a relative link of a document leads to a file, and to a heading of it where it names one."""
    path, _, anchor = link.partition("#")
    if path:
        to = (document.parent / path).resolve()
        if not to.is_file() or (DOCS in document.parents and DOCS not in to.parents):
            return False
        text = to.read_text("utf-8") if anchor else ""
    return not anchor or anchor in anchors(text)


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_links_lead_somewhere(document: Path) -> None:
    assert not broken(document, document.read_text("utf-8"))


def test_links_that_lead_nowhere_are_found() -> None:
    text = (
        "# A b\n[gone](gone.md) `[code](code.md)` [folder](proxy) [out](../Makefile) [no heading](#c) [here](#a-b)\n"
        "[there](operating.md#finding-things) [not there](operating.md#nothing) [web](https://litestar.dev/#x)\n"
    )
    wrong = ["gone.md", "proxy", "../Makefile", "#c", "operating.md#nothing"]
    assert broken(DOCS / "made-up.md", text) == wrong


def test_every_page_has_its_place() -> None:
    """In the site's navigation once, and where its reader begins."""
    listed = re.findall(r'= "([\w./-]+\.md)" \}', SITE.read_text("utf-8"))
    assert sorted(listed) == sorted(str(path.relative_to(DOCS)) for path in (*PAGES, *TRANSLATIONS))
    assert led_to(DOCS / "index.md") == {*PAGES, DOCS / "zh" / "index.md"} - {DOCS / "index.md"}
    english = {DOCS / name for name in ("index.md", *ENGLISH_ONLY)}
    assert led_to(DOCS / "zh" / "index.md") == {*TRANSLATIONS, *english} - {DOCS / "zh" / "index.md"}


def led_to(document: Path) -> set[Path]:
    """The files that a document leads to."""
    paths = {link.partition("#")[0] for link in links(document.read_text("utf-8"))}
    return {(document.parent / path).resolve() for path in paths}


def test_pages_for_readers_in_a_city_are_in_chinese_too() -> None:
    """Each says what its English page says, as far as that can be compared: neither is changed without the other."""
    assert {path.name for path in TRANSLATIONS} == {path.name for path in PAGES} - ENGLISH_ONLY
    wrong = [f"{page.name}: {what}" for page in TRANSLATIONS for what in differences(DOCS / page.name, page)]
    assert not wrong, "say the same in docs/ and in docs/zh/"


def test_what_a_translation_leaves_out_is_found(tmp_path: Path) -> None:
    text = (
        "# A\nOf 35 days `one` and [a page](https://litestar.dev).\n\n```sh\ntrue\n```\n"
        "## B\n| what | how long |\n| --- | --- |\n| `x\\|y` | 1,000 ms, 1,000 s |\n"
    )
    page, other = tmp_path / "page.md", tmp_path / "other.md"
    page.write_text(text, "utf-8")
    chinese = text.replace("Of 35 days", "35 天、2 次").replace("# A", "# 甲").replace("what | how long", "什么 | 多久")
    other.write_text(chinese, "utf-8")
    assert not [*differences(page, other)]
    found = {}
    for gone, instead in (
        *(("true", "false"), ("## B", "### B"), ("35", "36"), ("`one`", "one"), ("1,000 s", "1000 s")),
        *(("https://litestar.dev", "https://www.python.org"), ("| `x\\|y` | 1,000 ms, 1,000 s |\n", "")),
    ):
        other.write_text(chinese.replace(gone, instead), "utf-8")
        found[gone] = " ".join(differences(page, other))
    assert "" not in found.values(), found


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_documents_name_what_is_there(document: Path) -> None:
    text = document.read_text("utf-8")
    # A name in capitals stands for many (channels/NAME.py); one without a folder is a word.
    paths = {path for path in re.findall(r"`([a-z_][\w.-]*/[\w./-]*)`", text) if not re.search(r"[A-Z]{2}|X\.", path)}
    wrong = [path for path in sorted(paths) if not any((folder / path).exists() for folder in KNOWN)]
    named = re.findall(r"(?:`|^)(make [a-z]+|python -m loadtests.\w+)", text, re.MULTILINE)
    wrong += [command for command in named if command not in COMMANDS]
    assert not wrong, "take out what is gone, or name what took its place"


def not_served(text: str) -> list[str]:
    """Calls that a document names and the service has not."""
    served = [
        (str(method), re.compile(re.sub(r"\{[^}]*\}", "[^/]+", path)))
        for route in ROUTES
        for path in route.paths
        for method in route.http_methods
    ]
    return [
        f"{method} {path}"
        for method, path in CALL.findall(text)
        if not any(method == its and template.fullmatch(path) for its, template in served)
    ]


def no_commands(text: str) -> list[str]:
    """Commands that a document names and `onelot` has not."""
    found = []
    for name, second in ONELOT.findall(text):
        command = main.commands.get(name)
        known = not isinstance(command, click.Group) or not second or second in command.commands
        known |= isinstance(command, click.Group) and second.startswith("-")
        if command is None or not known:
            found.append(f"onelot {name} {second}".strip())
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
def test_documents_name_calls_and_commands_that_there_are(document: Path) -> None:
    text = document.read_text("utf-8")
    assert not [*not_served(text), *no_commands(text)], "take out what is gone, or name what took its place"


def test_calls_and_commands_that_are_gone_are_found() -> None:
    calls = "`GET /v1/lots/{code}` `GET /v1/lots/…` `PUT /v1/lots/{code}` `POST /v1/reviews`."
    assert not_served(calls) == ["PUT /v1/lots/{code}", "POST /v1/reviews"]
    commands_ = "`onelot lot add` `onelot lot sell`\nonelot serve --workers 4\nonelot fly\n"
    assert no_commands(commands_) == ["onelot lot sell", "onelot fly"]


def test_both_readmes_say_the_same() -> None:
    """Of what can be compared: sections, commands and links, in one order. Either leads to the other."""
    english, chinese = README.read_text("utf-8"), CHINESE.read_text("utf-8")
    assert [each.level for each in sections(english)] == [each.level for each in sections(chinese)]
    assert commands(english) == commands(chinese) != []
    assert links(english)[0] == CHINESE.name
    assert links(chinese)[0] == README.name
    chinese_pages = {f"docs/{path.name}": f"docs/zh/{path.name}" for path in TRANSLATIONS}
    ours, theirs = {chinese_pages.get(link, link) for link in links(english)[1:]}, set(links(chinese)[1:])
    assert ours == theirs
    assert len(ours) > 10


def commands(text: str) -> list[str]:
    """The lines of the blocks for a shell, without their comments."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("readme", [README, CHINESE], ids=lambda path: path.name)
def test_readme_keeps_two_screens(readme: Path) -> None:
    assert len(readme.read_text("utf-8").splitlines()) <= 80, "details stand in docs/"


# -- blocks: those for a shell and of JSON are run beside a demonstration (tests/seeds/demo)


BLOCKS = [block for document in blocks.documents() for block in blocks.blocks(document)]


def test_every_document_has_its_blocks_run() -> None:
    assert {*blocks.documents()} == {*DOCUMENTS} - {ROOT / "CONTRIBUTING.md", *TRANSLATIONS}
    assert {block.language for block in BLOCKS} == {"sh", "json", "yaml", "ini", ""}, "a shell's are `sh`"
    assert sum(block.language == "sh" for block in BLOCKS) > 20
    assert {blocks.json_of(block).method for block in BLOCKS if block.language == "json"} == {"GET", "POST", "PUT"}


def test_what_is_not_run_is_there() -> None:
    found = [command for block in BLOCKS if block.language == "sh" for command in blocks.commands(block)]
    used = {blocks.why_not(command) for command in found}
    assert not blocks.NOT_RUN.keys() - used, "no command of a document begins so: take the line out"
    assert sum(blocks.why_not(command) is None for command in found) > 40


def made_up(text: str) -> list[blocks.Block]:
    return [blocks.Block("made-up.md", 7, "sh", text, "")]


async def test_a_block_that_fails_is_found(tmp_path: Path) -> None:
    (tmp_path / ".onelot").mkdir()
    (tmp_path / ".onelot" / "demo.env").write_text("export ONELOT=http://127.0.0.1:1\n")
    async with blocks.Reader.beside(tmp_path) as reader:
        right = 'onelot --version\nif true\nthen\n  test -f lot.json || echo "$ONELOT"   # a remark\nfi\n'
        assert await reader.run(made_up(right)) is None
        for wrong, code in (("false | cat", 1), ("onelot fly", 2), ('curl -s "$ONELOT/v1/lots"', 7)):
            said = await reader.run(made_up(f"true\n{wrong}\ntrue\n"))
            assert said is not None
            assert f"made-up.md:7: exit code {code} of: " in said
    with pytest.raises(ValueError, match="does not end"):
        blocks.commands(made_up("echo 'a\n")[0])


def test_an_answer_has_what_is_shown_of_it() -> None:
    answer = {"status": "ok", "checks": {"redis": {"ok": True}}}
    assert not blocks.shape({"checks": {"redis": {"ok": False}}}) - blocks.shape(answer)
    shown = {"status": 1, "checks": {"redis": {"fine": True}}}
    assert blocks.shape(shown) - blocks.shape(answer) == {(0, "status", "int"), (2, "fine", "bool")}

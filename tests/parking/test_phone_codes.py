"""Codes for phones: which numbers there are, which code follows, how long one is good, and how many are sent."""

import re
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from msgspec import structs

from parking import phone_codes
from parking.phone_codes import OF_ADDRESS, OF_PHONE, SEND_TRIES_MAX, TRIES_MAX, Code, Gateway, Offer, PhoneUnfit
from parking.texts.phone_codes import MESSAGE
from tests.conftest import NOW

SECRET, OLDER = "s" * 32, "o" * 32
PHONE = "+8613800138000"
CODE = Code(UUID(int=1), PHONE, b"browser", "zh", b"x" * 32, NOW + phone_codes.LIFE)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "said",
    ["13800138000", "138 0013 8000", "138-0013-8000", "+86 13800138000", "008613800138000", "１３８００１３８０００"],
)
def test_a_phone_is_one_however_it_is_typed(said: str) -> None:
    assert phone_codes.phone_of(said) == PHONE


@pytest.mark.parametrize(
    "said",
    # Short, long, of a place, of another country, one that pays whoever has it called, and no number.
    [
        "",
        "1380013800",
        "138001380001",
        "12800138000",
        "0531-12345678",
        "+1 650 253 0000",
        "+8690013800138",
        "1380013800O",
    ],
)
def test_what_is_no_mobile_phone_is_sent_nothing(said: str) -> None:
    with pytest.raises(PhoneUnfit):
        phone_codes.phone_of(said)


def test_a_phone_is_shown_to_who_knows_it() -> None:
    assert phone_codes.masked(PHONE) == "138****8000"


def test_a_code_follows_from_what_is_kept_and_from_a_key_that_is_not() -> None:
    code = phone_codes.digits(CODE.seed, PHONE, SECRET)
    assert re.fullmatch("[0-9]{6}", code)
    assert code == phone_codes.digits(CODE.seed, PHONE, SECRET)
    others = [(b"y" * 32, PHONE, SECRET), (CODE.seed, "+8613800138001", SECRET), (CODE.seed, PHONE, OLDER)]
    assert code not in [phone_codes.digits(*other) for other in others]
    assert len({phone_codes.digits(bytes([n]) * 32, PHONE, SECRET) for n in range(200)}) > 190
    assert any(phone_codes.digits(bytes([n]) * 32, PHONE, SECRET).startswith("0") for n in range(200))


@pytest.mark.parametrize(
    ("of", "known", "fits"),
    [(SECRET, (SECRET,), True), (OLDER, (SECRET, OLDER), True), (OLDER, (SECRET,), False)],
)
def test_a_code_of_an_older_secret_is_good_while_that_is_known(of: str, known: tuple[str, ...], fits: bool) -> None:
    said = phone_codes.digits(CODE.seed, PHONE, of)
    assert phone_codes.fits(said, CODE, known) is fits
    assert phone_codes.fits(f" {said[:3]} {said[3:]} ", CODE, known) is fits


@pytest.mark.parametrize("said", ["", "00000", "没有", "\x00", "1" * 40])
def test_another_code_does_not_fit(said: str) -> None:
    assert not phone_codes.fits(said, CODE, (SECRET,))


@pytest.mark.parametrize(
    ("code", "browser", "now", "may"),
    [
        (CODE, b"browser", NOW, True),
        (CODE, b"another", NOW, False),
        (CODE, b"browser", CODE.ends_at, False),
        (CODE, b"browser", CODE.ends_at - MINUTE, True),
        (structs.replace(CODE, tries=TRIES_MAX - 1), b"browser", NOW, True),
        (structs.replace(CODE, tries=TRIES_MAX), b"browser", NOW, False),
    ],
)
def test_who_may_say_a_code_and_when(code: Code, browser: bytes, now: datetime, may: bool) -> None:
    assert phone_codes.may_be_tried(code, browser, now) is may


def ago(*minutes: float) -> list[datetime]:
    return [NOW - each * MINUTE for each in minutes]


@pytest.mark.parametrize(
    ("asked", "waits_min"),
    [
        ([], None),
        (ago(0), 1),
        (ago(0.5), 0.5),
        (ago(1), None),
        (ago(59, 5, 4, 3, 2), 1),
        (ago(60, 5, 4, 3, 2), None),
        (ago(*(100 + n for n in range(9))), None),
        (ago(*(100 + n for n in range(10))), 24 * 60 - 109),
        # The longest of them is waited for.
        (ago(0, *(100 + n for n in range(9))), 24 * 60 - 108),
    ],
)
def test_how_long_the_next_code_for_a_phone_waits(asked: list[datetime], waits_min: float | None) -> None:
    until = phone_codes.waits_until(asked, OF_PHONE, NOW)
    assert until == (None if waits_min is None else NOW + waits_min * MINUTE)


def test_an_address_waits_after_many() -> None:
    ((within, codes_max),) = OF_ADDRESS
    many = [NOW - MINUTE] * codes_max
    assert phone_codes.waits_until(many[1:], OF_ADDRESS, NOW) is None
    assert phone_codes.waits_until(many, OF_ADDRESS, NOW) == NOW - MINUTE + within


def test_a_message_says_the_code_and_for_how_long_in_the_language_of_who_asked() -> None:
    code = phone_codes.digits(CODE.seed, PHONE, SECRET)
    for language in MESSAGE:
        said = phone_codes.message(structs.replace(CODE, language=language), SECRET)
        assert code in said
        assert "5" in said.replace(code, "")
        assert PHONE not in said


def test_a_code_is_sent_again_more_and_more_slowly_and_not_beyond_its_end() -> None:
    pauses = [phone_codes.send_again_at(structs.replace(CODE, sends=sends), NOW) for sends in range(SEND_TRIES_MAX)]
    assert pauses == [*(NOW + timedelta(seconds=each) for each in (2, 4, 8, 16)), None]
    assert phone_codes.send_again_at(structs.replace(CODE, sends=3), CODE.ends_at - timedelta(seconds=16)) is None


@pytest.mark.parametrize(
    ("url", "key", "found"),
    [
        ("", "", None),
        ("https://texts.example/send", "k", Gateway("https://texts.example/send", "k")),
        ("http://127.0.0.1:9/send", "k", Gateway("http://127.0.0.1:9/send", "k")),
    ],
)
def test_what_sends_messages(url: str, key: str, found: Gateway | None) -> None:
    assert phone_codes.gateway(url, key) == found


@pytest.mark.parametrize(("url", "key"), [("https://texts.example/send", ""), ("http://texts.example/send", "k")])
def test_what_would_be_overheard_or_is_not_let_in_sends_none(url: str, key: str) -> None:
    with pytest.raises(ValueError, match=r"must begin with https|needs TEXT_GATEWAY_KEY"):
        phone_codes.gateway(url, key)


def test_messages_are_shown_in_demonstrations_alone() -> None:
    sends = Gateway("https://texts.example/send", "k")
    assert phone_codes.offer(sends, is_demonstration=True) is Offer.SENT
    assert phone_codes.offer(None, is_demonstration=True) is Offer.SHOWN
    assert phone_codes.offer(None, is_demonstration=False) is Offer.NONE

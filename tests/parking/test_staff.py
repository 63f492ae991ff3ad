"""What a password is refused for, codes that are used once, and codes of telephones."""

from datetime import timedelta

import pyotp
import pytest

from parking import sessions, staff
from parking.sessions import FREE_OF_LOGIN, PAUSE_MAX, PAUSE_MIN, Failures
from parking.staff import PasswordUnfit, Staff
from payments.identity import READERS, Audience, HolderUnclear
from tests.conftest import NOW

SALT = bytes(16)
SECRET = staff.totp_secret(bytes(range(20)))


def account(**changes: object) -> Staff:
    """An account of a clerk."""
    said: dict[str, object] = {
        "id": 1, "login": "wang", "name": "", "audience": Audience.CLERK, "operator_id": 7, "lot_id": None,
        "password_hash": None, "code_hash": None, "code_until": None, "totp_secret": None, "totp_confirmed": False,
        "totp_step": 0, "identity": None, "disabled_at": None, "disabled_by": None, "created_at": NOW,
        "created_by": "tests",
    }  # fmt: skip
    return Staff(**{**said, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("password", ["short", "a" * 20, "abababababab", "my wang wang wang", "x" * 201])
def test_what_would_be_guessed_is_refused(password: str) -> None:
    with pytest.raises(PasswordUnfit):
        staff.check_password(password, "wang")


def test_a_password_fits_itself_alone() -> None:
    staff.check_password("correct horse battery", "wang")
    kept = staff.hashed("correct horse battery", SALT)
    assert kept.startswith("$argon2id$")
    assert staff.fits("correct horse battery", kept)
    assert not staff.fits("correct horse batterz", kept)
    assert not staff.fits("nobody's", None)
    assert not staff.fits("anything", "no hash at all")


def test_a_code_is_read_however_it_was_typed_until_it_ends() -> None:
    code = staff.code_text(bytes(range(10)))
    assert [len(part) for part in code.split("-")] == [4, 4, 4, 4]
    until = NOW + staff.CODE_LIFE
    known = account(code_hash=staff.code_hashed(code), code_until=until)
    assert staff.code_fits(f" {code.lower().replace('-', ' ')} ", known, NOW)
    assert not staff.code_fits(code, known, until)
    assert not staff.code_fits(code[:-1] + "9", known, NOW)
    assert not staff.code_fits("", account(), NOW)


def test_a_telephone_may_be_a_step_off() -> None:
    codes = pyotp.TOTP(SECRET)
    steps = [
        staff.totp_step(codes.at(NOW + beside * timedelta(seconds=30)), SECRET, NOW) for beside in (-2, -1, 0, 1, 2)
    ]
    here = int(NOW.timestamp()) // 30
    assert steps == [None, here - 1, here, here + 1, None]
    assert staff.totp_step("", SECRET, NOW) is None
    assert staff.totp_step("１２３４５６", SECRET, NOW) is None


def test_who_moves_money_shows_a_telephone() -> None:
    assert [each for each in READERS if staff.needs_totp(each)] == [Audience.FINANCE, Audience.ADMIN]


def test_an_account_is_somebody_as_a_token_is() -> None:
    assert account().principal.operator_id == 7
    with pytest.raises(HolderUnclear):
        staff.principal("wang", Audience.BOOTH, 7, None)
    with pytest.raises(HolderUnclear):
        staff.principal("wang", Audience.ADMIN, 7, None)
    with pytest.raises(staff.NoSuchStaff):
        staff.principal("wang", Audience.DRIVER, None, None)


def test_pauses_grow_and_end() -> None:
    lengths = [sessions.pause(failures, FREE_OF_LOGIN) for failures in range(1, 12)]
    assert lengths[:FREE_OF_LOGIN] == [timedelta(0)] * FREE_OF_LOGIN
    assert lengths[FREE_OF_LOGIN : FREE_OF_LOGIN + 3] == [PAUSE_MIN, 2 * PAUSE_MIN, 4 * PAUSE_MIN]
    assert lengths == sorted(lengths)
    assert sessions.pause(10_000, FREE_OF_LOGIN) == PAUSE_MAX
    failed = Failures(b"", FREE_OF_LOGIN + 1, NOW)
    assert sessions.waits_until(failed, FREE_OF_LOGIN) == NOW + PAUSE_MIN
    assert sessions.waits_until(None, FREE_OF_LOGIN) is None


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        (None, "/desk"),
        ("", "/desk"),
        ("/desk/cases?lot=a", "/desk/cases?lot=a"),
        ("//elsewhere", "/desk"),
        ("/\\elsewhere", "/desk"),
        ("https://elsewhere/", "/desk"),
        ("/a\r\nSet-Cookie: x", "/desk"),
    ],
)
def test_nobody_is_sent_elsewhere(wanted: str | None, path: str) -> None:
    assert sessions.local_path(wanted, "/desk") == path


def test_a_form_is_of_one_session() -> None:
    assert sessions.is_form_of(sessions.form_token("a"), "a")
    assert not sessions.is_form_of(sessions.form_token("a"), "b")
    assert not sessions.is_form_of("é", "a")

"""Plates: what cameras send, what it means, and what must never be taken for a plate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking.plates import PlateColor, PlateForm, VehicleClass, form, is_large, is_new_energy, normalise


@pytest.mark.parametrize(
    ("read", "plate"),
    [
        ("鲁A12345", "鲁A12345"),
        ("鲁AD12345", "鲁AD12345"),
        ("鲁a·123b5", "鲁A123B5"),
        (" 鲁A 123-45 ", "鲁A12345"),
        ("鲁Ａ１２３４５", "鲁A12345"),
        ("鲁A.12345", "鲁A12345"),
        ("鲁A•12345", "鲁A12345"),
        ("蓝浙AX2P12", "浙AX2P12"),
        ("绿鲁AD12345", "鲁AD12345"),
        ("黄绿鲁A12345D", "鲁A12345D"),
        ("黄绿色鲁A12345D", "鲁A12345D"),
        ("白鲁A1234警", "鲁A1234警"),
        ("白WJ京1234J", "WJ京1234J"),
        ("黑A12345", "黑A12345"),
        ("蓝黑A12345", "黑A12345"),
        ("黑黑A12345", "黑A12345"),
        ("黑粤Z1234港", "粤Z1234港"),
        ("粤Z0000澳", "粤Z0000澳"),
        ("黑使014578", "使014578"),
        ("青A12345", "青A12345"),
        ("鲁A\x0012345", "鲁A12345"),
    ],
)
def test_reads_are_made_comparable(read: str, plate: str) -> None:
    assert normalise(read) == plate


@pytest.mark.parametrize(
    "read", ["", " ", "无车牌", "_无_", "无牌车", "无牌", "unknown", "未识别", "noPlate", "蓝无车牌", "\x00"]
)
def test_no_plate_is_empty_whatever_the_camera_calls_it(read: str) -> None:
    assert normalise(read) == ""


@pytest.mark.parametrize(
    ("plate", "expected"),
    [
        ("鲁A12345", PlateForm.SMALL),
        ("鲁AD1234", PlateForm.SMALL),
        ("鲁O12345", PlateForm.SMALL),
        ("鲁AABCDE", PlateForm.UNKNOWN),
        ("鲁A1234O", PlateForm.UNKNOWN),
        ("鲁A1234", PlateForm.UNKNOWN),
        ("鲁AI2345", PlateForm.UNKNOWN),
        ("浙ABB8888", PlateForm.NEV_SMALL),
        ("鲁A12345D", PlateForm.NEV_LARGE),
        ("鲁A12345L", PlateForm.UNKNOWN),
        ("鲁AL12345", PlateForm.UNKNOWN),
        ("鲁A123456", PlateForm.UNKNOWN),
        ("鲁A1234挂", PlateForm.TRAILER),
        ("鲁A1234学", PlateForm.COACH),
        ("鲁A1234警", PlateForm.POLICE),
        ("鲁X1234应急", PlateForm.EMERGENCY),
        ("粤Z1234港", PlateForm.HK_MACAU),
        ("粤Z0000澳", PlateForm.HK_MACAU),
        ("鲁A1234港", PlateForm.UNKNOWN),
        ("使014578", PlateForm.EMBASSY),
        ("沪A0023领", PlateForm.CONSULATE),
        ("沪224578领", PlateForm.CONSULATE),
        ("WJ警00081", PlateForm.ARMED_POLICE),
        ("WJ京1234J", PlateForm.ARMED_POLICE),
        ("WJ1234X", PlateForm.ARMED_POLICE),
        ("BA12345", PlateForm.MILITARY),
        ("鲁A12345临", PlateForm.TEMPORARY),
        ("", PlateForm.UNKNOWN),
        ("AB0000", PlateForm.UNKNOWN),
        ("一路顺风", PlateForm.UNKNOWN),
    ],
)
def test_forms(plate: str, expected: PlateForm) -> None:
    assert form(plate) is expected


@pytest.mark.parametrize("letter", "DABCEFGHJK")
def test_every_energy_letter_counts_in_both_places(letter: str) -> None:
    assert form(f"鲁A{letter}12345") is PlateForm.NEV_SMALL
    assert form(f"鲁A{letter}K2345") is PlateForm.NEV_SMALL
    assert form(f"鲁A12345{letter}") is PlateForm.NEV_LARGE


@pytest.mark.parametrize("letter", "ILMNOPQRSTUVWXYZ")
def test_no_other_letter_makes_a_plate_new_energy(letter: str) -> None:
    assert form(f"鲁A{letter}12345") is PlateForm.UNKNOWN
    assert form(f"鲁A12345{letter}") is PlateForm.UNKNOWN


def test_new_energy_follows_the_text_and_green_helps_a_misread_one() -> None:
    assert is_new_energy("鲁AD12345", PlateColor.GREEN)
    assert is_new_energy("鲁AD12345", PlateColor.WHITE), "faded green at night"
    assert is_new_energy("鲁A012345", PlateColor.GREEN), "D read as 0"
    assert not is_new_energy("鲁A012345", PlateColor.BLUE)
    assert not is_new_energy("鲁AD1234", PlateColor.BLUE)
    assert not is_new_energy("鲁A12345", PlateColor.GREEN), "a tractor's green plate has seven characters"


def test_large_by_colour_or_by_sight() -> None:
    assert is_large(PlateColor.YELLOW, VehicleClass.UNKNOWN)
    assert is_large(PlateColor.YELLOW_GREEN, VehicleClass.SMALL)
    assert is_large(PlateColor.UNKNOWN, VehicleClass.LARGE)
    assert not is_large(PlateColor.BLUE, VehicleClass.SMALL)
    assert not is_large(PlateColor.YELLOW, VehicleClass.MOTORCYCLE)


@given(st.text(max_size=20) | st.text("蓝黄绿白黑鲁使A0无车牌._ ", max_size=10))
def test_normalising_twice_changes_nothing(read: str) -> None:
    assert normalise(normalise(read)) == normalise(read)


@given(st.from_regex(r"\A[京津沪渝鲁黑青新][A-HJ-NP-Z][0-9A-HJ-NP-Z]{4}[0-9]\Z"), st.sampled_from(("", "·", " ", "-")))
def test_separators_and_case_never_matter(plate: str, separator: str) -> None:
    assert normalise((plate[:2] + separator + plate[2:]).lower()) == plate
    assert form(plate) is PlateForm.SMALL

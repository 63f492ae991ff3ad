"""Plates: what cameras send, what it means, and what must never be taken for a plate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking.plates import (
    PlateColor,
    PlateForm,
    VehicleClass,
    form,
    identity,
    is_large,
    is_new_energy,
    issued,
    names_vehicle,
    normalise,
    settle_color,
)

BLUE, YELLOW, GREEN, YELLOW_GREEN, WHITE, BLACK, UNKNOWN = PlateColor


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
        # The colour behind the text.
        ("鲁A12345蓝", "鲁A12345"),
        ("鲁A12345（蓝色）", "鲁A12345"),
        ("鲁A12345D黄绿牌", "鲁A12345D"),
        ("粤Z1234港黑", "粤Z1234港"),
        ("蓝牌鲁A12345", "鲁A12345"),
        # Traditional characters.
        ("魯A12345", "鲁A12345"),
        ("粵Z1234港", "粤Z1234港"),
        ("藍魯A12345", "鲁A12345"),
        ("魯A1234學", "鲁A1234学"),
        # Letters that look Latin, accents, other digits.
        ("ΑΒΕ1234", "ABE1234"),
        ("А123ВС77", "A123BC77"),
        ("鲁А12345", "鲁A12345"),
        ("GÖ AB 123", "GOAB123"),
        ("鲁A１２３４５", "鲁A12345"),
        ("鲁A١٢٣٤٥", "鲁A12345"),
        # What is Korean, Japanese or Thai stays so.
        ("12가3456", "12가3456"),
        ("品川 300 が 12-34", "品川300が1234"),
        ("1กข 2345", "1กข2345"),
    ],
)
def test_reads_are_made_comparable(read: str, plate: str) -> None:
    assert normalise(read) == plate


@pytest.mark.parametrize(
    "read",
    [
        *(
            "",
            " ",
            "无车牌",
            "_无_",
            "无牌车",
            "无牌",
            "unknown",
            "未识别",
            "noPlate",
            "蓝无车牌",
            "\x00",
            "-",
            "--",
            "null",
        ),
        *("无牌车12", "無牌車", "未知车牌", "未识别车牌", "车牌不全", "临时车", "NOTREAD", "N/A", "unlicensed", "****"),
        *("0", "00000000", "11111111", "22222222", "福A000000", "XXXXXXX", "xxxxx", "鲁A000000"),
    ],
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
        ("票7F3A91", PlateForm.TICKET),
        ("票7F3", PlateForm.UNKNOWN),
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


@pytest.mark.parametrize(
    ("plate", "color", "seen", "large"),
    [
        ("鲁A12345", YELLOW, VehicleClass.UNKNOWN, True),
        ("鲁A12345", YELLOW, VehicleClass.SMALL, True),  # seven characters on yellow: that is what large vehicles have
        ("鲁A12345", YELLOW, VehicleClass.MOTORCYCLE, False),
        ("鲁A12345", BLUE, VehicleClass.SMALL, False),
        ("鲁A12345", BLUE, VehicleClass.LARGE, True),
        ("鲁A12345D", YELLOW_GREEN, VehicleClass.SMALL, True),
        ("鲁A1234挂", YELLOW, VehicleClass.UNKNOWN, True),
        # Yellow says nothing of the size: learners' cars, and the rear of cars from Hong Kong.
        ("鲁A1234学", YELLOW, VehicleClass.SMALL, False),
        ("鲁A1234学", YELLOW, VehicleClass.UNKNOWN, False),
        ("鲁A1234学", YELLOW, VehicleClass.LARGE, True),
        ("CD5678", YELLOW, VehicleClass.SMALL, False),
        ("CD5678", YELLOW, VehicleClass.LARGE, True),
    ],
)
def test_large_by_what_the_form_says_or_by_sight(
    plate: str, color: PlateColor, seen: VehicleClass, large: bool
) -> None:
    assert is_large(plate, color, seen) is large


# -- which vehicle


@pytest.mark.parametrize(
    ("plate", "color"),
    [
        ("鲁AD54321", GREEN),
        ("鲁A54321D", YELLOW_GREEN),
        ("鲁A1234挂", YELLOW),
        ("鲁A1234学", YELLOW),
        ("鲁A1234警", WHITE),
        ("WJ京1234J", WHITE),
        ("BA12345", WHITE),
        ("鲁X1234应急", WHITE),
        ("使014578", BLACK),
        ("沪A0023领", BLACK),
        ("粤Z1234港", BLACK),
        ("AB1234", UNKNOWN),  # from Hong Kong: white in front, yellow behind
        ("12가3456", UNKNOWN),
    ],
)
@pytest.mark.parametrize("read", PlateColor)
def test_where_the_form_settles_the_colour_the_camera_does_not(plate: str, color: PlateColor, read: PlateColor) -> None:
    assert settle_color(plate, read) is color


def test_seven_characters_are_blue_or_yellow() -> None:
    settled = {read: settle_color("鲁A55K66", read) for read in PlateColor}
    assert {read for read, color in settled.items() if color is YELLOW} == {YELLOW, YELLOW_GREEN}
    assert {color for read, color in settled.items() if read not in (YELLOW, YELLOW_GREEN)} == {BLUE}


def test_a_misread_plate_of_eight_characters_keeps_its_green() -> None:
    assert settle_color("鲁A012345", GREEN) is settle_color("鲁A012345", YELLOW_GREEN) is GREEN
    assert settle_color("鲁A012345", BLUE) is UNKNOWN


@pytest.mark.parametrize(
    ("plate", "names"),
    [
        ("鲁A12345", True),
        ("FV1234", True),
        ("1", True),
        ("WJ12", True),
        ("一路顺风", False),
        ("LOVEU", False),
        ("", False),
    ],
)
def test_a_text_without_form_or_digit_names_no_vehicle(plate: str, names: bool) -> None:
    assert names_vehicle(plate) is names


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("鲁A1O23K", "鲁A1023K"), ("鲁AI234K", "鲁A1234K"), ("鲁O12345", None), ("鲁A1023K", None), ("一路顺风", None)],
)
def test_no_plate_has_the_letters_i_and_o(typed: str, meant: str | None) -> None:
    assert issued(typed) == meant


@given(st.text(max_size=12) | st.text("鲁粤AD蓝黄绿港学0123O", max_size=9), st.sampled_from(PlateColor))
def test_the_identity_of_an_identity_is_itself(text: str, read: PlateColor) -> None:
    plate, color = identity(text, read)
    assert identity(plate, color) == (plate, color)


@given(
    st.text(max_size=20) | st.text("蓝黄绿白黑鲁使A0无车牌._ ", max_size=10) | st.text("ÄΑАéカ가ﷺ鲁蓝1٣", max_size=9)
)
def test_normalising_twice_changes_nothing(read: str) -> None:
    assert normalise(normalise(read)) == normalise(read)


@given(st.from_regex(r"\A[京津沪渝鲁黑青新][A-HJ-NP-Z][0-9A-HJ-NP-Z]{4}[0-9]\Z"), st.sampled_from(("", "·", " ", "-")))
def test_separators_and_case_never_matter(plate: str, separator: str) -> None:
    assert normalise((plate[:2] + separator + plate[2:]).lower()) == plate
    assert form(plate) is PlateForm.SMALL

"""Numbers of tickets."""

from hypothesis import given
from hypothesis import strategies as st

from parking import plates, tickets
from parking.plates import PlateForm


@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_a_number_is_a_ticket_as_it_is_compared_by(bits: int) -> None:
    number = tickets.number_of(bits)
    assert (len(number), set(number) <= set(tickets.LETTERS)) == (tickets.NUMBER_CHARACTERS, True)
    text = plates.of_ticket(number)
    assert (text, plates.form(text)) == (plates.TICKET_MARK + number, PlateForm.TICKET)
    for said in (number, number.lower(), text, tickets.payload("qc-road", number)):
        assert tickets.number_said(said) == number


def test_numbers_differ_where_their_bits_do() -> None:
    assert tickets.number_of(0) != tickets.number_of(1) != tickets.number_of(1 << 59)

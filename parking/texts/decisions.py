"""What people decide, in words."""

from parking.decisions import Kind
from parking.texts.words import Words

KINDS: dict[Kind, Words] = {
    Kind.PLATE: ("更正车牌", "Another plate"),
    Kind.TICKET: ("凭证关联车牌", "Ticket merged with a plate"),
    Kind.VOID: ("作废识别", "No vehicle"),
    Kind.RIGHT: ("核查无误", "Found right"),
    Kind.PAIR: ("进出配对", "Entry and exit put together"),
    Kind.MANUAL_ENTRY: ("补录进场", "Entry made by hand"),
    Kind.MANUAL_EXIT: ("补录出场", "Exit made by hand"),
    Kind.LET_OUT_FREE: ("免费放行", "Let out free"),
    Kind.LET_OUT_AND_CHARGE: ("放行并计费", "Let out and charged"),
    Kind.UNDO: ("撤销决定", "Decision undone"),
}

"""Why a person should look, in words for staff; and why a charge waits."""

from parking.billings import REASON as BILLED_BEYOND_HISTORY
from parking.cases import Reason
from parking.matching import Outcome
from parking.texts.words import Words

REASONS: dict[Reason, Words] = {
    Reason.UNKNOWN_PLATE_FORM: ("车牌格式无法识别", "The plate has no known form"),
    Reason.LOW_CONFIDENCE: ("车牌识别可信度低", "The plate was hardly legible"),
    Reason.NUMBERS_RESTARTED: ("设备事件编号重新开始", "The device's numbers began anew"),
    Reason.NO_PRICE: ("停车场没有现行收费标准", "The lot has no price in force"),
    Reason.LONG_STAY: ("停放时间异常长", "Longer than a usual stay"),
    Reason.CLOCK_AHEAD: ("设备时钟偏快", "The device's clock is ahead"),
    Reason.CLOCK_BEHIND: ("设备时钟偏慢", "The device's clock is behind"),
    Reason.NO_PLATE: ("无车牌", "No plate"),
    Reason.KIND_CONTRADICTS_LANE: ("进出方向与车道不符", "The direction contradicts the lane"),
    Reason.ENTRY_WHILE_INSIDE: ("车辆在场时再次进场", "Came in while it was inside"),
    Reason.ENTRY_OUT_OF_ORDER: ("进场顺序异常", "Came in out of order"),
    Reason.ENTRY_DURING_STAY: ("停放期间出现进场记录", "Came in during a stay"),
    Reason.EXIT_WITHOUT_ENTRY: ("有出场无进场", "Left, and was not seen to come"),
    Reason.EXIT_DURING_STAY: ("停放期间出现出场记录", "Left during a stay"),
    Reason.COULD_NOT_APPLY: ("记录未能处理", "The event could not be applied"),
    Reason.TURNED_ROUND: ("到出口后折返", "Turned round at the exit"),
    Reason.INSIDE_TOO_LONG: ("在场时间异常长", "Inside for longer than is usual"),
    Reason.LEFT_UNPAID: ("未缴费离场", "Left without paying"),
    Reason.MATCH_PROBABLE: ("进出车牌相近，疑为同一车辆", "Plates that differ, probably of one vehicle"),
    Reason.PASSAGE_WITHOUT_READ: ("有通行记录无识别记录", "A passage of no car that was read"),
    Reason.PLATES_INSIDE_DIFFER: ("在场车辆与车场清单不符", "The cars inside differ from the lot's own list"),
    Reason.CASH_TAKEN: (
        "岗亭收取现金，未找到对应账单",
        "Cash was taken at the booth, and no charge is known that it pays",
    ),
    Reason.ELSEWHERE: ("同时在另一停车场有停车记录", "In another lot at the same time"),
    Reason.APPEAL: ("车主申诉", "The driver appeals"),
    Reason.BANNED: ("禁入车辆", "The vehicle is banned"),
    Reason.CLOSED: ("停车场或车道已关闭", "The lot or the lane is closed"),
}
# A charge waits for one of these, or since its gateway billed too much.
HOLDS: dict[str, Words] = {
    **{str(reason): words for reason, words in REASONS.items()},
    BILLED_BEYOND_HISTORY: ("车场网关计费异常偏高", "The gateway billed far more than it usually does"),
}

# Which entry an exit belongs to: how sure that is.
OUTCOMES = {
    Outcome.CERTAIN: ("确定", "Certain"),
    Outcome.PROBABLE: ("疑为同一车辆", "Probably the same vehicle"),
    Outcome.AMBIGUOUS: ("无法判断是哪一辆", "It may be one of several, or another"),
    Outcome.NONE: ("没有相近的车辆", "No vehicle is like it"),
}

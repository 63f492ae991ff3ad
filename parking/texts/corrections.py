"""Why a charge was corrected, in words for whoever pays it."""

from parking.reads import By
from parking.texts.words import Words
from payments.adjustments import WITHDRAWN

CAUSES: dict[str, Words] = {
    By.LATER_FACT: ("收到补传的过车记录，停车记录已更正", "A later record of the vehicle corrected the stay"),
    By.DECISION: ("经工作人员核查，停车记录已更正", "Staff looked at it and corrected the stay"),
    By.PASSAGE: ("车辆在出入口通过或折返，停车记录已更正", "The vehicle was seen to pass or to turn back at a gate"),
    By.AT_EXIT: ("车辆仍在出口，费用计算至当前时间", "The vehicle is at the exit still: the fee is that until now"),
    By.RIGHT: ("车辆的优惠资格有更新，费用已重新计算", "What the vehicle is entitled to has changed"),
    By.PASSES: ("月卡有变更，费用已重新计算", "A pass of the vehicle was sold, changed or ended"),
    By.SHARED_BAYS: (
        "共用车位的其他车辆记录有变更，费用已重新计算",
        "A vehicle that shares bays with it was there otherwise",
    ),
    By.COUPON: ("使用了优惠券，费用已重新计算", "A coupon was handed in"),
    By.CHARGING: ("收到充电记录，费用已重新计算", "What is known of its charging has changed"),
    By.NEST: ("内外停车场的停车记录已更正，费用已重新计算", "A stay in a lot around or inside this one was corrected"),
    By.INSIDE: ("离场前缴费，费用计算至查询时间", "Asked for before leaving: the fee is that until then"),
    By.LAPSED: ("查询后未缴费，费用在离场时计算", "It was not paid inside: the fee is asked when the vehicle leaves"),
    WITHDRAWN: ("经营单位撤回了未付部分", "The operator withdrew what was not paid"),
}

"""Problems at gates and in lots."""

from parking.texts.problems.advice import EXIT, GATE, LOOK, MEND, OTHER, PARTS, STANDS
from parking.texts.problems.kind import Kind

KINDS: dict[str, Kind] = {
    "event-rejected": Kind(
        "事件未受理",
        ("事件无法按现状受理，`reason` 说明原因。", "The event cannot be taken as it is; `reason` says why."),
        GATE,
        facts=("event_id", "reason"),
    ),
    "too-many-events": Kind(
        "事件过多",
        ("一次提交的事件超过上限。", "An array holds more events than are taken at once."),
        PARTS,
        facts=("batch_events_max", "events"),
    ),
    "unknown-lane": Kind(
        "没有该车道",
        ("没有此编码的车道，或不属于调用方。", "No lane has this code, or it is not the caller's."),
        LOOK,
        facts=("code",),
    ),
    "unknown-lot": Kind(
        "没有该停车场", ("没有此编码或编号的停车场。", "No lot has this code or number."), LOOK, facts=("code",)
    ),
    "unknown-gateway": Kind(
        "没有该网关",
        ("没有此编码的网关，或网关没有此密钥。", "No gateway has this code, or it has no such key."),
        LOOK,
        facts=("code", "key_id"),
    ),
    "unknown-stay": Kind(
        "没有该停车记录", ("停车场没有此编号的停车记录。", "The lot has no stay of this id."), LOOK, facts=("stay_id",)
    ),
    "unknown-command": Kind(
        "没有该指令",
        ("没有此编号的指令，或属于其他网关。", "No command has this id, or it is another gateway's."),
        LOOK,
        facts=("command_id",),
    ),
    "command-contradicted": Kind(
        "指令结果矛盾",
        ("此前已报告该指令的另一结果。", "Another outcome of the command was told before."),
        STANDS,
        facts=("command_id", "outcome"),
    ),
    "unknown-bay": Kind(
        "没有该车位", ("停车场没有此编号的车位。", "The lot has no bay of this number."), LOOK, facts=("number",)
    ),
    "bay-twice": Kind(
        "车位重复",
        ("同一清单中车位编号或传感器重复。", "A number or a sensor is named twice in one list."),
        MEND,
        facts=("name",),
    ),
    "sensor-taken": Kind("传感器已占用", ("该传感器已登记在另一车位。", "The sensor watches another bay."), OTHER),
    "more-bays-than-capacity": Kind(
        "车位多于容量",
        ("登记的车位多于停车场容量。", "More bays are named than the lot has spaces."),
        MEND,
        facts=("capacity",),
    ),
    "more-spaces-than-capacity": Kind(
        "车位多于容量",
        ("各类车位之和多于停车场容量。", "The spaces of all kinds are more than the lot has."),
        MEND,
        facts=("capacity", "told"),
    ),
    "entrance-far-away": Kind(
        "出入口过远",
        ("出入口的位置离停车场太远。", "A way in lies where the lot cannot be."),
        MEND,
        facts=("distance_m_max",),
    ),
    "hours-unclear": Kind(
        "营业时间不明",
        (
            "营业时间无法读取，或不能只由时钟得出。",
            "The opening hours cannot be read, or do not follow from the clock.",
        ),
        MEND,
    ),
    "not-inside": Kind(
        "车辆不在场", ("没有该车辆在场，或离场已久。", "No such vehicle is inside, or it has left some time ago."), LOOK
    ),
    "nothing-to-pay": Kind(
        "无须缴费",
        ("没有该车辆在场，或目前无须缴费。", "No such vehicle is inside, or nothing is to be paid for it now."),
        LOOK,
    ),
    "too-many-quotes": Kind("询价过多", ("本次停放询价次数过多。", "This visit was quoted too often."), EXIT),
    "session-contradicted": Kind(
        "充电记录矛盾",
        ("该充电记录此前属于另一车辆。", "The charging session was told of another vehicle before."),
        STANDS,
        facts=("session",),
    ),
    "unknown-ticket": Kind(
        "没有该凭证",
        ("该停车场未发放此编号的凭证，或已过期。", "The lot has handed out no ticket of this number, or too long ago."),
        LOOK,
    ),
    "ticket-claimed": Kind(
        "凭证已认领",
        ("该凭证此前已关联其他车牌。", "The ticket was merged with another plate before."),
        STANDS,
    ),
    "plate-not-yours": Kind(
        "车牌不属于本账户",
        ("本账户不为此车牌付费。", "The account does not pay for this plate."),
        LOOK,
    ),
    "unknown-shift": Kind(
        "没有该班次",
        (
            "没有此编号的班次，或不属于调用方的停车场。",
            "No shift has this id, or it is of a lot that is not the caller's.",
        ),
        LOOK,
        facts=("shift_id",),
    ),
    "shift-handed-over": Kind(
        "班次已交接",
        ("该班次已由他人交接，或金额不同。", "The shift was handed over with another amount, or by somebody else."),
        STANDS,
        facts=("counted_fen", "handed_over_by", "shift_id"),
    ),
    "not-bookable": Kind(
        "不可预订", ("该停车场不开放预订。", "The lot has no rule for bookings."), OTHER, facts=("lot",)
    ),
    "no-space-to-book": Kind(
        "预订车位已满",
        ("该时段内可预订的车位已全部订出。", "At some moment of the time all spaces that may be booked are."),
        OTHER,
        facts=("spaces",),
    ),
    "booked-already": Kind(
        "已有预订",
        ("该车辆在此停车场已有时段重叠的预订。", "The vehicle has another booking in the lot that overlaps."),
        STANDS,
        facts=("reference",),
    ),
    "unknown-booking": Kind(
        "没有该预订",
        ("停车场没有此参考号的预订。", "The lot has no booking of this reference."),
        LOOK,
        facts=("reference",),
    ),
    "booking-ended": Kind("预订已取消", ("该预订已取消。", "The booking was cancelled."), STANDS, facts=("reference",)),
}

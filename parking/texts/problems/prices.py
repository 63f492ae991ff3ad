"""Problems of tariffs."""

from parking.texts.problems.advice import FINDINGS, LOOK, MEND, RELOAD, STAFF
from parking.texts.problems.kind import Kind

KINDS: dict[str, Kind] = {
    "no-tariff": Kind(
        "没有现行收费标准",
        ("停车场当时没有可用的收费标准。", "No tariff is in force at the lot then, or it cannot be read."),
        STAFF,
        facts=("code", "lot_id", "tariff_id"),
    ),
    "unknown-tariff": Kind(
        "没有该收费标准",
        ("没有此编码和版本的收费标准，或尚未公布。", "No tariff has this code and version, or it is not published."),
        LOOK,
        facts=("code", "tariff_id", "version"),
    ),
    "tariff-moved": Kind(
        "收费标准已变",
        (
            "该版本已公布，或草稿已被替换。",
            "The version was published before, or its draft was replaced after it was looked at.",
        ),
        RELOAD,
        facts=("code", "version"),
    ),
    "tariff-unclear": Kind(
        "收费标准不明确",
        (
            "收费标准文本无法据以计费，`path` 指明位置，`advice` 说明如何修改。",
            "The document cannot be priced by; `path` says where, `advice` what to do.",
        ),
        MEND,
        facts=("advice", "path"),
    ),
    "not-publishable": Kind(
        "不能公布",
        ("检查发现错误，或有未说明理由的警告。", "The check found errors, or warnings without a reason."),
        FINDINGS,
        facts=("findings",),
    ),
    "holds-already": Kind(
        "已有收费标准",
        ("该处当时已有收费标准生效。", "A tariff is in force there at that instant already."),
        MEND,
        facts=("earliest", "valid_from"),
    ),
    "nowhere-to-hold": Kind("未指明适用处", ("须指明停车场或区域。", "Neither a lot nor an area is named."), MEND),
    "other-time-zone": Kind(
        "时区不同",
        ("收费标准与停车场的时区不同。", "The tariff is of another time zone than the lot."),
        MEND,
        facts=("lot_zone", "tariff_zone"),
    ),
    "unknown-zone": Kind(
        "没有该收费区域", ("没有此编码的收费区域。", "No price area has this code."), LOOK, facts=("code",)
    ),
    "unknown-time-zone": Kind(
        "没有该时区",
        ("IANA 时区库没有此名称。", "No time zone of the IANA database has this name."),
        MEND,
        facts=("advice", "path", "time_zone"),
    ),
    "stay-not-priceable": Kind(
        "不能计费",
        ("停放的结束早于开始，或时间过长。", "The stay ends before it begins, or is too long to have a price."),
        MEND,
        facts=("entered_at", "left_at", "text_zh"),
    ),
}

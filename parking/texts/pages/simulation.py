"""The words of the report of a simulation, which has both languages on one page."""

from parking.texts.words import Words

WORDS: dict[str, Words] = {
    "name": ("收费试算", "Simulation of a tariff"),
    "title": ("收费试算：{}", "What if {} had held"),
    "revenue": ("收入({})", "Revenue"),
    "shares": ("谁多付、谁少付", "Who pays more, who pays less"),
    "differences": ("每次停车的差额({})", "Difference of a stay"),
    "lots": ("按停车场", "By lot"),
    "more_lots": ("另外 {} 处", "{} more"),
    "unlisted_lots": ("其余 {} 处未列出。", "{} others are not listed."),
    "kinds": ("按车型", "By vehicle"),
    "hours": ("按驶入时刻的收入", "Revenue by local hour of entry"),
    "durations": ("按停车时长", "By length of stay"),
    "rises": ("涨幅最大的停车", "The largest rises"),
    "falls": ("降幅最大的停车", "The largest falls"),
    "unpriced": ("无法计价", "Not priced"),
}

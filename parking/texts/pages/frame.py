"""The words that stand around every page and in its parts: tables, charts, states."""

from parking.texts.words import Words

WORDS: dict[str, Words] = {
    "skip": ("跳到正文", "Skip to the content"),
    "other_language": ("English", "中文"),
    "my_parking": ("我的停车", "My parking"),
    "home": ("首页", "Home"),
    "rows": ("共 {} 行", "{} rows"),
    "row": ("共 1 行", "1 row"),
    "rows_so_far": ("本页 {} 行，后面还有", "{} rows on this page, and more follow"),
    "no_rows": ("没有符合条件的内容。", "Nothing fits."),
    "next_rows": ("后面的行", "Following rows"),
    "first_rows": ("从头看起", "From the beginning"),
    "sort_up": ("按{}升序", "Sort by {}, lowest first"),
    "sort_down": ("按{}降序", "Sort by {}, highest first"),
    "take_xlsx": ("下载 Excel", "Download for Excel"),
    "take_csv": ("下载 CSV", "Download CSV"),
    "unit_min": ("分钟", "min"),
    "filter": ("筛选", "Filter"),
    "any": ("不限", "Any"),
    "doing": ("操作", "What can be done"),
    "chart_as_table": ("以表格查看", "As a table"),
    "plate_color": ("{}底", "on {}"),
    "blue": ("蓝", "blue"),
    "yellow": ("黄", "yellow"),
    "green": ("绿", "green"),
    "yellow_green": ("黄绿", "yellow and green"),
    "white": ("白", "white"),
    "black": ("黑", "black"),
    "unknown": ("未知颜色", "an unknown colour"),
    "no_plate": ("无牌", "No plate"),
}

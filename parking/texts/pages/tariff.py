"""The words of the page of a published tariff."""

from parking.texts.words import Words

WORDS: dict[str, Words] = {
    "title": ("停车收费公示", "Parking prices"),
    "version": ("第 {} 版，{} 发布", "Version {}, published {}"),
    "mode": ("定价方式", "Kind of price"),
    "free": ("免费时长", "Free period"),
    "method": ("计费方法", "How it is computed"),
    "basis": ("收费依据", "Basis"),
    "phone": ("投诉电话", "Complaints"),
    "currency": ("币种", "Currency"),
    "source": ("文本来源", "Source of the text"),
    "grade": ("来源等级", "Grade of the source"),
    "rules": ("收费标准", "Prices"),
    "zones": ("适用收费区域", "Price areas"),
    "lots": ("适用停车场", "Lots"),
    "versions": ("历次版本", "Versions"),
    "nowhere": ("目前没有停车场适用。", "It holds nowhere at present."),
    "since": ("自 {} 起", "since {}"),
    "until": ("自 {} 起，至 {} 止", "from {} until {}"),
    "never": ("未实行", "not in force anywhere"),
    "official": ("官方文件", "official document"),
    "press": ("新闻报道", "press"),
    "copy": ("转载", "copy"),
    "hearsay": ("转述", "hearsay"),
    "made_up": ("示例，非真实价格", "made up, nobody's real price"),
    "holidays": ("时间均为 {} 时间。", "All times are those of {}."),
}

"""The words of the pages about kinds of problems."""

from parking.texts.words import Words

WORDS: dict[str, Words] = {
    "title": ("错误类型", "Kinds of problems"),
    "intro": (
        "每个错误应答的 `type` 指向下面的一项；`request_id` 可用于向服务方查询。",
        "The `type` of each problem document leads to one of these; name its `request_id` when you ask for help.",
    ),
    "means": ("含义", "What it means"),
    "advice": ("如何处理", "What to do"),
    "facts": ("`facts` 中的内容", "What is under `facts`"),
}

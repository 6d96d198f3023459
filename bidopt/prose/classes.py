"""Words sorted as the trade sorts them."""

from bidopt.prose.languages import Language

WORD_CLASS: dict[str, dict[Language, str]] = {
    "new": {"zh": "今日新词", "en": "new today"},
    "converted": {"zh": "有转化", "en": "with orders"},
    "saved": {"zh": "有收藏加购无转化", "en": "favourites or carts, no order"},
    "clicked": {"zh": "有点击无收藏无转化", "en": "clicks, no favourite, no order"},
    "clicked_untold": {"zh": "有点击，转化未知", "en": "clicks, orders not told"},
    "shown": {"zh": "有展现无点击", "en": "impressions, no click"},
    "unseen": {"zh": "无展现", "en": "no impressions"},
}

TREND: dict[str, dict[Language, str]] = {
    "rising": {"zh": "上升", "en": "rising"},
    "falling": {"zh": "下降", "en": "falling"},
    "": {"zh": "", "en": ""},
}

CLASS: dict[str, dict[Language, str]] = {
    "class_note": {
        "zh": "词分类看最近 15 天，每个词归入第一个符合的类。今日新词：昨天起才有的词。"
        "上升、下降：最近 3 天的展现超出正常波动，出价没有随之变动。",
        "en": "Classes look at the last 15 days; each word is in the first that fits. New today: known since "
        "yesterday. Rising, falling: impressions of the last 3 days beyond their usual scatter, not for the bid.",
    },
}

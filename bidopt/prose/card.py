"""The model card: what was learnt from how much."""

from bidopt.prose.languages import Language

CARD: dict[str, dict[Language, str]] = {
    "title": {"zh": "{day} 的模型", "en": "Models for {day}"},
    "made": {
        "zh": "由 bidopt {version} 从 {days} 天、{words} 个词、{orders:.0f} 笔成交得出。",
        "en": "Made by bidopt {version} from {days:day|days}, {words:word|words} and {orders:.0f} orders.",
    },
    "recent": {
        "zh": "最近 {recent} 天里 {clicked} 个词有点击，{ordered} 个词有成交。",
        "en": "In the last {recent:day|days} {clicked:word was|words were} clicked and {ordered} had an order.",
    },
    "known": {
        "zh": "{known} 个词的出价已知，其余按实际花费推算。",
        "en": "The bid is known for {known:word|words}, for the rest inferred from what was paid.",
    },
    "model": {"zh": "模型", "en": "model"},
    "learnt": {"zh": "学到的", "en": "learnt"},
    "value": {"zh": "数值", "en": "value"},
    "too_little": {"zh": "数据不足", "en": "too little data"},
    "not_modelled": {
        "zh": "没有计入：自然流量，以及智能出价和全站推广计划从同一宝贝的词那里抢走的搜索。",
        "en": "Not modelled: natural traffic, and searches that 智能出价 and 全站推广 plans take from an item's words.",
    },
}

MODEL: dict[str, dict[Language, str]] = {
    "landscape": {"zh": "出价与流量", "en": "landscape"},
    "ctr": {"zh": "点击率", "en": "CTR"},
    "cvr": {"zh": "转化率", "en": "CVR"},
    "order_value": {"zh": "每单金额", "en": "order value"},
    "delay": {"zh": "转化延迟", "en": "delay"},
    "calendar": {"zh": "星期", "en": "calendar"},
    "noise": {"zh": "波动", "en": "noise"},
}

LEARNT: dict[str, dict[Language, str]] = {
    "impressions": {"zh": "第 2 名时，出价加 1% 展现加多少", "en": "impressions for 1 % of bid, at rank 2"},
    "cpc": {"zh": "第 2 名时，出价加 1% 点击花费加多少", "en": "CPC for 1 % of bid, at rank 2"},
    "walk": {"zh": "竞争对手一天变动多少（对数标准差）", "en": "how far rivals move in a day (log sd)"},
    "premium": {"zh": "实际出价 / 出价：中位数，最大", "en": "effective bid / bid, median and largest"},
    "ctr_slope": {"zh": "出价加一半时点击率的对数变化", "en": "log change when the bid rises by half"},
    "ctr_strength": {"zh": "向同类词靠拢的力度，相当于多少次点击", "en": "strength of shrinkage, clicks"},
    "cvr_strength": {
        "zh": "向同类词靠拢的力度，相当于多少笔成交",
        "en": "strength of shrinkage to the word's kind, orders",
    },
    "half_life": {"zh": "旧数据的半衰期，天", "en": "half-life of a word's past, days"},
    "stays": {"zh": "宝贝转化变差后多少天恢复", "en": "days until an item that fell ill converts again"},
    "evening": {
        "zh": "预算花完后错过的时段，转化是平均的几倍",
        "en": "clicks of the hours a spent budget misses, against the mean",
    },
    "value_strength": {"zh": "向同类词靠拢的力度，相当于多少笔成交", "en": "strength of shrinkage, orders"},
    "by_age": {"zh": "1、3、7 天后已知的成交占比", "en": "orders known after 1, 3, 7 days"},
    "weekdays": {"zh": "周一至周日与平均相比", "en": "Monday to Sunday against the mean"},
    "day_noise": {
        "zh": "一个词、一个计划、全店一天的需求（相对标准差）",
        "en": "demand of a word's, a campaign's, the shop's day (relative sd)",
    },
}

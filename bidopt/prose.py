"""The words people read, in Chinese and English: one place to change them.

Codes stand in files for machines, these texts in files for people.
"""

from typing import Literal

Language = Literal["zh", "en"]

REASON: dict[str, dict[Language, str]] = {
    "raise_pays": {"zh": "加价：多出的点击带来的利润高于花费", "en": "raise: the extra clicks earn more than they cost"},
    "cut_costs": {"zh": "降价：边际点击不赚钱", "en": "cut: the last clicks cost more than they earn"},
    "cut_for_cap": {"zh": "降价：预算有限，让给回报更高的词", "en": "cut: the capped budget earns more on other words"},
    "raise_no_impressions": {"zh": "无展现，小幅加价试探", "en": "no impressions: a small raise to find out"},
    "cut_to_limit": {"zh": "出价超出允许范围，调回", "en": "the bid stood outside its limits: brought back"},
    "explore": {"zh": "小幅试探：了解出价与流量的关系", "en": "a small designed move, to learn how the word answers"},
    "keep_best": {"zh": "保持：当前出价已接近最优", "en": "keep: the present bid is about the best"},
    "keep_small": {"zh": "保持：改动太小，不值得调", "en": "keep: the change would be too small to matter"},
    "keep_evidence": {"zh": "保持：数据太少，先观察", "en": "keep: too little evidence yet"},
    "keep_locked": {"zh": "保持：已锁定的词", "en": "keep: a locked word"},
    "keep_holdout": {"zh": "保持：对照组，用来衡量效果", "en": "keep: held out, to measure the effect"},
    "keep_status": {"zh": "保持：该词不在推广中", "en": "keep: the word is not running"},
    "keep_smart": {"zh": "保持：智能出价计划", "en": "keep: its plan bids by itself (智能出价)"},
    "keep_package": {"zh": "保持：词包不调价", "en": "keep: a word package"},
    "keep_no_id": {"zh": "保持：缺少计划、单元或词ID", "en": "keep: plan, unit or word id is missing"},
    "keep_absent": {"zh": "保持：最新出价表里没有这个词", "en": "keep: not in the newest word table"},
}

LIMIT: dict[str, dict[Language, str]] = {
    "": {"zh": "", "en": ""},
    "cap": {"zh": "每日总预算", "en": "daily cap"},
    "campaign_cap": {"zh": "计划日预算", "en": "plan budget"},
    "step": {"zh": "单晚最大调幅", "en": "largest move a night"},
    "min_bid": {"zh": "最低出价", "en": "lowest bid"},
    "max_bid": {"zh": "最高出价", "en": "highest bid"},
    "min_change": {"zh": "最小调幅", "en": "smallest move"},
    "max_changes": {"zh": "每晚改词数上限", "en": "most words a night"},
    "min_roi": {"zh": "最低投产比", "en": "ROI floor"},
    "evidence": {"zh": "数据不足", "en": "evidence"},
    "locked": {"zh": "锁定", "en": "locked"},
    "holdout": {"zh": "对照组", "en": "holdout"},
    "status": {"zh": "状态", "en": "status"},
    "smart": {"zh": "智能出价", "en": "smart bidding"},
    "package": {"zh": "词包", "en": "word package"},
    "no_id": {"zh": "缺ID", "en": "missing id"},
}

MATCH_TYPE: dict[str, dict[Language, str]] = {
    "exact": {"zh": "精准匹配", "en": "exact"},
    "phrase": {"zh": "中心词匹配", "en": "phrase"},
    "broad": {"zh": "广泛匹配", "en": "broad"},
    "": {"zh": "", "en": ""},
}

WORD_TYPE: dict[str, dict[Language, str]] = {
    "keyword": {"zh": "关键词", "en": "keyword"},
    "package": {"zh": "关键词包", "en": "word package"},
}


def say(texts: dict[str, dict[Language, str]], code: str, language: Language) -> str:
    """The text of `code`, or the code itself where an older file holds one no longer known."""
    return texts.get(code, {}).get(language, code)

"""The report page and the sentences of the change lists."""

from bidopt.prose.languages import Language

PHRASE: dict[str, dict[Language, str]] = {
    "limited_by": {"zh": "{reason}（受限于{limit}）", "en": "{reason} (limited by: {limit})"},
    "joined": {"zh": "；", "en": "; "},
    "inferred": {
        "zh": "；原出价为推算，请按变动幅度调",
        "en": "; the bid in force is only inferred: move it by the percentage",
    },
}

REPORT: dict[str, dict[Language, str]] = {
    "title": {"zh": "关键词出价方案", "en": "Keyword bids"},
    "change_now": {
        "zh": "改 {words} 个词的出价、{budgets} 个计划的日预算，预计每天利润变化 {gain} 元。",
        "en": "Change {words:bid|bids} and {budgets:plan budget|plan budgets}: {gain} yuan of profit a day expected.",
    },
    "change_none": {"zh": "今天不用改：现在的出价和预算保持不变。", "en": "Nothing to change: bids and budgets stay."},
    "review_first": {
        "zh": "这个方案没有通过全部检查：上传前请先看这里和下面“需要注意”一节。",
        "en": "This plan did not pass every check: read this and “What to look at” before you upload it.",
    },
    "how_to": {
        "zh": "在万相台无界里按 bids.csv（计划、单元、词的顺序）改出价，按 budgets.csv 改日预算；"
        "反悔时用 rollback_bids.csv 和 rollback_budgets.csv 改回来。",
        "en": "Work through bids.csv (by plan, unit, word) and budgets.csv in the console; "
        "rollback_bids.csv and rollback_budgets.csv take it all back.",
    },
    "now": {"zh": "保持现状", "en": "Today's bids"},
    "new": {"zh": "按方案", "en": "The plan"},
    "interval": {"zh": "80% 区间", "en": "80% interval"},
    "attention": {"zh": "需要注意", "en": "What to look at"},
    "nothing_to_look_at": {"zh": "没有需要注意的事。", "en": "Nothing stands out."},
    "words": {
        "zh": "改什么：影响最大的 {shown} 个词（共 {all} 个）",
        "en": "What changes: the {shown} weightiest of {all:word|words}",
    },
    "words_note": {
        "zh": "利润两列算上了日预算花完后损失的流量；理由里“单看调价”的数字没有算，只看出价本身。",
        "en": "The two profit columns count what spent budgets cut off; “the move alone” in the reason does not.",
    },
    "keyword": {"zh": "关键词", "en": "Keyword"},
    "budgets": {"zh": "计划日预算（元）", "en": "Plan budgets (yuan a day)"},
    "campaigns": {"zh": "各计划：现状与方案", "en": "By plan: now and new"},
    "cut_risk": {"zh": "当天预算提前花完的可能性", "en": "Chance that the budget runs out before the evening"},
    "history": {"zh": "最近的花费与成交", "en": "Recent spend and sales"},
    "sure": {"zh": "有多大把握", "en": "How sure it is"},
    "gap": {
        "zh": "在预测成立、各词互不抢量的前提下，今晚允许的出价里没有别的组合能比这个方案好出 {gap} 以上。",
        "en": "If the forecasts hold and words do not take each other's searches, no other set of bids that tonight's "
        "limits allow can beat this plan by more than {gap}.",
    },
    "planned": {
        "zh": "每日总预算 {daily} 元，只按花 {planned} 元来安排出价：每天的花费有波动，留出余地免得提前花完。",
        "en": "Of the daily cap of {daily} yuan the bids are planned to spend {planned} at most: days scatter, and a "
        "budget that runs out early loses its evening.",
    },
    "marginal": {
        "zh": "再多 1 元预算，预计多带来 {marginal_roi} 元成交；目标“{objective}”多 {shadow_price}（0 表示预算够用）。",
        "en": "One more yuan of cap would bring {marginal_roi} yuan of GMV, and {shadow_price} of the objective, "
        "{objective} (0: the cap is not what holds the plan back).",
    },
    "binding": {"zh": "起作用的限制：{limits}。", "en": "The limits that bind: {limits}."},
    "intervals": {
        "zh": "80% 区间的意思：十天里大约有八天，实际数字会落在区间之内。数字已算上归因周期内还会到来的成交，"
        "并扣除退款和预算花完后损失的流量。",
        "en": "An 80% interval holds what comes to pass on about eight days in ten. Figures count the conversions "
        "still to come within the attribution window, less refunds and what budgets cut off.",
    },
    "run": {"zh": "方案编号", "en": "Run"},
    "unit": {"zh": "计划 / 单元", "en": "Plan / unit"},
    "bid": {"zh": "出价（元）", "en": "Bid (yuan)"},
    "profit": {"zh": "利润（元/天）", "en": "Profit (yuan a day)"},
    "spend": {"zh": "花费（元/天）", "en": "Spend (yuan a day)"},
    "gmv": {"zh": "成交金额（元/天）", "en": "GMV (yuan a day)"},
}

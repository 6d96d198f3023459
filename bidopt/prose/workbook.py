"""The review workbook: its sheets, its columns beside those of the change lists, and what is wrong with one."""

from bidopt.prose.languages import Language

SHEET: dict[str, dict[Language, str]] = {
    "bids": {"zh": "出价调整", "en": "Bids"},
    "words": {"zh": "其余关键词", "en": "Other words"},
    "budgets": {"zh": "预算调整", "en": "Budgets"},
    "notes": {"zh": "检查与提醒", "en": "Checks and alerts"},
}

SHEET_COLUMN: dict[str, dict[Language, str]] = {
    "word_class": {"zh": "词分类", "en": "Class"},
    "trend": {"zh": "走势", "en": "Trend"},
    "own_bid": {"zh": "自定出价", "en": "Your bid"},
    "own_budget": {"zh": "自定日预算", "en": "Your budget"},
    "lowest": {"zh": "最低可填", "en": "Lowest"},
    "highest": {"zh": "最高可填", "en": "Highest"},
    "now_clicks": {"zh": "现点击量", "en": "Clicks now"},
    "new_clicks": {"zh": "预计点击量", "en": "Expected clicks"},
    "new_profit_low": {"zh": "利润区间低", "en": "Profit, low"},
    "new_profit_high": {"zh": "利润区间高", "en": "Profit, high"},
    "seen_clicks": {"zh": "15天点击量", "en": "15 days' clicks"},
    "seen_spend": {"zh": "15天花费", "en": "15 days' spend"},
    "seen_carts": {"zh": "15天收藏加购", "en": "15 days' carts"},
    "seen_orders": {"zh": "15天成交笔数", "en": "15 days' orders"},
    "seen_gmv": {"zh": "15天成交金额", "en": "15 days' GMV"},
    "run_id": {"zh": "方案编号", "en": "Run"},
}

WORKBOOK: dict[str, dict[Language, str]] = {
    "own_bid_title": {"zh": "自定出价（元）", "en": "Your bid (yuan)"},
    "own_bid_help": {
        "zh": "空着：按“新出价”。填数字：改用这个出价；填“原出价”的数就是不改这个词。"
        "只能填“最低可填”到“最高可填”之间，精确到分。",
        "en": "Empty: the new bid. A number: that bid instead; the present bid keeps the word as it is. Only between "
        "Lowest and Highest, in whole fen.",
    },
    "own_budget_title": {"zh": "自定日预算（元）", "en": "Your budget (yuan)"},
    "own_budget_help": {
        "zh": "空着：按“新日预算”。填数字：改用这个日预算。只能填“最低可填”到“最高可填”之间，各计划合计不超过总预算。",
        "en": "Empty: the new budget. A number: that budget instead, between Lowest and Highest; all plans together "
        "stay under the daily cap.",
    },
    "how_to": {
        "zh": "要改方案：在黄色的“自定出价”“自定日预算”里填数字，其他格子不要动，存盘后运行\n"
        "bidopt confirm {run_id} --workbook 文件名",
        "en": "To overrule the plan: put numbers into the yellow columns, leave the other cells, save, and run\n"
        "bidopt confirm {run_id} --workbook FILE",
    },
    "check": {"zh": "检查", "en": "Check"},
    "result": {"zh": "结果", "en": "Result"},
    "message": {"zh": "说明", "en": "What it says"},
    "severity": {"zh": "程度", "en": "Weight"},
    "figure": {"zh": "每天", "en": "A day"},
    "now": {"zh": "保持现状", "en": "As today"},
    "new": {"zh": "按方案", "en": "The plan"},
    "low": {"zh": "80% 区间低", "en": "80% low"},
    "high": {"zh": "80% 区间高", "en": "80% high"},
    "PASS": {"zh": "通过", "en": "passed"},
    "REVIEW": {"zh": "请先看", "en": "look first"},
    "FAIL": {"zh": "不通过", "en": "failed"},
}

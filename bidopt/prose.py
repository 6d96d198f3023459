"""The words people read, in Chinese and English: one place to change them.

Codes stand in files for machines, these texts in files for people.
"""

import math
from typing import Literal

Language = Literal["zh", "en"]

REASON: dict[str, dict[Language, str]] = {
    "raise_pays": {
        "zh": "加价：多出的点击带来的利润高于花费",
        "en": "raise: the extra clicks earn more than they cost",
    },
    "cut_costs": {"zh": "降价：边际点击不赚钱", "en": "cut: the last clicks cost more than they earn"},
    "cut_for_cap": {"zh": "降价：预算有限，让给回报更高的词", "en": "cut: the capped budget earns more on other words"},
    "raise_no_impressions": {"zh": "无展现，小幅加价试探", "en": "no impressions: a small raise to find out"},
    "to_limit": {"zh": "出价超出允许范围，调回", "en": "the bid stood outside its limits: brought back"},
    "explore": {"zh": "小幅试探：了解出价与流量的关系", "en": "a small designed move, to learn how the word answers"},
    "budget_kept": {"zh": "保持日预算", "en": "keep: the budget fits"},
    "keep_best": {"zh": "保持：当前出价已接近最优", "en": "keep: the present bid is about the best"},
    "keep_small": {"zh": "保持：改动太小，不值得调", "en": "keep: the change would be too small to matter"},
    "keep_evidence": {"zh": "保持：数据太少，先观察", "en": "keep: too little evidence yet"},
    "keep_locked": {"zh": "保持：已锁定的词", "en": "keep: a locked word"},
    "keep_holdout": {"zh": "保持：对照组，用来衡量效果", "en": "keep: held out, to measure the effect"},
    "keep_status": {"zh": "保持：该词不在推广中", "en": "keep: the word is not running"},
    "keep_smart": {"zh": "保持：智能出价计划", "en": "keep: its plan bids by itself (智能出价)"},
    "keep_package": {"zh": "保持：词包不调价", "en": "keep: a word package"},
    "keep_no_id": {"zh": "保持：缺少计划、单元或词ID", "en": "keep: plan, unit or word id is missing"},
    "budget_raise": {"zh": "加预算：预计花费需要更多，免得提前花完", "en": "more: its words are expected to need it"},
    "budget_cut": {
        "zh": "减预算：总预算有限，先给回报更高的计划",
        "en": "cut: the cap goes first to plans that earn more",
    },
    "budget_set": {"zh": "设定预算：原来不限或未知", "en": "set: it was unlimited or not known"},
    "undo": {"zh": "撤销：恢复原来的设置", "en": "undo: back to what it was"},
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

BUDGET_TYPE: dict[str, dict[Language, str]] = {
    "daily": {"zh": "每日预算", "en": "daily"},
    "average": {"zh": "日均预算", "en": "daily average"},
    "unlimited": {"zh": "不限", "en": "unlimited"},
    "total": {"zh": "总预算", "en": "total"},
    "": {"zh": "", "en": ""},
}

WORD_TYPE: dict[str, dict[Language, str]] = {
    "keyword": {"zh": "关键词", "en": "keyword"},
    "package": {"zh": "关键词包", "en": "word package"},
}

STATUS: dict[str, dict[Language, str]] = {
    "ok": {"zh": "可以执行", "en": "ready to apply"},
    "review": {"zh": "先请人工确认", "en": "a person should look first"},
    "no_change": {"zh": "无需改动", "en": "nothing to change"},
}

SEVERITY: dict[str, dict[Language, str]] = {
    "info": {"zh": "提示", "en": "note"},
    "warning": {"zh": "注意", "en": "warning"},
    "critical": {"zh": "紧急", "en": "urgent"},
    "review": {"zh": "待确认", "en": "look first"},
}

FIGURE: dict[str, dict[Language, str]] = {
    "impressions": {"zh": "展现量", "en": "Impressions"},
    "clicks": {"zh": "点击量", "en": "Clicks"},
    "spend": {"zh": "花费（元）", "en": "Spend (yuan)"},
    "orders": {"zh": "成交笔数", "en": "Orders"},
    "gmv": {"zh": "成交金额（元）", "en": "GMV (yuan)"},
    "profit": {"zh": "利润（元）", "en": "Profit (yuan)"},
    "roi": {"zh": "投产比", "en": "ROI"},
}

COLUMN: dict[str, dict[Language, str]] = {
    "scene_name": {"zh": "场景名字", "en": "Scene"},
    "campaign_id": {"zh": "计划ID", "en": "Campaign id"},
    "campaign_name": {"zh": "计划名字", "en": "Campaign"},
    "ad_group_id": {"zh": "单元ID", "en": "Ad group id"},
    "ad_group_name": {"zh": "单元名字", "en": "Ad group"},
    "item_id": {"zh": "宝贝ID", "en": "Item id"},
    "word_type": {"zh": "词类型", "en": "Word type"},
    "keyword_id": {"zh": "词ID/词包ID", "en": "Keyword id"},
    "keyword": {"zh": "词名字/词包名字", "en": "Keyword"},
    "match_type": {"zh": "匹配方式", "en": "Match type"},
    "quality_score": {"zh": "质量分", "en": "Quality score"},
    "bid_now": {"zh": "原出价", "en": "Bid now"},
    "bid_new": {"zh": "新出价", "en": "New bid"},
    "change": {"zh": "变动幅度", "en": "Change"},
    "reason": {"zh": "理由", "en": "Reason"},
    "budget_type": {"zh": "预算类型", "en": "Budget type"},
    "budget_now": {"zh": "原日预算", "en": "Budget now"},
    "budget_new": {"zh": "新日预算", "en": "New budget"},
    "now_spend": {"zh": "现花费", "en": "Spend now"},
    "new_spend": {"zh": "预计花费", "en": "Expected spend"},
    "now_gmv": {"zh": "现成交金额", "en": "GMV now"},
    "new_gmv": {"zh": "预计成交金额", "en": "Expected GMV"},
    "now_profit": {"zh": "现利润", "en": "Profit now"},
    "new_profit": {"zh": "预计利润", "en": "Expected profit"},
}

PHRASE: dict[str, dict[Language, str]] = {
    "limited_by": {"zh": "{reason}（受限于{limit}）", "en": "{reason} (limited by: {limit})"},
    "inferred": {
        "zh": "；原出价为推算，请按变动幅度调",
        "en": "; the bid in force is only inferred: move it by the percentage",
    },
    "sheet_bids": {"zh": "出价调整", "en": "Bids"},
    "sheet_budgets": {"zh": "预算调整", "en": "Budgets"},
    "sheet_words": {"zh": "全部关键词", "en": "All words"},
}

REPORT: dict[str, dict[Language, str]] = {
    "title": {"zh": "关键词出价方案", "en": "Keyword bids"},
    "change_now": {
        "zh": "改 {words} 个词的出价、{budgets} 个计划的日预算，预计每天利润变化 {gain} 元。",
        "en": "Change {words} bids and {budgets} plan budgets: {gain} yuan of profit a day expected.",
    },
    "change_none": {"zh": "今天不用改：现在的出价和预算保持不变。", "en": "Nothing to change: bids and budgets stay."},
    "review_first": {
        "zh": "这个方案没有通过全部检查：上传前请先看下面“需要注意”一节。",
        "en": "This plan did not pass every check: read “What to look at” before you upload it.",
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
        "en": "What changes: the {shown} weightiest of {all} words",
    },
    "budgets": {"zh": "计划日预算（元）", "en": "Plan budgets (yuan a day)"},
    "campaigns": {"zh": "各计划：现状与方案", "en": "By plan: now and new"},
    "cut_risk": {"zh": "当天预算提前花完的可能性", "en": "Chance that the budget runs out before the evening"},
    "history": {"zh": "最近的花费与成交", "en": "Recent spend and sales"},
    "history_note": {
        "zh": "最近几天的成交还会继续增加：转化有延迟。",
        "en": "The last few days' sales are still growing: conversions arrive late.",
    },
    "curves": {"zh": "几个词的出价曲线", "en": "How a few words answer to their bid"},
    "curves_note": {
        "zh": "每条线是一个词在各个出价下的预计每天利润；空心点是现在的出价，实心点是新出价。",
        "en": "Each line is a word's expected profit a day at each bid; the open dot is today's bid, the full the new.",
    },
    "sure": {"zh": "有多大把握", "en": "How sure it is"},
    "gap": {
        "zh": "在预测成立、各词互不抢量的前提下，没有任何别的出价组合能比这个方案好出 {gap} 以上。",
        "en": "If the forecasts hold and words do not take each other's searches, no other set of bids "
        "can beat this plan by more than {gap}.",
    },
    "marginal": {
        "zh": "再多 1 元预算，预计多带来 {marginal_roi} 元成交、{shadow_price} 的目标值（0 表示预算够用）。",
        "en": "One more yuan of cap would bring {marginal_roi} yuan of GMV and {shadow_price} of the objective "
        "(0: the cap is not what holds the plan back).",
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

TERMINAL: dict[str, dict[Language, str]] = {
    "file": {"zh": "文件", "en": "File"},
    "kind": {"zh": "类型", "en": "Kind"},
    "rows_read": {"zh": "读取", "en": "Read"},
    "stored": {"zh": "入库", "en": "Stored"},
    "replaced": {"zh": "其中更新", "en": "Restated"},
    "merged": {"zh": "合并", "en": "Merged"},
    "totals": {"zh": "合计行", "en": "Totals"},
    "set_aside": {"zh": "剔除", "en": "Set aside"},
    "state": {"zh": "结果", "en": "Result"},
    "unknown_columns": {"zh": "未使用的列：", "en": "columns not used:"},
    "demo_simulated": {
        "zh": "模拟店铺，不是真实数据：{root}",
        "en": "A simulated shop, no real data: {root}",
    },
    "plan": {"zh": "{date} 的方案 {run_id}：{status}", "en": "Plan for {date}, {run_id}: {status}"},
    "word": {"zh": "关键词", "en": "Keyword"},
    "a_day": {"zh": "每天", "en": "A day"},
    "weightiest": {
        "zh": "影响最大的 {shown} 个词（共改 {all} 个）",
        "en": "The {shown} weightiest of {all} changed words",
    },
    "budgets": {"zh": "日预算（元，共改 {all} 个计划）", "en": "Plan budgets, yuan ({all} changed)"},
    "more": {"zh": "还有 {count} 条，见报告", "en": "{count} more in the report"},
    "now": {"zh": "保持现状", "en": "Today's bids"},
    "new": {"zh": "按方案", "en": "The plan"},
    "interval": {"zh": "80% 区间", "en": "80% interval"},
    "report": {"zh": "报告", "en": "Report"},
    "bids_list": {"zh": "改价单", "en": "Bids"},
    "budgets_list": {"zh": "预算单", "en": "Budgets"},
    "newest_day": {"zh": "最新完整数据日", "en": "Newest complete day"},
    "files": {"zh": "已导入文件", "en": "Files imported"},
    "last_day": {"zh": "最新日期", "en": "Newest day"},
    "set_aside_row": {"zh": "{file} 第 {row} 行剔除：{reason}", "en": "{file} row {row} set aside: {reason}"},
    "set_aside_in": {"zh": "共剔除 {count} 行：{folder}", "en": "{count} rows set aside: {folder}"},
    "newest_run": {"zh": "最新方案", "en": "Newest run"},
    "waiting": {"zh": "待处理", "en": "Waits for you"},
    "none": {"zh": "无", "en": "none"},
    "wait_exports": {"zh": "把报表放进 {inbox}", "en": "put exports into {inbox}"},
    "wait_night": {"zh": "还没有方案：运行 bidopt nightly", "en": "no plan yet: run bidopt nightly"},
    "wait_stale": {
        "zh": "数据已到 {day}，方案还是旧的：运行 bidopt nightly",
        "en": "data reach {day}, the plan is older: run bidopt nightly",
    },
    "wait_review": {"zh": "{run_id} 需要人工确认：{report}", "en": "{run_id} needs a look: {report}"},
    "wait_upload": {
        "zh": "{run_id} 有 {words} 个出价、{budgets} 个预算要改：{folder}",
        "en": "{run_id} changes {words} bids and {budgets} budgets: {folder}",
    },
}

KIND: dict[str, dict[Language, str]] = {
    "keyword_day": {"zh": "关键词报表", "en": "keyword report"},
    "words": {"zh": "出价表", "en": "word table"},
    "plans": {"zh": "计划表", "en": "plan table"},
    "items": {"zh": "宝贝表", "en": "item table"},
}

FILE_STATUS: dict[str, dict[Language, str]] = {
    "imported": {"zh": "已导入", "en": "imported"},
    "known": {"zh": "已有", "en": "known"},
    "refused": {"zh": "拒收", "en": "refused"},
    "skipped": {"zh": "跳过", "en": "passed over"},
}

NOTE: dict[str, dict[Language, str]] = {
    "no_word_table": {
        "zh": "没有出价表：出价由实际花费推算，请按变动幅度调整（放入出价表可以更准）",
        "en": "no word table: bids are inferred from what was paid; move them by the percentage",
    },
    "bids_inferred": {
        "zh": "{count} 个词没有已知出价，按实际花费推算",
        "en": "the bids of {count} words are not known and inferred from what was paid",
    },
    "no_plan_table": {
        "zh": "没有计划表：所有计划日预算都由本方案给出",
        "en": "no plan table: all plan budgets are the product's to set",
    },
    "budget_history": {
        "zh": "首张计划表之前的日预算按最早已知值处理",
        "en": "before the first plan table each budget is taken as the first known",
    },
    "no_item_table": {
        "zh": "没有宝贝表：毛利率统一按 {margin:.0%} 计算（保本投产 {roi:.2f}）",
        "en": "no item table: the default margin of {margin:.0%} holds for all (break-even ROI {roi:.2f})",
    },
    "no_report": {
        "zh": "没有关键词报表：没有任何流量数据，全部出价保持不变",
        "en": "no keyword report: nothing is known of traffic, all bids stay as they are",
    },
    "little_history": {
        "zh": "只有 {days} 天数据：预测很不确定，单晚调幅缩小到 {step:.1%} 以内",
        "en": "only {days} days of data: forecasts are very uncertain, moves are held within {step:.1%}",
    },
    "few_orders": {
        "zh": "历史上只有 {orders:.0f} 笔成交：转化率主要来自先验，利润预测很不确定",
        "en": "only {orders:.0f} orders so far: conversion rests on what is usual, profit is very uncertain",
    },
    "brand_words": {
        "zh": "{count} 个词像品牌词（如 {example}）：没有广告也可能成交，请在 [[words]] 里写明 incrementality",
        "en": "{count} words look like brand words ({example}): such orders may come without ads; "
        "set their incrementality under [[words]]",
    },
    "incomplete_day": {
        "zh": "{day} 的报表当天下载、数据不全，未用于计算",
        "en": "{day} was downloaded on the day itself and is incomplete: not used",
    },
    "step_exceeded": {
        "zh": "要守住 {cap:.0f} 元总预算，部分出价降幅超过单晚 {step:.0%} 的限制",
        "en": "to meet the cap of {cap:.0f} yuan some bids fall by more than the step of {step:.0%}",
    },
    "too_many_changes": {
        "zh": "要守住总预算，需要改 {changed} 个词，超过每晚 {most} 个的上限",
        "en": "to meet the cap {changed} words must change, more than the {most} a night",
    },
    "cap_unreachable": {
        "zh": "即使全部降到最低出价，预计花费仍高于总预算，将由计划日预算截断",
        "en": "even at the lowest bids expected spend passes the cap: the plan budgets will cut it off",
    },
    "min_roi_unmet": {
        "zh": "在允许的调幅内达不到最低投产比 {roi:.2f}，最多约 {best:.2f}（可把 min_roi 降到这个数）",
        "en": "the ROI floor of {roi:.2f} cannot be met within tonight's limits: about {best:.2f} can (lower min_roi)",
    },
    "refused": {"zh": "{file} 被拒收：{message}", "en": "{file} was refused: {message}"},
    "gate_age": {
        "zh": "最新完整数据是 {day}，比方案日早 {age} 天",
        "en": "the newest complete day is {day}, {age} days before the plan's",
    },
    "gate_age_none": {"zh": "没有任何完整的一天数据", "en": "there is no complete day of data"},
    "gate_hole": {"zh": "最近 {span} 天里缺 {days}", "en": "of the last {span} days {days} are missing"},
    "gate_hole_none": {"zh": "最近 {span} 天数据完整", "en": "the last {span} days are all there"},
    "gate_jump": {
        "zh": "{day} 花费 {spend:.0f} 元，平时同一星期几约 {usual:.0f} 元",
        "en": "{day} spent {spend:.0f} yuan, usually about {usual:.0f} on that weekday",
    },
    "gate_jump_none": {"zh": "历史太短，无法比较花费", "en": "too little history to compare spend"},
    "gate_accuracy": {
        "zh": "{start} 至 {end} 预测 / 实际："
        "花费 {spend_said} / {spend_came} 元（{spend_error}，允许 {spend_allowed} 元），"
        "成交金额 {gmv_said} / {gmv_came} 元（{gmv_error}，允许 {gmv_allowed} 元）",
        "en": "{start} to {end}, forecast / came: spend {spend_said} / {spend_came} yuan ({spend_error}, allowed "
        "{spend_allowed} yuan), GMV {gmv_said} / {gmv_came} yuan ({gmv_error}, allowed {gmv_allowed} yuan)",
    },
    "gate_accuracy_none": {
        "zh": "历史不足 21 天，还不能用过去一周检验预测",
        "en": "less than 21 days of history: the forecasts cannot be held against a past week yet",
    },
    "budget_out": {
        "zh": "昨天预算提前花完：花费 {spend:.0f} 元，预算 {budget:.0f} 元",
        "en": "yesterday's budget ran out: {spend:.0f} of {budget:.0f} yuan",
    },
    "waste": {
        "zh": "最近 15 天花了 {spend:.0f} 元、{clicks:.0f} 次点击没有成交（按同类词应有 {expected:.1f} 单）",
        "en": "{spend:.0f} yuan and {clicks:.0f} clicks in 15 days without an order "
        "({expected:.1f} expected of its kind)",
    },
    "no_impressions": {"zh": "{count} 个词 15 天没有展现", "en": "{count} words had no impression in 15 days"},
    "stock": {
        "zh": "库存 {stock:.0f} 件，按计划销量约 {days:.1f} 天卖完",
        "en": "{stock:.0f} in stock, sold out in about {days:.1f} days at the planned pace",
    },
    "falling": {
        "zh": "展现连续 3 天下降：日均 {now:.0f}，此前 {usual:.0f}",
        "en": "impressions fell for 3 days: {now:.0f} a day, {usual:.0f} before",
    },
}


def say(texts: dict[str, dict[Language, str]], code: str, language: Language) -> str:
    """The text of `code`, or the code itself where an older file holds one no longer known."""
    return texts.get(code, {}).get(language, code)


def number(value: float | None, form: str = ",.0f") -> str:
    """`value` for people; a dash where it is not known."""
    return "-" if value is None or not math.isfinite(value) else format(value, form)


def yuan(amount: float, language: Language) -> str:
    """A budget for people."""
    return say(BUDGET_TYPE, "unlimited", language) if amount == math.inf else number(amount, ",.2f")


def phrase(code: str, language: Language, /, **values: object) -> str:
    """The sentence of `code` with its values put in."""
    return (PHRASE | REPORT)[code][language].format(**values)


def terminal(code: str, language: Language, /, **values: object) -> str:
    """The terminal's text of `code` with its values put in."""
    return TERMINAL[code][language].format(**values)


def note(code: str, language: Language, /, **values: object) -> str:
    """The warning, gate or alert of `code` with its numbers put in."""
    return NOTE[code][language].format(**values)

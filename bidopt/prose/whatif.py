"""What a what-if prints."""

from bidopt.prose.languages import Language

WHATIF: dict[str, dict[Language, str]] = {
    "whatif": {"zh": "{date} 的预算推演（按方案 {run_id} 的模型）", "en": "What if, for {date} (models of {run_id})"},
    "whatif_cpc": {"zh": "假设：对手出价 {change}", "en": "Assumed: rivals' bids {change}"},
    "whatif_cvr": {"zh": "假设：转化率 {change}", "en": "Assumed: conversion {change}"},
    "whatif_demand": {"zh": "假设：搜索量 {change}", "en": "Assumed: searches {change}"},
    "whatif_max_bid": {"zh": "假设：最高出价 {bid} 元", "en": "Assumed: no bid above {bid} yuan"},
    "whatif_exclude": {
        "zh": "假设：计划 {ids} 保持原样、不算在总预算里",
        "en": "Assumed: {ids} as they are, outside the cap",
    },
    "whatif_nights": {"zh": "假设：出价可先调 {nights} 晚", "en": "Assumed: bids move for {nights} nights first"},
    "budget": {"zh": "总预算", "en": "Budget"},
    "spend": {"zh": "花费", "en": "Spend"},
    "gmv": {"zh": "成交金额", "en": "GMV"},
    "roi": {"zh": "投产比", "en": "ROI"},
    "profit": {"zh": "利润", "en": "Profit"},
    "orders": {"zh": "成交笔数", "en": "Orders"},
    "clicks": {"zh": "点击量", "en": "Clicks"},
    "next_yuan": {"zh": "再加1元的成交", "en": "Next yuan's GMV"},
    "raised_cut": {"zh": "加/降价", "en": "Up/down"},
    "mark": {"zh": "", "en": ""},
    "today": {"zh": "保持现状", "en": "As today"},
    "not_kept": {"zh": "守不住限制", "en": "breaks a limit"},
    "point_plan": {"zh": "当前总预算", "en": "daily_cap"},
    "point_knee": {"zh": "拐点", "en": "knee"},
    "point_break_even": {"zh": "保本点", "en": "break-even"},
    "point_recommended": {"zh": "推荐", "en": "recommended"},
    "spark": {
        "zh": "利润随预算：{bars}（{low} 到 {high} 元）",
        "en": "Profit by budget: {bars} ({low} to {high} yuan)",
    },
    "told_knee": {
        "zh": "拐点 {budget} 元：再往上，多花的钱回报明显变少",
        "en": "Knee {budget} yuan: beyond it the money returns visibly less",
    },
    "told_break_even": {
        "zh": "保本点：每天预计花到 {budget} 元，再多花一元就不赚钱了",
        "en": "Break-even: at {budget} yuan of expected spend a day the next yuan earns nothing",
    },
    "told_recommended": {
        "zh": "推荐 {budget} 元：所列预算里，能拿到最多收益 99% 的最小一档",
        "en": "Recommended {budget} yuan: the smallest of these that brings 99 % of the most",
    },
    "target_gmv": {
        "zh": "每天成交 {goal} 元：总预算约需 {budget} 元（花费 {spend}，投产比 {roi}，利润 {profit}）",
        "en": "{goal} yuan of GMV a day takes a budget of about {budget} (spend {spend}, ROI {roi}, profit {profit})",
    },
    "beyond_gmv": {
        "zh": "每天成交 {goal} 元达不到：按这几晚的调幅最多约 {gmv} 元（花费 {spend}，投产比 {roi}）",
        "en": "{goal} yuan of GMV a day is out of reach: at most about {gmv} (spend {spend}, ROI {roi})",
    },
    "target_roi": {
        "zh": "投产比 {goal}：总预算最多约 {budget} 元（花费 {spend}，成交 {gmv}，利润 {profit}）",
        "en": "An ROI of {goal} holds up to a budget of about {budget} (spend {spend}, GMV {gmv}, profit {profit})",
    },
    "beyond_roi": {
        "zh": "投产比 {goal} 达不到：最高约 {roi}（花费 {spend}，成交 {gmv}）",
        "en": "An ROI of {goal} is out of reach: at most about {roi} (spend {spend}, GMV {gmv})",
    },
    "campaign": {"zh": "计划", "en": "Campaign"},
    "plan_budget": {"zh": "日预算", "en": "Budget"},
    "bid_then": {"zh": "原出价", "en": "Bid"},
    "bid_there": {"zh": "新出价", "en": "New bid"},
    "more_spend": {"zh": "花费变化", "en": "Spend"},
    "more_profit": {"zh": "利润变化", "en": "Profit"},
    "would_change": {
        "zh": "会加价 {raised} 个词、降价 {cut} 个词，其中影响最大的",
        "en": "Raises {raised}, cuts {cut}; the weightiest",
    },
    "kept_name": {"zh": "名字", "en": "Name"},
    "run": {"zh": "方案", "en": "Run"},
    "this_one": {"zh": "本次", "en": "this one"},
}

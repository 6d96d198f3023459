"""Why a bid or a budget is what it is, what limits it, and the numbers behind both: closed lists."""

from bidopt.prose.languages import Language

REASON: dict[str, dict[Language, str]] = {
    "raise_pays": {"zh": "加价：多出的点击，毛利高于花费", "en": "raise: the extra clicks earn more than they cost"},
    "raise_gains": {"zh": "加价：同样的钱花在这里换来的更多", "en": "raise: the money brings more here than elsewhere"},
    "raise_kin": {
        "zh": "加价：自己的点击还少，按同类词估计，多出的点击值得",
        "en": "raise: few clicks of its own yet; by words of its kind the extra clicks pay",
    },
    "raise_for_roi": {
        "zh": "加价：能拉高整体投产比，守住最低投产比",
        "en": "raise: it lifts the overall ROI towards its floor",
    },
    "raise_for_spend": {
        "zh": "加价：为花到规定的最低花费，这里拉低投产比最少",
        "en": "raise: to reach the smallest spend, where it lowers the ROI least",
    },
    "raise_for_floor": {
        "zh": "加价：为花到计划规定的最低花费，这里亏得最少",
        "en": "raise: to reach the plan's smallest spend, where it costs least",
    },
    "raise_no_impressions": {"zh": "无展现，加价试探", "en": "no impressions: a raise to find out"},
    "cut_costs": {"zh": "降价：最后的点击不值它的花费", "en": "cut: the last clicks are not worth what they cost"},
    "cut_ratio": {"zh": "降价：最后的点击拉低整体投产比", "en": "cut: the last clicks lower the overall ROI"},
    "cut_kin": {
        "zh": "降价：自己的点击还少，按同类词估计，最后的点击不值它的花费",
        "en": "cut: few clicks of its own yet; by words of its kind the last clicks do not pay",
    },
    "cut_for_cap": {"zh": "降价：预算有限，让给回报更高的词", "en": "cut: the capped budget earns more on other words"},
    "cut_for_campaign": {
        "zh": "降价：计划日预算有限，让给计划里回报更高的词",
        "en": "cut: the plan's own budget earns more on its other words",
    },
    "cut_for_roi": {"zh": "降价：为守住整体最低投产比", "en": "cut: to keep the overall ROI above its floor"},
    "cut_for_stock": {"zh": "降价：宝贝库存不够卖", "en": "cut: the item's stock would not last"},
    "pause": {
        "zh": "建议暂停：最低出价也很可能亏钱",
        "en": "pause: even at the lowest bid it very likely loses money",
    },
    "cut_for_risk": {
        "zh": "降价：结果不确定，按风险偏好少冒险",
        "en": "cut: its outcome is uncertain, and the settings ask for less risk",
    },
    "to_limit": {"zh": "出价超出允许范围，调回", "en": "the bid stood outside its limits: brought back"},
    "explore": {"zh": "试探：了解这个词对出价的反应", "en": "a designed move, to learn how the word answers"},
    "keep_best": {"zh": "保持：当前出价已接近最优", "en": "keep: the present bid is about the best"},
    "keep_small": {"zh": "保持：该调的幅度太小，不值得改", "en": "keep: the change would be too small to matter"},
    "keep_most": {"zh": "保持：今晚改词数已满，先改更重要的词", "en": "keep: other words' changes matter more tonight"},
    "keep_kin": {
        "zh": "保持：自己的点击还少，按同类词看当前出价合适",
        "en": "keep: few clicks of its own yet; by words of its kind the bid is right",
    },
    "keep_min_shown": {
        "zh": "保持：最低展现出价太高，今晚加不到",
        "en": "keep: the lowest bid that is shown is out of tonight's reach",
    },
    "keep_unsolved": {"zh": "保持：求解没有成功，沿用原出价", "en": "keep: the optimiser failed, today's bids stand"},
    "keep_evidence": {"zh": "保持：没有可以判断的数据", "en": "keep: there are no data to judge by"},
    "keep_locked": {"zh": "保持：已锁定的词", "en": "keep: a locked word"},
    "keep_holdout": {"zh": "保持：对照组，用来衡量效果", "en": "keep: held out, to measure the effect"},
    "keep_status": {"zh": "保持：该词不在推广中", "en": "keep: the word is not running"},
    "keep_absent": {"zh": "保持：最新出价表或计划表里没有它", "en": "keep: not in the newest word or plan table"},
    "keep_smart": {"zh": "保持：智能出价计划", "en": "keep: its plan bids by itself (智能出价)"},
    "keep_package": {"zh": "保持：词包不调价", "en": "keep: a word package"},
    "keep_no_id": {"zh": "保持：缺少计划、单元或词ID", "en": "keep: plan, unit or word id is missing"},
}

BUDGET_REASON: dict[str, dict[Language, str]] = {
    "budget_kept": {"zh": "保持日预算", "en": "keep the budget"},
    "budget_raise": {
        "zh": "加预算：预计每天花费 {spend} 元，免得提前花完",
        "en": "more: {spend} yuan a day expected, so that it does not run out",
    },
    "budget_spare": {
        "zh": "加预算：总预算有余，分给各计划（预计每天花费 {spend} 元）",
        "en": "more: the daily cap has room to spare ({spend} yuan a day expected)",
    },
    "budget_cut": {
        "zh": "减预算：预计每天花费 {spend} 元，所有计划合计不超过总预算",
        "en": "less: {spend} yuan a day expected, and all plans share the daily cap",
    },
    "budget_idle": {
        "zh": "没有可投放的词，只留最低日预算",
        "en": "no words that run: the smallest budget only",
    },
    "budget_shared": {
        "zh": "没有报表数据：各计划日预算同比例减到总预算以内",
        "en": "no report to judge by: all plans shrink alike to meet the daily cap",
    },
    "budget_limited": {
        "zh": "原来不限：改为有限额，预计每天花费 {spend} 元",
        "en": "it was unlimited: now limited, {spend} yuan a day expected",
    },
    "budget_set": {
        "zh": "原预算未知：按预计每天花费 {spend} 元设定",
        "en": "it was not known: set by the {spend} yuan a day expected",
    },
}

BY_HAND: dict[str, dict[Language, str]] = {
    "undo": {"zh": "撤销：恢复原来的设置", "en": "undo: back to what it was"},
    "overruled": {"zh": "人工改定", "en": "set by a person"},
}

LIMIT: dict[str, dict[Language, str]] = {
    "": {"zh": "", "en": ""},
    "cap": {"zh": "每日总预算", "en": "daily cap"},
    "campaign_cap": {"zh": "计划日预算", "en": "plan budget"},
    "step": {"zh": "单晚最大调幅", "en": "nightly step"},
    "history": {"zh": "历史太短，单晚调幅缩小", "en": "short history, nightly step"},
    "min_bid": {"zh": "最低出价", "en": "lowest bid"},
    "max_bid": {"zh": "最高出价", "en": "highest bid"},
    "min_change": {"zh": "最小调幅", "en": "smallest move"},
    "max_changes": {"zh": "每晚改词数上限", "en": "words a night, at most"},
    "min_roi": {"zh": "最低投产比", "en": "ROI floor"},
    "min_spend": {"zh": "最低花费", "en": "smallest spend"},
    "campaign_floor": {"zh": "计划最低花费", "en": "the plan's smallest spend"},
    "stock": {"zh": "库存", "en": "stock"},
    "risk": {"zh": "风险偏好", "en": "risk aversion"},
    "evidence": {"zh": "数据不足", "en": "too little evidence"},
    "explore": {"zh": "试探预算占比", "en": "share of the cap for learning"},
    "locked": {"zh": "锁定", "en": "locked"},
    "holdout": {"zh": "对照组", "en": "holdout"},
    "status": {"zh": "状态", "en": "status"},
    "smart": {"zh": "智能出价", "en": "smart bidding"},
    "package": {"zh": "词包", "en": "word package"},
    "no_id": {"zh": "缺ID", "en": "missing id"},
}

_YUAN: dict[Language, str] = {"zh": "{limit} {value:,.2f} 元", "en": "{limit} {value:,.2f} yuan"}
_WHOLE_YUAN: dict[Language, str] = {"zh": "{limit} {value:,.0f} 元", "en": "{limit} {value:,.0f} yuan"}
_PERCENT: dict[Language, str] = {"zh": "{limit} {value:.0%}", "en": "{limit} {value:.0%}"}
_FINE_PERCENT: dict[Language, str] = {"zh": "{limit} {value:.1%}", "en": "{limit} {value:.1%}"}
_COUNT: dict[Language, str] = {"zh": "{limit} {value:.0f} 个", "en": "{limit} {value:.0f}"}
_PIECES: dict[Language, str] = {"zh": "{limit} {value:.0f} 件", "en": "{limit} {value:.0f} pieces"}
_CLICKS: dict[Language, str] = {
    "zh": "{limit}，15 天只有 {value:.0f} 次点击",
    "en": "{limit}, clicks in 15 days: {value:.0f}",
}
_RATIO: dict[Language, str] = {"zh": "{limit} {value:.2f}", "en": "{limit} {value:.2f}"}

LIMIT_VALUE: dict[str, dict[Language, str]] = {
    "cap": _WHOLE_YUAN,
    "campaign_cap": _WHOLE_YUAN,
    "min_spend": _WHOLE_YUAN,
    "campaign_floor": _WHOLE_YUAN,
    "stock": _PIECES,
    "min_bid": _YUAN,
    "max_bid": _YUAN,
    "step": _PERCENT,
    "min_change": _PERCENT,
    "explore": _PERCENT,
    "history": _FINE_PERCENT,
    "max_changes": _COUNT,
    "evidence": _CLICKS,
    "min_roi": _RATIO,
    "risk": _RATIO,
}
"""How a limit is told with its value."""

NUMBERS: dict[str, dict[Language, str]] = {
    "moved": {
        "zh": "单看调价，每天点击 {more_clicks:+z.1f}、花费 {more_spend:+z.1f} 元、"
        "成交 {more_gmv:+z.1f} 元、利润 {more_profit:+z.1f} 元",
        "en": "the move alone: {more_clicks:+z.1f} clicks, {more_spend:+z.1f} spend, {more_gmv:+z.1f} GMV, "
        "{more_profit:+z.1f} profit a day",
    },
    "returns": {
        "zh": "省下的每元，按目标计在这里值 {return_here:.2f}，在别处值 {return_elsewhere:.2f}",
        "en": "a yuan saved is worth {return_here:.2f} of the objective here, {return_elsewhere:.2f} elsewhere",
    },
    "seen": {"zh": "15 天点击 {seen_clicks:.0f} 次", "en": "clicks in 15 days: {seen_clicks:.0f}"},
}

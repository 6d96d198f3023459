"""What the codes of the files mean: reasons, limits, states, kinds, columns."""

from bidopt.prose.languages import Language

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

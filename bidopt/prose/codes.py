"""What the codes of the files mean: states, kinds, columns."""

from bidopt.prose.languages import Language

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
    "passed_over": {"zh": "已放行", "en": "passed over"},
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

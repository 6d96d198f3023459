"""What a backtest says, in Chinese and English."""

from bidopt.prose import Language, fill

TEXT: dict[str, dict[Language, str]] = {
    "head": {
        "zh": "截至 {day}：{origins} 个起点（{first} 至 {last}），各用当时已知的数据预测之后 {horizon} 天",
        "en": "As of {day}: {origins:morning|mornings}, {first} to {last}, each with what was known then, "
        "{horizon:day|days} on",
    },
    "week": {
        "zh": "{start} 至 {end}：花费预测 {spend_said} 元，实际 {spend_came} 元（{spend_error}）；"
        "成交金额预测 {gmv_said} 元，实际 {gmv_came} 元（{gmv_error}；按最终到账推算）",
        "en": "{start} to {end}: spend {spend_said} forecast, {spend_came} came ({spend_error}); "
        "GMV {gmv_said} forecast, {gmv_came} came ({gmv_error}; with what is still to arrive); yuan",
    },
    "week_inferred": {
        "zh": "；{count} 个词当时没有出价表，按推算的出价预测",
        "en": "; no table told {count} of the bids then: forecast at inferred ones",
    },
    "week_drawn": {
        "zh": "；词多，随机抽取整个计划，按 {known:,} 个词里的 {judged:,} 个检验",
        "en": "; whole campaigns drawn at random, {judged:,} of {known:,} words",
    },
    "no_week": {"zh": "历史太短，无法判断", "en": "too little history to judge by"},
    "last_week": {"zh": "最近 7 天", "en": "The last seven days"},
    "backtest": {"zh": "回测", "en": "Backtest"},
    "models": {
        "zh": "各模型的偏差（越小越好）：每个词 {horizon} 天合计",
        "en": "Deviance of each model, less is better: each word's sums of {horizon:day|days}",
    },
    "totals": {
        "zh": "{horizon} 天合计的相对误差：本模型的中位数、九成分位、总偏差，及各基准的中位数",
        "en": "Relative error of {horizon}-day sums: median, 90th percentile, bias of ours; medians of the others",
    },
    "coverage": {
        "zh": "80% 区间实际覆盖的百分比：次日；词按流量从少到多分十组；得分：优于词的近 28 天分位数",
        "en": "Per cent held by 80 % intervals, next day; words by tenth of traffic; score gain on their own quantiles",
    },
    "calibration": {
        "zh": "校准：按预测值分十组，预测 / 实际",
        "en": "Calibration by tenth of what was said: said / came",
    },
    "model": {"zh": "模型", "en": "Model"},
    "figure": {"zh": "指标", "en": "Figure"},
    "ours": {"zh": "本模型", "en": "Ours"},
    "yesterday": {"zh": "昨天", "en": "Yesterday"},
    "raw": {"zh": "词均值", "en": "Raw rate"},
    "shop": {"zh": "店铺均值", "en": "Shop mean"},
    "gain": {"zh": "优于最好的基准", "en": "Gain on best"},
    "median": {"zh": "中位数", "en": "Median"},
    "p90": {"zh": "九成分位", "en": "90th pct"},
    "bias": {"zh": "总偏差", "en": "Bias"},
    "week_before": {"zh": "前 7 天", "en": "Week before"},
    "mean": {"zh": "全程均值", "en": "All days"},
    "level_shop": {"zh": "店铺", "en": "Shop"},
    "level_campaign": {"zh": "计划", "en": "Plans"},
    "level_word": {"zh": "词", "en": "Words"},
    "score": {"zh": "得分", "en": "Score"},
    "files": {"zh": "明细", "en": "Rows and scores"},
}

NAMES: dict[str, dict[Language, str]] = {
    "ctr": {"zh": "点击率", "en": "CTR"},
    "cpc": {"zh": "平均点击花费", "en": "CPC"},
    "cvr": {"zh": "转化率", "en": "CVR"},
    "order_value": {"zh": "每单金额", "en": "Order value"},
    "impressions": {"zh": "展现量", "en": "Impressions"},
    "clicks": {"zh": "点击量", "en": "Clicks"},
    "spend": {"zh": "花费", "en": "Spend"},
    "orders": {"zh": "成交笔数", "en": "Orders"},
    "gmv": {"zh": "成交金额", "en": "GMV"},
}


def text(code: str, language: Language, /, **values: object) -> str:
    return fill(TEXT[code][language], values)

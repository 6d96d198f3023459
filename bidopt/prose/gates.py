"""What gates say, and what to do where one does not pass."""

from bidopt.prose.languages import Language

GATE: dict[str, dict[Language, str]] = {
    "data": {"zh": "{days} 天完整数据", "en": "{days:complete day|complete days} of data"},
    "data_none": {"zh": "没有任何完整的一天数据", "en": "there is no complete day of data"},
    "age": {
        "zh": "最新完整数据是 {day}，比方案日早 {age} 天（最多 {most} 天）",
        "en": "the newest complete day is {day}, {age:day|days} before the plan's (at most {most})",
    },
    "hole": {"zh": "最近 {span} 天里缺 {days}", "en": "missing of the last {span:day|days}: {days}"},
    "hole_none": {"zh": "最近 {span} 天数据完整", "en": "none of the last {span:day|days} is missing"},
    "jump": {
        "zh": "{day}：{figures}（最多差 {most:.0%}，偶然波动除外）",
        "en": "{day}: {figures} (may differ by {most:.0%}, chance apart)",
    },
    "jump_spend": {
        "zh": "花费 {came} 元，按平时同一星期几和现在的出价、预算约 {usual}",
        "en": "{came} yuan spent, about {usual} by what is usual on that weekday at the bids and budgets now in force",
    },
    "jump_clicks": {"zh": "点击 {came} 次，约 {usual}", "en": "{came} clicks, about {usual}"},
    "jump_gmv": {
        "zh": "到下载时成交金额 {came} 元，约 {usual}",
        "en": "GMV {came} yuan by the time of the download, about {usual}",
    },
    "jump_none": {"zh": "历史太短，无法比较总量", "en": "too little history to compare totals"},
    "jump_promotion": {
        "zh": "{day} 在 [[promotion]] 里，不与平时比较",
        "en": "{day} is under [[promotion]]: not compared with usual days",
    },
    "vanished": {
        "zh": "{words} 个词不再出现在最新的报表或表格里，占此前 {span} 天花费的 {share:.1%}（最多 {most:.0%}）{plans}",
        "en": "{words:word is|words are} gone from the newest report or tables, {share:.1%} of what was spent in the "
        "{span:day|days} before (at most {most:.0%}){plans}",
    },
    "vanished_plans": {"zh": "；整个计划都不见了：{plans}", "en": "; whole plans are gone: {plans}"},
    "vanished_none": {"zh": "没有可比较的词", "en": "there are no words to compare"},
    "accuracy": {
        "zh": "{start} 至 {end} 预测 / 实际："
        "花费 {spend_said} / {spend_came} 元（{spend_error}，允许 {spend_low} - {spend_high}），"
        "成交金额 {gmv_said} / {gmv_came} 元（{gmv_error}，允许 {gmv_low} - {gmv_high}）。"
        "成交金额含这几天点击还会带来的成交，高于后台现在的数字{inferred}{drawn}",
        "en": "{start} to {end}, forecast / came: "
        "spend {spend_said} / {spend_came} yuan ({spend_error}, allowed {spend_low} - {spend_high}), "
        "GMV {gmv_said} / {gmv_came} yuan ({gmv_error}, allowed {gmv_low} - {gmv_high}). "
        "GMV includes what these days' clicks will still bring: more than the console shows now{inferred}{drawn}",
    },
    "accuracy_inferred": {
        "zh": "；{start} 还没有出价表：{count} 个词的出价按花费推算，并假定到首张出价表为止没有改过",
        "en": "; by {start} no table told the bids of {count} words: inferred from what was paid, "
        "and taken as unmoved until the first table",
    },
    "accuracy_none": {
        "zh": "历史不足 21 天，还不能用过去一周检验预测",
        "en": "less than 21 days of history: the forecasts cannot be held against a past week yet",
    },
    "changes": {
        "zh": "{words} 个可调的词里改 {changed} 个（{share:.0%}，最多 {most_words:.0%}）；"
        "除去总预算要求的降幅，{moved:.0%} 的花费换了地方（最多 {most_spend:.0%}）",
        "en": "{changed} of {words:word|words} that may move change ({share:.0%}, at most {most_words:.0%}); beyond "
        "what the cap takes away {moved:.0%} of the spend moves (at most {most_spend:.0%})",
    },
}

TO_DO: dict[str, dict[Language, str]] = {
    "data": {
        "zh": "下载关键词报表（分天，当天之后再下载）放进 inbox",
        "en": "download the keyword report by day (分天), on a later day, into the inbox",
    },
    "age": {
        "zh": "下载到昨天为止的报表（分天）放进 inbox 再运行",
        "en": "download the report up to yesterday, by day (分天), into the inbox and run again",
    },
    "hole": {
        "zh": "下载缺的这些天（分天）放进 inbox 再运行",
        "en": "download the missing days, by day (分天), into the inbox and run again",
    },
    "jump": {
        "zh": "核对这一天的报表是否完整、计划和预算是否改过；有活动请写进 [[promotion]]",
        "en": "check that the day's report is whole and whether plans or budgets were edited; name a promotion under "
        "[[promotion]]",
    },
    "vanished": {
        "zh": "核对报表和出价表是否勾选了全部计划；自己停掉的词，请在出价表里标为暂停",
        "en": "check that report and word table hold all plans; mark words you stopped yourself as 暂停 in the latter",
    },
    "accuracy": {
        "zh": "看告警里有没有没告知的变化（溢价、活动、断货、改价），运行 bidopt backtest；属实再上传",
        "en": "before uploading look for changes that no data tell (premiums, promotions, stock, prices), and at "
        "bidopt backtest",
    },
    "changes": {
        "zh": "先看影响最大的词；想慢一点，可调小 [bids] 的 max_change 或 max_changes",
        "en": "look at the weightiest words first; to go slower lower max_change or max_changes under [bids]",
    },
}

PASSED_OVER: dict[Language, str] = {
    "zh": "{name}（{by}：{why}）：{message}",
    "en": "{name} ({by}: {why}): {message}",
}

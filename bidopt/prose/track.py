"""What became of plans: the ledger and the scorecard."""

from bidopt.prose.languages import Language

TRACK: dict[str, dict[Language, str]] = {
    "confirmed": {"zh": "已确认上传", "en": "Uploaded"},
    "undone": {"zh": "已撤销", "en": "Undone"},
    "said_of": {"zh": "{run_id}（{at}，{by}）", "en": "{run_id} ({at}, {by})"},
    "confirm_done": {"zh": "{run_id} 记为已上传：{at}，{by}", "en": "{run_id} is entered as uploaded: {at}, {by}"},
    "confirm_again": {
        "zh": "{run_id} 早已记为已上传：{at}，{by}",
        "en": "{run_id} was entered as uploaded before: {at}, {by}",
    },
    "overruled_one": {
        "zh": "  {name}：方案 {planned}，改定 {chosen}",
        "en": "  {name}: planned {planned}, chosen {chosen}",
    },
    "confirm_lists": {
        "zh": "人工改定 {count} 处；按下面两张表上传：",
        "en": "{count:choice|choices} other than the plan's; upload by these two lists:",
    },
    "rollback_done": {
        "zh": "{run_id} 记为已撤销；把下面两张表改回平台：",
        "en": "{run_id} is entered as undone; carry these two lists back to the console:",
    },
    "rollback_unconfirmed": {
        "zh": "注意：它没有确认过上传；如果确实没有上传，就什么都不用改。",
        "en": "Note: it was never confirmed; if it was not uploaded, there is nothing to take back.",
    },
    "wait_confirm": {
        "zh": "上传之后运行 bidopt confirm {run_id}",
        "en": "once uploaded: bidopt confirm {run_id}",
    },
    "wait_undo": {
        "zh": "{run_id} 已撤销：按 rollback 清单在平台改回",
        "en": "{run_id} is undone: see that its rollback lists are carried back",
    },
    "wait_differs": {
        "zh": "{run_id} 和现在的出价或预算有 {count} 处对不上，不能再上传：导入最新表格，运行 bidopt nightly",
        "en": "{run_id} no longer fits the bids and budgets in force ({count:difference|differences}): import the "
        "newest tables and run bidopt nightly",
    },
    "past_plans": {"zh": "以往方案", "en": "Past plans"},
    "past_day": {"zh": "日期", "en": "Day"},
    "taken_up": {"zh": "采用", "en": "Taken up"},
    "spend_came": {"zh": "花费：预计 / 实际", "en": "Spend: forecast / came"},
    "gmv_came": {"zh": "成交金额：预计 / 实际", "en": "GMV: forecast / came"},
    "outside": {"zh": "（区间外）", "en": " (outside)"},
    "unknown": {"zh": "未知", "en": "not known"},
    "applied": {"zh": "已上传", "en": "uploaded"},
    "not_applied": {"zh": "未上传", "en": "not uploaded"},
    "gain": {"zh": "改价的实测效果", "en": "What the changes earned"},
    "gain_none": {
        "zh": "改价的效果还测不出：没有已上传且已有数据的方案。",
        "en": "What changes earn is not measured yet: no uploaded plan has its data.",
    },
    "gain_few": {
        "zh": "改价的效果还测不出：至今只有 {held} 个词留作对照。",
        "en": "What changes earn is not measured yet: {held:word was|words were} held back so far.",
    },
    "gain_measured": {
        "zh": "{nights} 次改价，平均每次当天多赚 {profit} 元"
        "（80% 区间 {low} 到 {high}；方案预计 {foreseen}）。{verdict}",
        "en": "{nights:night|nights} of changes, each {profit} yuan of profit on its day "
        "(80% interval {low} to {high}; the plans foresaw {foreseen}). {verdict}",
    },
    "gain_sure": {"zh": "区间不含 0：效果是真实的。", "en": "The interval leaves out 0."},
    "gain_unsure": {
        "zh": "区间包含 0：数据还太少，说不清是赚是亏。",
        "en": "The interval holds 0: too little yet to tell a gain from none.",
    },
    "gain_note": {
        "zh": "与每晚随机留作对照、保持原出价的 {held} 个词次比较；衡量的是每晚这一步改价在当天的效果，不是累计。"
        "点击按其价值计，价值不随出价变；同一宝贝的词互相抢量、预算变动、"
        "以及低出价让预算撑得更久的好处不在其内。",
        "en": "Against {held:word-night|word-nights} drawn by lot that kept their bids. It is what each night's own "
        "step did on its day, not what they add up to. A click is taken at its worth, which does not hang on the bid; "
        "searches that words take from each other, other budgets, and that lower bids make a budget last longer, are "
        "not in it.",
    },
    "track_title": {"zh": "以往方案的结果", "en": "How past plans came out"},
    "track_beside": {
        "zh": "以往方案采用了多少、预测准不准、改价实测赚了多少：见上一级文件夹的 scorecard.html，每晚更新。",
        "en": "Whether past plans were taken up, came as forecast, and what their changes earned: scorecard.html in "
        "the folder above, renewed every night.",
    },
    "track_as_of": {"zh": "截至 {date} 早上的数据。", "en": "On the data of the morning of {date}."},
    "track_empty": {"zh": "还没有可以回看的方案。", "en": "No past plan to look back at yet."},
    "track_note": {
        "zh": "“采用”：下一张出价表里已按方案出价的词 / 表里查得到的改动词。成交金额已补上还会到来的部分并扣除退款。",
        "en": "Taken up: changed bids that the next word table has as recommended, of those it tells. GMV counts what "
        "is still to come, less refunds.",
    },
    "track_inside": {
        "zh": "{days} 天里，花费有 {spend} 天、成交金额有 {gmv} 天落在 80% 区间内。",
        "en": "Of {days:day|days}, spend came inside its 80% interval on {spend}, GMV on {gmv}.",
    },
}

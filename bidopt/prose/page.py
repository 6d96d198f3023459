"""The sections of the report page beyond the plan itself, and what its script says."""

from bidopt.prose.languages import Language

PAGE: dict[str, dict[Language, str]] = {
    "how_sure": {
        "zh": "把握：十天里约有八天，当天利润会落在 {low} 到 {high} 元之间（保持现状预计 {now} 元）。",
        "en": "How sure: on about eight days in ten the day's profit comes between {low} and {high} yuan "
        "({now} expected of today's bids).",
    },
    "sure_week": {
        "zh": "上一周（{start} 至 {end}）照样预测一遍：花费差 {spend}，成交金额差 {gmv}。",
        "en": "The week before ({start} to {end}), forecast the same way, was missed by {spend} of spend and {gmv} of "
        "GMV.",
    },
    "nav_words": {"zh": "改什么", "en": "Changes"},
    "nav_budgets": {"zh": "预算", "en": "Budgets"},
    "nav_frontier": {"zh": "多花少花", "en": "More or less"},
    "nav_map": {"zh": "词的地图", "en": "Map"},
    "nav_explorer": {"zh": "查词", "en": "Find a word"},
    "nav_classes": {"zh": "词分类", "en": "Classes"},
    "nav_accuracy": {"zh": "准不准", "en": "Accuracy"},
    "nav_learnt": {"zh": "学到什么", "en": "Learnt"},
    "trend_note": {
        "zh": "本方案管的词合计。实线补上了最近几天还会到来的成交并扣除退款，虚线是报表现在的数；"
        "菱形是方案当天的预计和 80% 区间。",
        "en": "The words of this plan together. The full line adds what is still to come of the last days' sales, less "
        "refunds; the dotted one is what reports count by now; diamonds are the plan's day with its 80% interval.",
    },
    "gmv_reported": {"zh": "成交金额（报表）", "en": "GMV as reported"},
    "a_day": {"zh": "平均每天", "en": "A day"},
    "last_days": {"zh": "{start} 至 {end}", "en": "{start} to {end}"},
    "budget_move": {"zh": "变化", "en": "Move"},
    "budgets_note": {
        "zh": "方案里各计划日预算合计 {total} 元，不超过每日总预算 {daily} 元。",
        "en": "The plan's budgets sum to {total} yuan, within the daily cap of {daily}.",
    },
    "frontier": {"zh": "多花少花会怎样：总预算与利润", "en": "What more or less would bring: budget and profit"},
    "frontier_note": {
        "zh": "每个点是一个每日总预算下重新排好的出价，只算今晚一步能调到的；空心点是保持现状，大实心点是本方案。",
        "en": "Each dot is a daily cap with bids laid out anew for it, as far as tonight's step reaches; the open dot "
        "is today's bids, the large full one this plan.",
    },
    "map": {"zh": "词的地图：花费与投产比", "en": "The map of words: spend against ROI"},
    "map_note": {
        "zh": "影响最大的 {shown} 个词里最近 15 天有花费的；投产比按报表，成交还会增加。虚线是平均保本投产比 {even}。"
        "点一下看它的曲线。",
        "en": "Of the {shown:word|words} with most at stake those that spent in the last 15 days; ROI as reported, "
        "sales are still growing. The dotted line is the average break-even ROI, {even}. Click a word for its curve.",
    },
    "explorer": {"zh": "查词：出价曲线和实际表现", "en": "Find a word: its curve and what was observed"},
    "explorer_note": {
        "zh": "这里有影响最大的 {shown} 个词；其余的用 bidopt show 词。线是 {date} 各出价下的预计（预算没有提前花完）；"
        "灰点是最近 60 天它在那个出价时平均每天的实际表现，竖线是均值的 80% 区间：行情和星期不同，点不必落在线上。",
        "en": "The {shown:word|words} with most at stake; bidopt show WORD has the others. The line is what each bid "
        "is expected to bring on {date} if no budget cuts the day short; grey dots are its mean days of the last 60 at "
        "such a bid, with the mean's 80% interval: markets and weekdays differ, they need not lie on the line.",
    },
    "search": {"zh": "输入词、计划或ID", "en": "Type a word, plan or id"},
    "none_found": {"zh": "没有找到。", "en": "Nothing found."},
    "shown_figure": {"zh": "看", "en": "Show"},
    "curve_line": {"zh": "预计", "en": "Expected"},
    "observed_at": {"zh": "实际", "en": "Observed"},
    "days_at": {"zh": "天", "en": "days"},
    "cut_at": {"zh": "天预算提前花完", "en": "of them cut short by the budget"},
    "bid_in_force": {"zh": "出价", "en": "Bid"},
    "clicks_a_day": {"zh": "点击（次/天）", "en": "Clicks a day"},
    "raised": {"zh": "加价", "en": "Raised"},
    "lowered": {"zh": "降价", "en": "Cut"},
    "kept": {"zh": "不动", "en": "Kept"},
    "spent_15": {"zh": "15 天花费（元）", "en": "Spend of 15 days (yuan)"},
    "spent_lately": {"zh": "15 天花费", "en": "Spend, 15 days"},
    "sold_lately": {"zh": "15 天成交金额", "en": "GMV, 15 days"},
    "roi_lately": {"zh": "投产比", "en": "ROI"},
    "no_curve": {
        "zh": "这个词今晚不能动，只有现在的出价。",
        "en": "This word may not move tonight: its present bid alone.",
    },
    "no_history": {"zh": "没有已知出价的历史。", "en": "No history at a known bid."},
    "classes": {"zh": "词分类", "en": "Word classes"},
    "class": {"zh": "分类", "en": "Class"},
    "class_words": {"zh": "词数", "en": "Words"},
    "class_changed": {"zh": "其中要改", "en": "Changed"},
    "accuracy": {
        "zh": "准不准：最近一周的预测与实际",
        "en": "How near it came: the last week, forecast and as it came",
    },
    "accuracy_note": {
        "zh": "用一周前早上已知的数据重新拟合，预测之后 7 天，再与现在看到的比；成交金额按最终到账推算，退款前。",
        "en": "Fitted once more on what was known a week ago, seven days foreseen, compared with what is known now; "
        "GMV with what is still to arrive, before refunds.",
    },
    "week_said": {"zh": "预测", "en": "Forecast"},
    "week_came": {"zh": "实际", "en": "Came"},
    "gates": {"zh": "上线前的检查", "en": "What was checked before"},
    "gate_passed": {"zh": "通过", "en": "passed"},
    "learnt": {"zh": "学到什么", "en": "What was learnt"},
    "learnt_moved": {
        "zh": "最近 60 天有出价记录的 {ran} 个词里，{moved} 个动过出价：它们的曲线有自己的反应作依据，"
        "其余的按同类词估计。",
        "en": "Of {ran:word|words} with a known bid in the last 60 days {moved} had more than one: their curves rest "
        "on their own answer, the others on words of their kind.",
    },
    "learnt_tonight": {
        "zh": "今晚 {explored} 个词的出价是为了试探（学到反应），{held} 个词留作对照、不动，用来衡量改价的效果。",
        "en": "Tonight {explored:bid moves|bids move} to learn how the word answers, and {held:word is|words are} held "
        "back to measure what changes earn.",
    },
    "track_link": {"zh": "以往方案的结果", "en": "How past plans came out"},
}

"""Warnings and alerts."""

from bidopt.prose.languages import Language

CONVERSIONS: dict[str, dict[Language, str]] = {
    "total": {"zh": "总成交笔数、总成交金额", "en": "总成交笔数 and 总成交金额"},
    "direct": {"zh": "直接成交笔数、直接成交金额", "en": "直接成交笔数 and 直接成交金额"},
}
"""The report's columns that tell conversions, by what the settings count."""

NOTE: dict[str, dict[Language, str]] = {
    "no_word_table": {
        "zh": "没有出价表：出价由实际花费推算，请按变动幅度调整（放入出价表可以更准）",
        "en": "no word table: bids are inferred from what was paid; move them by the percentage",
    },
    "bids_inferred": {
        "zh": "{count} 个词没有已知出价，按实际花费推算",
        "en": "no bid is known of {count:word|words}: inferred from what was paid",
    },
    "no_plan_table": {
        "zh": "没有计划表：所有计划日预算都由本方案给出",
        "en": "no plan table: this plan sets all plan budgets",
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
        "en": "only {days:day|days} of data: forecasts are very uncertain, moves are held within {step:.1%}",
    },
    "no_conversions": {
        "zh": "报表里没有“{columns}”列，完全不知道成交：出价全部保持不变，只用计划日预算守住总预算；"
        "下面的成交和利润只是一般水平，请勾选这些列重新下载",
        "en": "no report has the columns {columns}, so nothing is known of conversions: every bid stands, plan budgets "
        "alone keep the cap, and orders and profit are merely what is usual; tick the columns and download again",
    },
    "days_without_conversions": {
        "zh": "有 {days} 天的报表没有“{columns}”列：这些天的成交未知，不用来估计转化率",
        "en": "reports of {days} days lack the columns {columns}: those days tell nothing of conversion rates",
    },
    "few_orders": {
        "zh": "历史上只有 {orders:.0f} 笔成交：转化率主要按一般水平估计，利润预测很不确定",
        "en": "orders so far: only {orders:.0f}; conversion rests on what is usual, profit is very uncertain",
    },
    "brand_words": {
        "zh": "{count} 个词像品牌词（如 {example}）：没有广告也可能成交，"
        "请在 bidopt.toml 的 [[words]] 里写明 incrementality（没有广告就不会来的成交占比）",
        "en": "{count:word looks like a brand word|words look like brand words} ({example}): such orders may come "
        "without ads; set their incrementality (share that ads bring) under [[words]] in bidopt.toml",
    },
    "idle_days": {
        "zh": "{days} 在报表的日期范围内却没有任何数据：按当天没有投放处理，不用来估计需求；如果当天有投放，请重新下载",
        "en": "the reports cover {days} without a single row: taken as days on which no plan ran, they tell nothing of "
        "demand; if plans did run, download them again",
    },
    "incomplete_day": {
        "zh": "{day} 的报表当天下载、数据不全，未用于计算",
        "en": "{day} was downloaded on the day itself and is incomplete: not used",
    },
    "step_exceeded": {
        "zh": "要守住每日总预算 {cap:,.0f} 元，{count} 个词的降幅超过单晚 {step:.1%} 的限制",
        "en": "to meet the cap of {cap:,.0f} yuan {count:bid falls|bids fall} by more than the step of {step:.1%}",
    },
    "too_many_changes": {
        "zh": "要守住总预算和其他限制，需要改 {changed} 个词，超过每晚 {most} 个的上限",
        "en": "to keep the cap and the other limits {changed:word|words} must change, more than the {most} a night",
    },
    "unknown_names": {
        "zh": "bidopt.toml 里写了、数据里却没有：{names}（这些设置不起作用，请检查是否写错）",
        "en": "bidopt.toml names what the data do not have: {names} (these settings do nothing: misspelt?)",
    },
    "bounds_cross": {
        "zh": "{count} 个词的最低出价高于最高出价，以最高出价为准"
        "（如 {word}：最低 {low:.2f}、最高 {high:.2f}，至少要放宽 {more:.2f} 元）",
        "en": "the lowest bid of {count:word|words} is above the highest, which holds ({word}: {low:.2f} above "
        "{high:.2f}; widen one by at least {more:.2f})",
    },
    "budget_moves": {
        "zh": "要守住总预算，{count} 个计划的日预算降幅超过单晚限制（{names}）",
        "en": "to meet the cap {count:budget falls|budgets fall} by more than a night's move ({names})",
    },
    "no_move_left": {
        "zh": "bids.min_change {least:.1%} 大于单晚最大调幅 {step:.1%}：除非总预算逼迫，没有出价能调"
        "（请调低 min_change）",
        "en": "bids.min_change of {least:.1%} is above the night's step of {step:.1%}: no bid can move unless the cap "
        "forces it (lower min_change)",
    },
    "clash_stock": {
        "zh": "宝贝 {name} 库存不够卖：出价降到底，预计仍会超卖 {more:.1f} 件（补货，或先停推）",
        "en": "item {name}: its stock will not last: even at the lowest bids {more:.1f} pieces too many are ordered",
    },
    "clash_campaign_floor": {
        "zh": "计划 {name} 今晚花不到 min_spend = {limit:.0f} 元：最多约 {possible:.0f} 元（至少调低 {more:.0f} 元）",
        "en": "plan {name} cannot spend its min_spend of {limit:.0f} yuan tonight, at most about {possible:.0f}: "
        "lower it by at least {more:.0f}",
    },
    "cap_unreachable": {
        "zh": "即使降到今晚能到的最低出价，预计花费仍高于预算：花完后由计划日预算截断",
        "en": "even at tonight's lowest bids expected spend passes a cap: the plan budgets will cut it off",
    },
    "min_roi_unmet": {
        "zh": "在允许的调幅内达不到最低投产比 {roi:.2f}，最多约 {best:.2f}（可把 min_roi 降到这个数）",
        "en": "the ROI floor of {roi:.2f} cannot be met within tonight's limits: about {best:.2f} can (lower min_roi)",
    },
    "min_spend_unmet": {
        "zh": "在允许的调幅内花不到规定的最低花费，最多约 {spend:,.0f} 元",
        "en": "the smallest spend cannot be reached within tonight's limits: about {spend:,.0f} yuan can",
    },
    "refused": {"zh": "{file} 被拒收：{message}", "en": "{file} was refused: {message}"},
    "budget_out": {
        "zh": "昨天预算提前花完，花费 {spend:,.0f} 元，预算 {budget:,.0f} 元",
        "en": "yesterday's budget ran out ({spend:,.0f} of {budget:,.0f} yuan)",
    },
    "same_money": {
        "zh": "；出价整体低 {lower:.0%}，同样的钱每天约多 {more:.0f} 次点击",
        "en": "; with all bids {lower:.0%} lower the same money buys about {more:.0f} more clicks a day",
    },
    "waste": {
        "zh": "最近 15 天花了 {spend:,.0f} 元、{clicks:.0f} 次点击没有成交（按同宝贝的转化率应有 {expected:.1f} 单）",
        "en": "{spend:,.0f} yuan and {clicks:.0f} clicks in 15 days without an order "
        "({expected:.1f} expected at its item's rate)",
    },
    "no_impressions": {"zh": "{count} 个词 15 天没有展现", "en": "{count:word|words} without an impression in 15 days"},
    "stock": {
        "zh": "库存 {stock:,.0f} 件，单算这些广告成交约 {days:.1f} 天卖完",
        "en": "{stock:,.0f} in stock, gone in about {days:.1f} days by orders from ads alone",
    },
    "falling": {
        "zh": "最近 {days} 天日均展现 {now:,.0f}，按平时水平应有 {usual:,.0f}，低于正常波动，出价没有降",
        "en": "{now:,.0f} impressions a day in the last {days:day|days} where {usual:,.0f} were to be expected: "
        "beyond what days scatter, at no lower bid",
    },
    "rising": {
        "zh": "最近 {days} 天日均展现 {now:,.0f}，按平时水平应有 {usual:,.0f}，高于正常波动，出价没有加",
        "en": "{now:,.0f} impressions a day in the last {days:day|days} where {usual:,.0f} were to be expected: "
        "beyond what days scatter, at no higher bid",
    },
    "of_words": {"zh": "{count} 个词（{names}）", "en": "{count:word|words} ({names}): "},
    "quality_drop": {
        "zh": "质量分从 {before:.3g} 降到 {now:.3g}（{since} 的出价表）：同价更贵、排名更低，请检查主图、标题和宝贝",
        "en": "quality score fell from {before:.3g} to {now:.3g} in the word table of {since}: the same bid costs more "
        "and ranks lower; look at picture, title and item",
    },
    "item": {"zh": "{title}（{item}）", "en": "{title} ({item})"},
    "in_plans": {"zh": "（{count} 个计划：{names}）", "en": " (in {count:plan|plans}: {names})"},
    "shift_price": {
        "zh": "同样出价下的点击成本水平从 {since} 起变化 {change:+.0%}，还没有恢复：可能是竞争变化、溢价改动或大促",
        "en": "prices at the same bids stand {change:+.0%} since {since} and have not come back: "
        "rivals, an edited premium, or a promotion that the settings don't name",
    },
    "shift_demand": {
        "zh": "搜索需求从 {since} 起变化 {change:+.0%}，还没有恢复：如果是大促，请写进 [[promotion]]",
        "en": "demand stands {change:+.0%} since {since} and has not come back: "
        "if it is a promotion, name it under [[promotion]]",
    },
    "shift_conversion": {
        "zh": "转化率从 {since} 起变化 {change:+.0%}，还没有恢复：请检查库存、评价、价格和主图",
        "en": "conversion stands {change:+.0%} since {since} and has not come back: "
        "look at stock, reviews, price and picture",
    },
    "shift_price_once": {
        "zh": "昨天同样出价下的点击成本水平比平时 {change:+.0%}：只有一天，还说不准会不会持续",
        "en": "yesterday prices at the same bids were {change:+.0%}: a single day, too little to tell whether it lasts",
    },
    "shift_demand_once": {
        "zh": "昨天的搜索需求比平时 {change:+.0%}：只有一天，还说不准会不会持续；如果是大促，请写进 [[promotion]]",
        "en": "yesterday demand stood {change:+.0%}: a single day, too little to tell whether it lasts; "
        "if it is a promotion, name it under [[promotion]]",
    },
    "shift_conversion_once": {
        "zh": "昨天的转化率比平时 {change:+.0%}：只有一天，还说不准会不会持续",
        "en": "yesterday conversion stood {change:+.0%}: a single day, too little to tell whether it lasts",
    },
    "platform_days": {
        "zh": "平台大促 {name}（{first} 至 {last}）没有写进 [[promotion]]：只按店铺过去类似日子的表现估计",
        "en": "the platform's promotion {name} ({first} to {last}) is not under [[promotion]]: "
        "it is judged only by what such days did to the shop before",
    },
    "odd_days": {
        "zh": "{days} 与前后的日子明显不同，按未申报的活动处理，不影响平时的水平",
        "en": "{days} stood off from the days around: taken as undeclared promotions, they do not move the usual level",
    },
    "presale": {
        "zh": "{days} 天有预售：已拍下未付尾款的订单按 {rate:.0%} 的付款率计入",
        "en": "presale on {days:day|days}: orders placed and not yet paid count at {rate:.0%}, as balances get paid",
    },
    "mixed_windows": {
        "zh": "{before} 与 {after} 下载的报表归因周期可能不一致："
        "{first} 至 {last} 的成交从 {was:.0f} 笔变成 {now:.0f} 笔（应约为 {expected:.0f} 笔）；"
        "请用同一归因周期（{window} 天）重新下载",
        "en": "the reports downloaded on {before} and {after} seem to use different attribution windows: orders of "
        "{first} to {last} went from {was:.0f} to {now:.0f} (about {expected:.0f} expected); "
        "download them again with one window ({window} days)",
    },
}

"""What `bidopt show` prints."""

from bidopt.prose.languages import Language

SHOW: dict[str, dict[Language, str]] = {
    "show_plan": {"zh": "方案 {run_id}：", "en": "Run {run_id}: "},
    "show_move": {"zh": "出价 {now} → {new} 元", "en": "bid {now} → {new} yuan"},
    "show_keep": {"zh": "出价 {now} 元不动", "en": "bid {now} yuan stays"},
    "show_rates": {
        "zh": "点击率 {ctr}（{ctr_low} - {ctr_high}），转化率 {cvr}（{cvr_low} - {cvr_high}），"
        "每单 {order_value} 元（{order_value_low} - {order_value_high}）",
        "en": "CTR {ctr} ({ctr_low} - {ctr_high}), CVR {cvr} ({cvr_low} - {cvr_high}), "
        "order value {order_value} yuan ({order_value_low} - {order_value_high})",
    },
    "show_curve": {"zh": "出价曲线：预算没有提前花完的一天", "en": "Its curve: a day that no budget cuts short"},
    "show_no_curve": {"zh": "今晚不能动，没有出价曲线。", "en": "It may not move tonight: no curve."},
    "show_observed": {
        "zh": "最近 60 天在各出价下的实际表现（平均每天）",
        "en": "What was observed at the bids of the last 60 days (mean day)",
    },
    "show_history": {"zh": "最近 {days} 天", "en": "The last {days:day|days}"},
    "show_sales": {
        "zh": "上面两张表里的成交补上了还会到来的部分，并扣除退款。",
        "en": "Sales in both tables above count those still to come, less refunds.",
    },
    "show_none": {"zh": "没有历史。", "en": "No history."},
    "show_units": {"zh": "有 {count} 个单元投这个词。", "en": "{count:ad group has|ad groups have} this word."},
    "show_spark": {"zh": "{name} {bars} {low} 到 {high}", "en": "{name} {bars} {low} to {high}"},
    "show_days": {"zh": "天数", "en": "Days"},
    "show_cut": {"zh": "预算花完", "en": "Cut short"},
    "show_date": {"zh": "日期", "en": "Date"},
    "show_bid": {"zh": "出价", "en": "Bid"},
    "show_is_now": {"zh": "现在", "en": "now"},
    "show_is_new": {"zh": "新", "en": "new"},
}

"""Texts about days that are not like others, in Chinese and English."""

from bidopt.prose import Language

DAY_NOTE: dict[str, dict[Language, str]] = {
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
        "en": "{days} days of presale: orders placed and not yet paid count at {rate:.0%}, as balances get paid",
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


def day_note(code: str, language: Language, /, **values: object) -> str:
    """The sentence of `code` with its values put in."""
    return DAY_NOTE[code][language].format(**values)

"""What is said of many shops."""

from bidopt.prose.languages import Language

SHOPS: dict[str, dict[Language, str]] = {
    "title": {"zh": "多店之夜：{day}", "en": "The night of all shops: {day}"},
    "shop": {"zh": "店铺", "en": "Shop"},
    "state": {"zh": "结果", "en": "Result"},
    "spend": {"zh": "花费 现在→方案", "en": "Spend now → plan"},
    "gmv": {"zh": "成交 现在→方案", "en": "GMV now → plan"},
    "changes": {"zh": "改价/预算", "en": "Bids/budgets"},
    "needs": {"zh": "要人处理", "en": "Needs a person"},
    "report": {"zh": "报告", "en": "Report"},
    "critical": {"zh": "{count} 个严重问题", "en": "{count:critical alert|critical alerts}"},
    "refused": {"zh": "{count} 个文件被拒收", "en": "{count:file|files} refused"},
    "counts": {
        "zh": "{all} 家店，{made} 家有方案，{without} 家没有（沿用昨天的出价）",
        "en": "{all:shop|shops}: {made} with a plan, {without} without one (yesterday's bids stand)",
    },
    "totals": {
        "zh": "有方案的店合计，每天：花费 {spend_now}→{spend_new} 元，成交 {gmv_now}→{gmv_new} 元，"
        "利润 {profit_now}→{profit_new} 元",
        "en": "Shops with a plan, together a day: spend {spend_now} → {spend_new}, GMV {gmv_now} → {gmv_new}, "
        "profit {profit_now} → {profit_new} yuan",
    },
    "total_cap": {
        "zh": "总预算 {total} 元：分给各店 {shared} 元，为没有方案的店保留 {held} 元；再多一元多得 {price}，"
        "离最优至多差 {gap}",
        "en": "Total cap {total} yuan: {shared} shared out, {held} kept back for shops without a plan; another yuan "
        "adds {price}; at most {gap} short of the best split",
    },
    "total_steep": {
        "zh": "总预算 {total} 元低于单晚降幅所能及：各店按最低预算以上的比例分得 {shared} 元，"
        "为没有方案的店保留 {held} 元",
        "en": "Total cap {total} yuan is below what a night's steps can reach: {shared} shared out in proportion above "
        "the smallest budgets, {held} kept back for shops without a plan",
    },
    "written": {"zh": "汇总", "en": "Written"},
    "died": {"zh": "工作进程中断", "en": "worker died"},
    "failed": {"zh": "出错", "en": "failed"},
    "no_plan": {"zh": "没有方案", "en": "no plan"},
    "busy": {"zh": "工作区被占用", "en": "workspace busy"},
    "fitted": {"zh": "已拟合，待分预算", "en": "fitted, waits for its share"},
    "review": {"zh": "先请人工确认", "en": "look first"},
    "ok": {"zh": "可以执行", "en": "ready"},
    "no_change": {"zh": "无需改动", "en": "no change"},
}

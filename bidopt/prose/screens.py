"""What commands print."""

from bidopt.prose.languages import Language

TERMINAL: dict[str, dict[Language, str]] = {
    "file": {"zh": "文件", "en": "File"},
    "kind": {"zh": "类型", "en": "Kind"},
    "rows_read": {"zh": "读取", "en": "Read"},
    "stored": {"zh": "入库", "en": "Stored"},
    "replaced": {"zh": "其中更新", "en": "Restated"},
    "merged": {"zh": "合并", "en": "Merged"},
    "totals": {"zh": "合计行", "en": "Totals"},
    "set_aside": {"zh": "剔除", "en": "Set aside"},
    "state": {"zh": "结果", "en": "Result"},
    "unknown_columns": {"zh": "未使用的列", "en": "columns not used"},
    "demo_simulated": {
        "zh": "模拟店铺，不是真实数据：{root}",
        "en": "A simulated shop, no real data: {root}",
    },
    "plan": {"zh": "{date} 的方案 {run_id}：{status}", "en": "Plan for {date}, {run_id}: {status}"},
    "word": {"zh": "关键词", "en": "Keyword"},
    "a_day": {"zh": "每天", "en": "A day"},
    "weightiest": {
        "zh": "影响最大的 {shown} 个词（共改 {all} 个）",
        "en": "The {shown} weightiest of {all:changed word|changed words}",
    },
    "budgets": {"zh": "日预算（元，共改 {all} 个计划）", "en": "Plan budgets, yuan ({all} changed)"},
    "more": {"zh": "还有 {count} 条，见报告", "en": "{count} more in the report"},
    "now": {"zh": "保持现状", "en": "Today's bids"},
    "new": {"zh": "按方案", "en": "The plan"},
    "interval": {"zh": "80% 区间", "en": "80% interval"},
    "recent_spend": {
        "zh": "最近 {days} 天花费　　 {bars}（{low} 到 {high} 元）",
        "en": "Spend, last {days:day|days}  {bars} ({low} to {high} yuan)",
    },
    "recent_gmv": {
        "zh": "最近 {days} 天成交金额 {bars}（{low} 到 {high} 元；最近几天还会增加）",
        "en": "GMV, last {days:day|days}    {bars} ({low} to {high} yuan; the newest still grow)",
    },
    "report": {"zh": "报告", "en": "Report"},
    "bids_list": {"zh": "改价单", "en": "Bids"},
    "budgets_list": {"zh": "预算单", "en": "Budgets"},
    "newest_day": {"zh": "最新完整数据日", "en": "Newest complete day"},
    "files": {"zh": "已导入文件", "en": "Files imported"},
    "last_day": {"zh": "最新日期", "en": "Newest day"},
    "set_aside_row": {"zh": "{file} 第 {row} 行剔除：{reason}", "en": "{file} row {row} set aside: {reason}"},
    "set_aside_in": {"zh": "共剔除 {count} 行：{folder}", "en": "{count:row|rows} set aside: {folder}"},
    "replay_same": {
        "zh": "{run_id} 重做后逐字节相同（{files} 个文件）",
        "en": "{run_id} made again is the same, byte for byte ({files:file|files})",
    },
    "replay_differs": {"zh": "{run_id} 重做后不一样", "en": "{run_id} cannot be made again as it was"},
    "replay_version": {
        "zh": "当时用的是 {name} {then}，现在是 {now}",
        "en": "made with {name} {then}, this is {now}",
    },
    "replay_gone": {
        "zh": "数据里已没有：{name}（sha256 {sha256}）",
        "en": "no longer in data/: {name} (sha256 {sha256})",
    },
    "replay_file": {"zh": "{file}：当时 {then}，现在 {now}", "en": "{file}: then {then}, now {now}"},
    "newest_run": {"zh": "最新方案", "en": "Newest run"},
    "run_state": {"zh": "{run_id}（{status}）", "en": "{run_id} ({status})"},
    "waiting": {"zh": "待处理", "en": "Waits for you"},
    "none": {"zh": "无", "en": "none"},
    "failed": {"zh": "最近一晚没有方案", "en": "The last night made no plan"},
    "failed_at": {"zh": "{message}（{at}）", "en": "{message} ({at})"},
    "wait_exports": {"zh": "把报表放进 {inbox}", "en": "put exports into {inbox}"},
    "wait_night": {"zh": "还没有方案：运行 bidopt nightly", "en": "no plan yet: run bidopt nightly"},
    "wait_stale": {
        "zh": "数据已到 {day}，方案还是旧的：运行 bidopt nightly",
        "en": "data reach {day}, the plan is older: run bidopt nightly",
    },
    "wait_review": {"zh": "{run_id} 需要人工确认：{report}", "en": "{run_id} needs a look: {report}"},
    "wait_upload": {
        "zh": "{run_id} 有 {words} 个出价、{budgets} 个预算要改：{folder}",
        "en": "{run_id} changes {words:bid|bids} and {budgets:budget|budgets}: {folder}",
    },
    "schedule_how_cron": {
        "zh": "每天 {at}（北京时间）运行：把下面一行加进 crontab -e，或加 --install 自动放入",
        "en": "Every day at {at} (Asia/Shanghai): add this line by crontab -e, or have it put in by --install",
    },
    "schedule_how_systemd": {
        "zh": "每天 {at}（北京时间）运行：把下面两个文件放进 ~/.config/systemd/user，再运行 "
        "systemctl --user enable --now {name}.timer，或加 --install 自动放入",
        "en": "Every day at {at} (Asia/Shanghai): put these files into ~/.config/systemd/user and run "
        "systemctl --user enable --now {name}.timer, or have it done by --install",
    },
    "schedule_how_windows": {
        "zh": "每天 {at}（北京时间）运行：存成 {name}.xml（UTF-16），再运行 "
        "schtasks /Create /TN {name} /XML {name}.xml，或在那台电脑上加 --install",
        "en": "Every day at {at} (Asia/Shanghai): save this as {name}.xml (UTF-16) and run "
        "schtasks /Create /TN {name} /XML {name}.xml, or use --install on that machine",
    },
    "schedule_installed": {
        "zh": "已放入 {name}：每天 {at}（北京时间）运行。取消：bidopt schedule --remove",
        "en": "{name} is put in: every day at {at} (Asia/Shanghai). To take it out: bidopt schedule --remove",
    },
    "schedule_removed": {"zh": "{system} 里已没有 {name}", "en": "{name} is not in {system} any more"},
    "left_seconds": {"zh": "约剩 {seconds} 秒", "en": "about {seconds} s left"},
    "left_minutes": {"zh": "约剩 {minutes} 分钟", "en": "about {minutes} min left"},
}

STAGE: dict[str, dict[Language, str]] = {
    "import": {"zh": "导入报表", "en": "reading exports"},
    "read": {"zh": "读取历史", "en": "reading the history"},
    "fit": {"zh": "拟合模型", "en": "fitting"},
    "look": {"zh": "检验上周的预测", "en": "checking last week's forecast"},
    "optimise": {"zh": "计算出价", "en": "choosing bids"},
    "write": {"zh": "写出方案", "en": "writing the plan"},
    "done": {"zh": "完成", "en": "done"},
}
"""The stages of a night, by the first word of their line in the log."""

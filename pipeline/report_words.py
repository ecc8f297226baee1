"""Every word of the report: Chinese, English; `{…}` where figures belong."""

from __future__ import annotations

from pipeline.report_words_store import STORE_WORDS

WORDS: dict[str, tuple[str, str]] = STORE_WORDS | {
    "report_week": ("客户反馈周报", "Customer feedback: weekly report"),
    "report_month": ("客户反馈月报", "Customer feedback: monthly report"),
    "this_week": ("本周", "this week"),
    "this_month": ("本月", "this month"),
    "last_week": ("上周", "last week"),
    "last_month": ("上月", "last month"),
    "summary": ("本期要点", "What changed"),
    "rows": ("反馈总数", "Feedback"),
    "complaints": ("问题反馈", "Complaints"),
    "complaint_share": ("问题占比", "Complaint share"),
    "urgent": ("紧急反馈", "Urgent feedback"),
    "due": ("到期待核对", "Due, to be checked"),
    "overdue": ("超期未答复", "Overdue"),
    "review": ("待人工复核", "To be reviewed"),
    "by_day": ("每日反馈量", "Feedback by day"),
    "by_type": ("按类型", "By type"),
    "type_table": ("类型明细", "Types in figures"),
    "by_urgency": ("按紧急程度", "By urgency"),
    "by_channel": ("按渠道", "By channel"),
    "by_intent": ("按意图", "By intent"),
    "satisfaction": ("满意度", "Satisfaction"),
    "departments": ("部门工作量", "Load by department"),
    "themes": ("主要问题主题", "Main root-cause themes"),
    "urgent_and_due": ("紧急与到期反馈", "Urgent and due feedback"),
    "csat": ("满意度 CSAT（1–5）", "CSAT (1–5)"),
    "nps": ("净推荐值 NPS", "NPS"),
    "ces": ("费力度 CES（1–7）", "CES (1–7)"),
    "type": ("类型", "Type"),
    "figure": ("指标", "Figure"),
    "department": ("部门", "Department"),
    "n": ("条数", "Rows"),
    "share": ("占比", "Share"),
    "change": ("变化", "Change"),
    "theme": ("主题", "Theme"),
    "kind": ("根因类别", "Kind of cause"),
    "keywords": ("关键词", "Keywords"),
    "quote": ("客户原话", "Quote"),
    "feedback_id": ("编号", "Id"),
    "created_at": ("收到时间", "Received"),
    "channel": ("渠道", "Channel"),
    "urgency_score": ("紧急分", "Urgency score"),
    "reasons": ("紧急原因", "Reasons"),
    "respond_due": ("答复期限", "Answer due"),
    "status": ("答复情况", "Answer"),
    "text": ("反馈内容", "Text"),
    "confidence": ("置信度", "Confidence"),
    "status_answered": ("已答复", "answered"),
    "status_overdue": ("已超期，未答复", "overdue, not answered"),
    "status_open": ("未到期，未答复", "not answered, not yet due"),
    "status_unverified": ("期限已过，是否答复未知", "time is over; answered or not is unknown"),
    "status_not_due": ("未到期", "not yet due"),
    "other_days": ("其他反馈", "Other feedback"),
    "changed_mark": ("变化明显", "more than chance"),
    "others_joined": ("其余 {n} 项", "{n} more"),
    "low_to_high": ("{low} 至 {high}", "{low} to {high}"),
    "interval": ("95% 区间", "95% interval"),
    "n_answers": ("{n} 份回答", "{n} answers"),
    "ignored": ("{n} 份超出量程，未计", "{n} outside the scale, left out"),
    "too_few": ("回答太少或全部相同，不给区间", "too few or equal answers for an interval"),
    "of_complaints": ("占问题反馈", "of complaints"),
    "cut_mark": ("原文 {n} 字，已截短", "{n} characters, cut"),
    "more_rows": (
        "另有 {n} 条，见 Excel 文件（至多列 5,000 条）。",
        "{n} more: see the Excel file (5,000 rows at most).",
    ),
    "more_json": (
        "另有 {n} 条，见 JSON 文件（至多列 5,000 条）。",
        "{n} more: see the JSON file (5,000 rows at most).",
    ),
    "more_themes": ("另有 {n} 个主题，见 Excel 文件。", "{n} more themes: see the Excel file."),
    "none": ("无。", "None."),
    "no_themes": (
        "没有主题数据；用 --themes 指定 huiyin themes 的输出文件夹。",
        "No themes given; name the output folder of huiyin themes with --themes.",
    ),
    "coverage": (
        "主题覆盖了 {share} 的问题反馈；另有 {n_rare} 处零散提及未成主题。",
        "Themes cover {share} of the complaints; {n_rare} rare mentions belong to none.",
    ),
    "as_fitted": (
        "主题文件夹中没有 mentions.csv，条数为聚类时的规模，无法与上期比较。",
        "The theme files lack mentions.csv: sizes are those of the clustering.",
    ),
    "more_due": ("除上列紧急反馈外：", "Besides the urgent rows above:"),
    "due_unverified": (
        "答复期限在本期内已到的有 {n} 条（其中紧急 {urgent} 条）。数据中没有 answered_at 列，"
        "无法得知是否已经答复，请逐条核对。",
        "The time to answer ran out in this period for {n} rows ({urgent} urgent). There is no "
        "column answered_at, so whether they were answered is unknown: please check.",
    ),
    "due_overdue": (
        "截至期末已超期且未答复的有 {n} 条（其中紧急 {urgent} 条）。",
        "At the end of the period {n} rows were overdue and not answered ({urgent} urgent).",
    ),
    "note_time": (
        "日期按北京时间；周为 ISO 周，周一至周日。答复期限按中国工作日计算；"
        "表扬与无效反馈不计入到期。",
        "Days are Shanghai's; weeks are ISO weeks. Answers are due by Chinese working days; "
        "praise and invalid rows are never due.",
    ),
    "note_change": (
        "“变化明显”指超出随机波动：条数用精确二项检验，占比用 Newcombe 区间，均为 95%；"
        "同时看许多数字时，偶尔会有误报。",
        "“More than chance”: exact binomial test for counts, Newcombe's interval for shares, both "
        "at 95 %; among many figures some will be false alarms.",
    ),
    "note_labels": (
        "类型、紧急程度由模型 {model} 判定，可能有误；客户原话已脱敏。",
        "Labels were set by the model {model} and may be wrong; personal data is masked.",
    ),
    "note_undated": (
        "{n} 条反馈的日期无法识别，未计入。",
        "{n} rows without a readable date are left out.",
    ),
    "note_until": (
        "数据只到 {day}，本期尚不完整。",
        "The data ends on {day}: the period is not complete.",
    ),
    "note_since": (
        "数据自 {day} 开始，上期不完整，与上期的比较仅供参考。",
        "The data begins on {day}: the period before is not complete, nor is the comparison.",
    ),
    "empty": (
        "本期没有反馈。",
        "There is no feedback in this period.",
    ),
    "empty_span": (
        "数据中的反馈自 {first} 至 {last}。",
        "The table holds feedback from {first} to {last}.",
    ),
}

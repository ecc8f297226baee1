"""The words of ledgers and actions in English; `words_zh_ledger` has the same keys."""

WORDS = {
    "week.to_ledgers": "Ledgers",
    "week.actions": "Did the actions help?",
    "week.actions_none": (
        "No action is in force yet. Name one with its first day on a theme's page; what came of it "
        "then stands here each week."
    ),
    "week.actions_theme": "Theme",
    "week.actions_action": "Action · owner",
    "week.actions_since": "In force",
    "week.actions_moved": "Share of problems: before → after",
    "week.actions_verdict": "Verdict",
    "ledgers.title": "Ledgers",
    "ledgers.lead": (
        "Six sheets in one Excel workbook. The yellow columns of the progress sheet may be edited "
        "in Excel and come back here."
    ),
    "ledgers.export": "Export",
    "ledgers.period": "Week or month",
    "ledgers.download": "Download Excel",
    "ledgers.big": "A week of tens of thousands of rows takes a quarter of a minute.",
    "ledgers.register": "each row: type, urgency, who answers, by when",
    "ledgers.standard": "types, subtypes, departments, promised times",
    "ledgers.duty": "whose each problem is, how many rows wait",
    "ledgers.progress": "state, owner, action, dates; yellow columns may be edited",
    "ledgers.actions": "shares before and after each action, and whether it worked",
    "ledgers.roots": "why, where, in whose words",
    "ledgers.import": "Import an edited progress sheet",
    "ledgers.file": "Workbook (.xlsx)",
    "ledgers.upload": "Upload and preview",
    "ledgers.upload_hint": (
        "Nothing is stored before you confirm. Rows that nobody touched stay; cells that somebody "
        "else changed meanwhile are listed for you to choose."
    ),
    "ledgers.preview": "{name}: what would change",
    "ledgers.gone": "This upload has expired; send it again.",
    "ledgers.nothing": "Nothing to change: the sheet says what the store says, or is untouched.",
    "ledgers.problems": "{n} cells have to be mended in Excel first; nothing was stored:",
    "ledgers.summary": "{n} themes would change, {same} stay.",
    "ledgers.clashing": "In {n} of them somebody else changed the same cell. Choose for each.",
    "ledgers.row": "row {number}",
    "ledgers.column": "Column",
    "ledgers.now": "Here now",
    "ledgers.sheet": "In the sheet",
    "ledgers.clash": "both changed it",
    "ledgers.empty": "empty",
    "ledgers.choose": "{who} changed this after your export. Which one holds?",
    "ledgers.somebody": "Somebody",
    "ledgers.theirs": "What is here now",
    "ledgers.mine": "What the sheet says",
    "ledgers.go": "Import",
    "ledgers.done": "{n} themes imported",
}

"""How the page looks: one sheet, light and dark, from a phone's width to a meeting room's screen.

Every pair of ink and ground has a contrast of at least 4.5 to 1 (WCAG AA); a test computes it.
"""

from __future__ import annotations

LIGHT = {
    "ground": "#f4f6f8",
    "surface": "#ffffff",
    "raised": "#eaeff4",
    "ink": "#1b1f24",
    "soft": "#4d5762",
    "line": "#cbd3dc",
    "accent": "#1f4e79",
    "on-accent": "#ffffff",
    "bad": "#a8200d",
    "bad-ground": "#fdecea",
    "warn": "#7a4100",
    "warn-ground": "#fdf1de",
    "good": "#17602f",
    "good-ground": "#e5f4ea",
    "mark": "#ffe38a",
    "on-mark": "#1b1f24",
}
DARK = {
    "ground": "#11161c",
    "surface": "#1a2129",
    "raised": "#26303a",
    "ink": "#e8edf2",
    "soft": "#b0bcc8",
    "line": "#3d4955",
    "accent": "#8cc2f0",
    "on-accent": "#0d1b29",
    "bad": "#ffa69c",
    "bad-ground": "#3c1d1a",
    "warn": "#f5c27a",
    "warn-ground": "#38290f",
    "good": "#8bdba6",
    "good-ground": "#14301f",
    "mark": "#7a5d00",
    "on-mark": "#ffffff",
}
_FONT = (
    '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC","Source Han Sans SC",'
    "system-ui,sans-serif"
)


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colours.items())


_BASE = """
*{box-sizing:border-box}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent)!important;outline-offset:2px;border-radius:4px}
button,input,select,textarea{font:inherit;color:inherit}
input,select,textarea{background:var(--surface);border:1px solid var(--soft);border-radius:6px;
padding:7px 10px;min-height:38px;max-width:100%}
button,.button{background:var(--surface);color:var(--accent);border:1px solid var(--accent);
border-radius:6px;padding:6px 12px;min-height:36px;cursor:pointer;text-decoration:none;
display:inline-flex;align-items:center;gap:6px;line-height:1.3}
button:hover,.button:hover{background:var(--raised)}
button.first,.button.first{background:var(--accent);color:var(--on-accent)}
button.first:hover{filter:brightness(1.12)}
button.bad{color:var(--bad);border-color:var(--bad)}
button:disabled{opacity:1;color:var(--soft);border-color:var(--line);cursor:not-allowed}
.hint{color:var(--soft);font-size:.875rem;margin:4px 0}
.alert{background:var(--bad-ground);color:var(--bad);padding:8px 12px;border-radius:6px}
"""

PLAIN_STYLE = (
    f":root{{color-scheme:light dark;{_variables(LIGHT)}}}"
    f"@media(prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
    + _BASE
    + "body{margin:0;background:var(--ground);color:var(--ink);"
    + f"font:16px/1.6 {_FONT}}}"
    + """
main{max-width:30rem;margin:8vh auto;padding:24px;background:var(--surface);
border:1px solid var(--line);border-radius:12px}
h1{font-size:1.4rem;margin:.2em 0 1em}.brand{margin:0;color:var(--accent);font-weight:700}
form{display:flex;flex-direction:column;gap:8px}form button{margin-top:12px;justify-content:center}
pre{white-space:pre-wrap;background:var(--raised);padding:12px;border-radius:6px}
@media(max-width:34rem){main{margin:0;min-height:100vh;border:0;border-radius:0}}
"""
)

_FRAME = """
pre{white-space:pre-wrap;overflow-wrap:anywhere}
.nicegui-content{padding:16px 20px 64px;gap:0;align-items:stretch;max-width:1320px;margin:0 auto}
.q-layout,.q-page{min-height:0!important}
.top{background:var(--surface);border-bottom:1px solid var(--line);display:flex;flex-wrap:wrap;
align-items:center;gap:4px 18px;padding:8px 20px}
.brand{font-weight:700;font-size:1.15rem;color:var(--accent);text-decoration:none}
.top nav{display:flex;gap:2px;overflow-x:auto;flex:1;min-width:0}
.top nav a{padding:7px 11px;border-radius:6px;text-decoration:none;color:var(--ink);
white-space:nowrap}
.top nav a:hover{background:var(--raised)}
.top nav a[aria-current]{background:var(--accent);color:var(--on-accent)}
.top .me{display:flex;align-items:center;gap:6px;flex-wrap:wrap}
.top .me form{display:inline}
.top .me button{min-height:32px;padding:3px 9px;border-color:var(--line);color:var(--ink)}
.who{color:var(--soft);font-size:.9rem;max-width:14rem;overflow:hidden;text-overflow:ellipsis;
white-space:nowrap}
h1{font-size:1.5rem;line-height:1.35;margin:6px 0 4px;font-weight:650;overflow-wrap:anywhere}
h2{font-size:1.1rem;line-height:1.4;margin:0 0 10px;font-weight:650}
h3{font-size:1rem;line-height:1.4;margin:10px 0 6px;font-weight:650}
h1,h2,h3{letter-spacing:normal}
p{margin:4px 0}
ul,ol{margin:4px 0;padding-left:1.3em}
.plain{list-style:none;padding:0;margin:0}
.lead{color:var(--soft);margin-bottom:14px}
.grid{display:grid;gap:14px;grid-template-columns:repeat(12,minmax(0,1fr));margin-top:14px}
.card{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:14px 16px;
grid-column:span 12;min-width:0}
.half{grid-column:span 6}.third{grid-column:span 4}.two{grid-column:span 8}
.tiles{display:grid;gap:10px;grid-template-columns:repeat(auto-fit,minmax(150px,1fr))}
.tile{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:10px 14px;
text-decoration:none;color:var(--ink);display:block}
.tile .big{font-size:1.7rem;font-weight:650;line-height:1.25;display:block}
.tile.hot{border-left:5px solid var(--bad)}
.soft{color:var(--soft)}.small{font-size:.875rem}
.bad{color:var(--bad)}.good{color:var(--good)}.warn{color:var(--warn)}
.row{display:flex;flex-wrap:wrap;gap:8px;align-items:center}
.row.end{justify-content:flex-end}.row.between{justify-content:space-between}
.stack{display:flex;flex-direction:column;gap:8px}
.badge{display:inline-block;padding:0 8px;border-radius:999px;font-size:.82rem;line-height:1.65;
background:var(--raised);color:var(--ink);white-space:nowrap}
.badge.bad{background:var(--bad-ground);color:var(--bad)}
.badge.warn{background:var(--warn-ground);color:var(--warn)}
.badge.good{background:var(--good-ground);color:var(--good)}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:8px 10px;border-bottom:1px solid var(--line);vertical-align:middle}
th{font-weight:600;font-size:.875rem;color:var(--soft);white-space:nowrap}
thead th a{color:inherit;text-decoration:none;border-bottom:1px dotted}
th[scope=row]{color:var(--ink);font-size:1rem;font-weight:400;white-space:normal}
th[aria-sort] a{color:var(--ink)}
td.n,th.n{text-align:right;white-space:nowrap}
tbody tr:hover{background:var(--raised)}
.name{font-weight:600;overflow-wrap:anywhere}
.bar{display:block;height:9px;background:var(--accent);border-radius:2px;min-width:2px}
.bar.before{background:none;border:1px solid var(--soft);height:7px;margin-top:2px}
.spark{width:104px;height:28px;display:block;overflow:visible}
.spark polyline{fill:none;stroke:var(--accent);stroke-width:2}
.spark circle{fill:var(--accent)}
mark{background:var(--mark);color:var(--on-mark);padding:1px 2px;border-radius:3px}
.quote{border-left:3px solid var(--line);padding:6px 12px;overflow-wrap:anywhere;
white-space:pre-wrap;unicode-bidi:isolate;max-height:14em;overflow-y:auto}
.words{overflow-wrap:anywhere;unicode-bidi:isolate}
th.words{min-width:7.5em}
.filters{display:flex;flex-wrap:wrap;gap:8px;align-items:flex-end;margin:8px 0 12px}
.filters label,.field{display:flex;flex-direction:column;gap:2px;font-size:.875rem;
color:var(--soft)}
.filters select,.filters input,.field input,.field select,.field textarea{color:var(--ink);
font-size:1rem}
.field{margin-bottom:8px}.filters .field{margin:0}
fieldset{border:1px solid var(--line);border-radius:8px;padding:8px 12px;margin:8px 0}
dialog{border:1px solid var(--line);border-radius:12px;background:var(--surface);color:var(--ink);
padding:18px 20px;width:min(680px,calc(100vw - 24px));max-height:calc(100dvh - 32px);overflow:auto}
dialog::backdrop{background:rgb(0 0 0/.5)}
.notice{position:fixed;left:50%;transform:translateX(-50%);bottom:18px;z-index:9000;
background:var(--ink);color:var(--ground);border-radius:8px;padding:10px 16px;display:flex;gap:12px;
align-items:center;max-width:calc(100vw - 24px);box-shadow:0 4px 18px rgb(0 0 0/.3)}
.notice:empty{display:none}
.notice.bad{background:var(--bad-ground);color:var(--bad);border:1px solid var(--bad)}
.notice button{background:none;color:inherit;border-color:currentcolor;min-height:30px}
kbd{background:var(--raised);border:1px solid var(--line);border-radius:4px;padding:0 6px;
font-family:inherit}
.log li{padding:5px 0;border-bottom:1px solid var(--line)}
.chart text,.map text{fill:var(--soft)!important;stroke:none!important}
.map text{fill:var(--ink)!important}
.correct[open]{flex-basis:100%}.correct summary{display:inline-flex;list-style:none}
.correct form{margin-top:6px}.correct fieldset{margin:2px 0}
.quoted{border-bottom:1px solid var(--line);padding:10px 0}.quoted .quote{padding:0 0 0 10px}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:4px 14px;margin:0}
.facts dt{color:var(--soft)}.facts dd{margin:0}
.ticks{max-height:32vh;overflow-y:auto}
.tick{display:flex;gap:8px;align-items:flex-start;padding:3px 0;cursor:pointer;flex:1}
.tick input{min-height:0;width:18px;height:18px;margin-top:4px;flex:none}
.empty:empty{display:none}
.buttons{margin:10px 0 4px}.nowrap{flex-wrap:nowrap}.tight{gap:2px}
.wide-gap{gap:14px}
.small .soft{white-space:pre-wrap}
.sections{grid-template-columns:repeat(auto-fit,minmax(250px,1fr));gap:18px}
.chart{height:280px;width:100%}.map{height:min(64vh,600px);width:100%}
.range{position:relative;height:14px;background:var(--raised);border-radius:7px;margin:4px 0}
.range i{position:absolute;top:4px;height:6px;background:var(--accent);border-radius:3px}
.range b{position:absolute;top:0;width:14px;height:14px;margin-left:-7px;border-radius:50%;
background:var(--accent);border:2px solid var(--surface)}
.nicegui-skip-link{background:var(--surface);color:var(--accent)}
.nicegui-error-popup{background:var(--bad-ground);color:var(--bad)}
@media(max-width:900px){.half,.third,.two{grid-column:span 12}}
@media(max-width:640px){
.nicegui-content{padding:10px 12px 72px}.top{padding:6px 12px}.top nav{order:3;flex-basis:100%}
.card{padding:12px}.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}
.tiles.sections{grid-template-columns:1fr}
.who{max-width:7rem}
table.cards thead{position:absolute;clip-path:inset(50%);height:1px;overflow:hidden}
table.cards,table.cards tbody{display:block}
table.cards tr{display:grid;grid-template-columns:1fr 1fr;gap:2px 12px;padding:10px 0;
border-bottom:1px solid var(--line)}
table.cards td,table.cards th[scope=row]{border:0;padding:2px 0;text-align:left;white-space:normal}
table.cards td.wide,table.cards th[scope=row]{grid-column:1/-1}
table.cards td[data-label]::before{content:attr(data-label) "  ";color:var(--soft);
font-size:.82rem}
}
@media(prefers-reduced-motion:reduce){*{transition:none!important;animation:none!important}}
"""

PAGE_STYLE = (
    f"body{{{_variables(LIGHT)}color-scheme:light;}}"
    f"body.body--dark{{{_variables(DARK)}color-scheme:dark;}}"
    "body,body.body--dark{background:var(--ground);color:var(--ink);"
    f"font:16px/1.6 {_FONT};}}" + _BASE + _FRAME
)

"""Find names where the text itself says that one comes: 我叫…, 收件人…, …先生, a signature.

Chinese gives names no mark, so a bare name is not searched for: 安卓 and 华为 also begin with a
surname.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.required import required_words

_DOUBLE = (
    "欧阳|上官|司马|诸葛|慕容|令狐|皇甫|司徒|尉迟|公孙|东方|夏侯|南宫|端木|长孙|独孤|宇文|呼延"
)
_SINGLE = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧肖程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏"
    "钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪"
    "严牛温芦季俞章鲁葛伍韦申尤毕聂焦柳邢岳齐梅莫庄辛管祝左涂谷祁舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲游阳裴席卫查屈鲍"
    "覃霍翁隋甘景柏宁柯阮桂闵柴冉房辜吉饶刁瞿戚丘古池滕晋邬臧宫苟褚简娄符奚穆燕郎冀姬屠连晏栾郁蒙喻窦迟敖冷卓仇艾"
    "蓝巩井仲乐虞卞封冼楚佟栗匡宗巫鞠桑荆岑胥蔺"
)
_SURNAME = f"(?:{_DOUBLE}|[{_SINGLE}])"
_NOT_LAST = "的了吗呢吧啊员者客商户机粉族控型版卡店厂人子"
_FULL = f"{_SURNAME}[\\u4e00-\\u9fff]{{1,2}}(?<![{_NOT_LAST}])"
_END = r"(?=$|[^\u4e00-\u9fffA-Za-z])"
_AFTER = (
    r"(?=$|[^\u4e00-\u9fff]|[写填改错打的和跟是没不说收已被在两多要了字号]|电话|手机|身份证|地址"
    "|先生|女士|小姐|同学|本人|其实|应该|取消|反馈|投诉)"
)
_CUES = (
    "推荐人|购票人|经办人|代理人|委托人|监护人|报[案修]人|取件人|提货人|承租人|姓名|收件人|收货人|联系人|投诉人|反馈人|户主|机主|乘机人|乘车人|入住人|预[订定]人|持卡人|开户名|户名|投保人|被保险?人|申请人"
    "|署名|收款人|寄件人|签名|患者|真名|名字|我叫|叫我"
)
_TITLES = (
    "先生|女士|小姐(?!姐)|太太|师傅|老师傅|老师|经理|医生|大夫|主任|律师|阿姨|教练|警官|店长|主管"
)
_LEFT = (
    "客服|顾问|快递员|外卖员|骑手|司机|店员|店长|销售|前台|维修|护士|教练|管家|中介|经纪人|房东|营业员|服务员|经理|主管|医生|售后|导游|柜员|柜台|保安|保洁"
    "|联系|感谢|谢谢|表扬|投诉|你好|您好|师傅|大哥|大姐|[找转给叫是的和跟位名请姓被让问有约由向对那这了告到把将等听看要为及或陪带催帮替喊求骂夸遇见]"
)
_ORDINARY = re.compile(
    "安[全装卓排静慰心]|方[式面便法案向]|金[额牌卡色属融主钱]|白[金领天色嫖银菜]|高[级端中三一二考铁速管手危薪龄层校档端温血压德]|常[客年用见常规]|郑重|严厉|安利|古怪|费心|向来|高[兴]"
    "|马[上路桶虎来]|于是|程[序度]|房[东客子间主]|游[客戏泳]|万[分能一]|温[柔馨度暖]|关[于注心键系闭店]|明[明天]|华为|顾[客问]|管[理家道]"
    "|严[重格]|许[多久可]|施工|尤其|毕[业竟]|焦虑|齐全|谢谢|谢了|黄[金牛色页昏油钻]|蓝[色牙光天]|毛[病坯线孩]|符[合号]|简[单直]|乐[观意]|纪念|项目"
    "|席位|冷[静门淡漠]|祝[福你您贵]|余额|钱[包款]|石[油头]|何[时必况]|文[科员字件明]|江[苏西]|宁[波愿]|苏[州宁打]|康师|武汉|沈阳|郑州|徐州|温州|柳州|唐山"
    "|连[续锁接]|任[何意务]|左右|童鞋|易[用碎]|时[间候]|孔明|牛[奶人]|乐高|任天|龙头|韩[国式剧]|泰国|谷歌|熊猫|费[用劲]|章程|梅雨|夏天|秦皇|雷电|盛夏|封[号面]|景区|卫生|甘肃|古董|吉[林利]|宗教"
    "|阳[光台]|欧[洲美]|桂林|云南|贵州|蒙牛|符咒|郁闷|迟[到迟]|桑拿|仲裁|查[询看不]|卓越|艾特|曲线|苗条|凌晨|舒[服适]|农[民村]|张[口嘴]|包[月年]|应[届该]|单[身位亲]"
)
_KIN = "的(?=爸|妈|父|母|老公|老婆|儿子|女儿|家|丈夫|妻|代理|助理)"

_PEOPLE = "客户|用户|顾客|乘客|病人|业主|家属|学生|孩子|老公|老婆|父亲|母亲|儿子|女儿"
_STAFF = "客服|售后|顾问|销售|快递员|骑手|司机"

_ANNOUNCED = (
    "我[是叫姓]|他叫|她叫|其实叫|应该[叫是]|改成|本人|这里是|免贵姓|——|--|敬上"
    f"|{_CUES}|{_TITLES}|工号"
)
_BEFORE_NAME = f"姓|{_PEOPLE}|{_STAFF}|你好|您好|你好，|您好，|找|转|联系".split("|")
NAME_HINT = f"{_ANNOUNCED}|" + "|".join(f"{cue}[{_SINGLE}]" for cue in _BEFORE_NAME)
# What hints hold: a word, or the last of a role and a surname right behind it.
HINT_WORDS = sorted(required_words(_ANNOUNCED)[0])
BEFORE_NAME, SURNAMES = sorted({cue[-2:] for cue in _BEFORE_NAME}), _SINGLE
_HINT = re.compile(NAME_HINT)
# Kept apart: sre skips ahead by first character only if all alternatives begin with a literal.
_DATED = re.compile(r"[0-9]日?\s*$")

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        # said to be a name: 收件人：陈思远, 我叫王小明
        rf"(?:{_CUES})(?:姓名|名字)?[写填改]?[是为叫成：:\s]{{0,3}}(?P<v>{_FULL}){_AFTER}",
        rf"(?:{_PEOPLE})(?P<v>{_FULL}){_END}",
        rf"(?:改成|他叫|她叫|其实叫|应该叫|应该是|本人)(?P<v>{_FULL}){_END}",
        # 我是… is far oftener followed by something else, so the sentence must end after the name
        rf"(?:我是|这里是)(?P<v>{_FULL})(?:{_END}|{_KIN})",
        rf"(?:我|免贵)姓(?P<v>{_SURNAME}){_END}",
        rf"(?<![百同老贵])姓(?P<v>{_SURNAME})(?:(?=的)|{_END})",
        # 孙女士, 马建国师傅
        rf"(?:{_LEFT}|^|[^\u4e00-\u9fff])(?P<v>{_SURNAME}(?:(?![的了是和])[\u4e00-\u9fff]){{0,2}}?)"
        rf"(?={_TITLES}|[总工]{_END})",
        rf"(?<![江乐])(?P<v>[{_SINGLE}])(?=先生|女士|小姐(?!姐))",
        # after a greeting, a staff number or a role; behind the titles: 孙女士 is no whole name
        rf"(?:[你您]好[，,、 ]?|工号[A-Za-z0-9]{{2,10}}[：:，, ]?)(?P<v>{_FULL}){_END}",
        rf"(?:{_STAFF}|用户|客户)(?P<v>{_FULL})(?=一直|态度|服务|反馈|推|骗|骂|承诺|答应)",
        # a signature closes the text
        rf"(?:——|--|—|敬礼[！!。]?\s?|署名[：:]?)\s*(?P<v>{_FULL})\s*$",
        rf"[。！!\n\s](?P<v>{_FULL})\s*(?:敬上|\d{{4}}[-年./]\d{{1,2}}[-月./]\d{{1,2}}日?)\s*$",
    )
)

# A surname shortly before a title; without one the two dearest patterns find nothing.
_TITLED = re.compile(
    rf"[{_SINGLE}{_DOUBLE.replace('|', '')}][\u4e00-\u9fff]{{0,2}}?(?:{_TITLES}|[总工])"
)
_NEED_TITLE = [pattern for pattern in _PATTERNS if "(?=先生" in pattern.pattern]


def find_names(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "name") for each name that the text announces."""
    if not (_HINT.search(text) or _DATED.search(text.rstrip()[-2:])):
        return
    has_title = _TITLED.search(text) is not None
    for pattern in _PATTERNS:
        if pattern in _NEED_TITLE and not has_title:
            continue
        start = 0
        while match := pattern.search(text, start):
            # A refused match may hide the next one: 房 in 房东田阿姨 looks like a surname too.
            start = match.start() + 1
            if _is_name(match):
                start = match.end()
                yield match.start("v"), match.end("v"), "name"


def _is_name(match: re.Match[str]) -> bool:
    name = match["v"]
    if _ORDINARY.match(match.string, match.start("v")):
        return False
    return not (
        name == "于"
        and match.string[match.start("v") - 1 : match.start("v")] in tuple("对由关至属位")
    )

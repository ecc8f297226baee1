"""Find addresses down to the door: a road with a number, a building with a room.

A town, a district, a crossing or one building of an estate is left: it names no household and tells
a product team where the trouble is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_NUMBER = r"(?:[甲乙丙附临]?\d{1,5}|[A-Za-z]\d{0,2}|[一二三四五六七八九十]{1,3})"
_STOPS = (
    "的了在我你您他她们是不没有都也到送寄给住被把跟与说叫去从往至让请这那吗呢吧啊呀找改写填错为但于"
    "移搬扔丢"
)
_UNITS = "号楼|号院|栋|幢|座|单元"
_NOT_A_DOOR = "线口机航站门店台柜桌车球键位窗馆闸泳"
_DOOR = re.compile(
    rf"{_NUMBER} ?(?:{_UNITS}|弄|#楼?|号(?![{_NOT_A_DOOR}楼院]))"
    r"|\d{1,3}-\d{1,2}-\d{3,4}(?!\d)"
)
# One of these stands in every door; a class of characters is quickly searched.
_DOOR_MARK = re.compile("[号栋幢座单弄#-]")
_ROAD = re.compile(r"(?:路|街|大道|道|巷|胡同|里|村|段|屯|庄|弄|组)$")
_PLACE = re.compile(
    r"(?:小区|花园|家园|[苑城湾府园庭邸郡阁轩居院坊区期寨]|公寓|大厦|广场|新村|公馆"
    r"|中心|宿舍|大学|学校|国际)$"
)
_HAN = rf"[^\W\d_A-Za-z{_STOPS}]"
_STEP = re.compile(
    rf"(?:-?{_NUMBER} ?(?:{_UNITS}|号|弄|楼|层|室|房|户|#楼?|门(?![外口前禁卡铃])|期|区)"
    rf"|[东南西北]楼(?=\d)|{_HAN}{{2,10}}?"
    r"(?:大厦|广场|中心|花园|家园|小区|公寓|产业园|科技园|[东西南北]楼|园区|苑|城)"
    r"(?=[\dA-Za-z一二三四五六七八九十东西南北])"
    rf"|{_HAN}{{2,12}}(?=\d{{1,4}}(?:{_UNITS}|室|层))"
    r"|-?\d{1,4}(?:-\d{1,4}){1,3}(?!\d)"
    r"|-?\d{3,4}(?![\d年月元块个款多余人户台套%.:：]))"
)
_ROOM = re.compile(r"(?:\d(?:室|房|户)?|[一二三四五六七八九十](?:室|房|户))$")
_MAX_PLACE = 40
_MAX_DOORS = 8
_LEFT = re.compile(r"[\u4e00-\u9fffA-Za-z0-9-]*$")
_STOP = re.compile(f".*[{_STOPS}](?<!成都)")
_CUE = re.compile(r".*(?:地址|住址|取件|收货|家里)|^老?家")
_REGION = re.compile(
    "北京|上海|天津|重庆|广东|江苏|浙江|山东|河南|河北|四川|湖北|湖南|安徽|福建|江西|陕西|山西|辽宁|吉林"
    "|黑龙江|广西|云南|贵州|甘肃|海南|青海|宁夏|新疆|西藏|内蒙古|香港|澳门|台湾|广州|深圳|杭州|南京|苏州"
    "|成都|武汉|西安|长沙|郑州|青岛|济南|宁波|厦门|福州|合肥|昆明|大连|沈阳|哈尔滨|长春|无锡|东莞|佛山"
    "|珠海|南昌|太原|石家庄|南宁|贵阳|兰州|海口"
)


def find_addresses(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, "address") for each address that leads to a door."""
    if not _DOOR_MARK.search(text):
        return
    end = 0
    for match in _DOOR.finditer(text):
        if match.start() < end:
            continue
        place = _place_before(text[max(0, match.start() - _MAX_PLACE) : match.start()])
        stop, n_doors = _walk(text, match.start())
        if _is_door(text, place, match, stop, n_doors):
            end = stop
            yield match.start() - len(place), stop, "address"


def _place_before(text: str) -> str:
    """Give the road or estate, with its town, that ends right before the door, or nothing."""
    match = _LEFT.search(text)
    left = match[0] if match else ""
    left = _CUE.sub("", _STOP.sub("", left))
    if region := _REGION.search(left):
        left = left[region.start() :]
    return left if _ROAD.search(left) or _PLACE.search(left) else ""


def _walk(text: str, start: int) -> tuple[int, int]:
    """Follow building, unit, floor and room; return where they end and how many there were."""
    end, n_doors = start, 0
    while n_doors < _MAX_DOORS and (step := _STEP.match(text, end)):
        end = step.end()
        n_doors += 1
    return end, n_doors


def _is_door(text: str, place: str, door: re.Match[str], stop: int, n_doors: int) -> bool:
    if _ROAD.search(place) and door[0][-1] in "号弄院":
        return True
    has_room = n_doors > 1 and _ROOM.search(text[door.start() : stop]) is not None
    return has_room and (bool(place) or door[0][-1] in "栋幢楼元#")

"""A small polarity lexicon: does a clause state a failing, praise something, or say nothing of use?

It is a filter, not a sentiment model: what it cannot judge counts as neutral and the caller
decides. Praise needs a positive word without a denial near it and no failing beside it; filler is
what greets, rants or threatens and names no failing (差评, 再也不买了, 第一次网购). The lists hold
everyday words of all trades.
"""

from __future__ import annotations

import re
from enum import Enum


class Polarity(Enum):
    """What a clause does."""

    FAILING = "failing"
    PRAISE = "praise"
    FILLER = "filler"
    NEUTRAL = "neutral"


_INTENSITY = re.compile(
    "(?<!首)都(?!市)|实在是|真的是|简直是|真心|实在|真的|真是|简直|特别的?|非常的?|超级|极其|极度|相当|十分|格外|比较"
    "|稍微|稍稍|有那么一?点|有一?点儿?|有些|一点儿?都?也?(?=不|没)|根本就?|完全就?|压根就?"
    "|居然|竟然|竟|果然|甚至|总是|老是|一直都?|的?要死了?|的?要命|得很|死了$|极了$|到爆$|爆了$|透了$"
    "|的一[逼批比B]$|[太很挺蛮超忒巨贼](?=\\S)|好(?=[差慢难咸辣油酸硬冷贵小少脏臭淡腻坑卡烂])"
)
_EDGE = re.compile(
    "^(?:而且|并且|但是|但|可是|可|不过|就是|只是|还有|还|然后|结果|因为|所以|另外|最后|加上|关键是|主要是|感觉|觉得|"
    "我|也|都|又|却|那|这|呢|啊|哎|唉|嗯|呵呵|哈哈|那个|这个|说实话|总之|反正|不知道为什么|的|了|吧)+|"
    "(?:了|的|啊|呀|吧|呢|吗|嘛|啦|哦|噢|喔|哈|呵呵|哈哈|哎|唉|诶|额|呃|么|滴)+$"
)
_PRAISE_WORDS = (
    "不错|好吃|好喝|好用|好看|好听|[很挺还蛮真太都更最]好(?!像|多|几)|好评|满意|喜欢|给力|[很挺真]棒|太棒|热情|很快|挺快|够快|神速|"
    "速度快|送[得的]快|准时|准点|及时|实惠|划算|很便宜|方便|漂亮|新鲜|是正品|美味|很香|量足|量[很挺]?大|十足|流畅|清晰|"
    "舒服|舒适|合适|合身|五星|推荐|值得|周到|贴心|耐心|细心|顺利|完好|没问题|没毛病|没的说|没得说|[还挺]可以|还行|很赞|点赞|"
    "很甜|够甜|很脆|干净|良心|完美|辛苦|感谢|态度好|质量好|味道好|服务好|包装好|效果好|性价比高|物美价廉|支持"
)
_PRAISE = re.compile(f"(?P<word>{_PRAISE_WORDS})")
_DENIAL = re.compile(
    "[不没未别无]|谈不上|算不上|哪里?|谁|怎么|难道|一般|希望|要是|如果|本来|说好|以前|之前|原来|号称|宣传"
)
_CONTRAST = re.compile("吗|么$|才怪|就好了|就更|一般|太差|个屁|才是")
_STRONG = (
    "太?[差慢破坏漏洒撒糊焦咸馊霉烂脏臭卡裂碎]|难[吃喝用看闻受]|不好|不行|不能|不给|不[脆甜熟热辣香新足够值]|没[有给送收法发熟]|"
    "少[了送发给]|送错|发错|问题|故障|毛病|死机|闪退|失灵|异味|头发|假[货的]|凉|冷|贵|骗|[拒退]|投诉|根本|赔"
)
_FAILING = re.compile(
    f"{_STRONG}|不(?!错|过|仅|但|只|断|愧|知道|用说|多说|管|客气)|没(?!问题|毛病|[的得]说|事)|未|无|别扭|差|慢|硬|生[的了]|淡"
    "|油腻?|腻|辣|酸|苦|"
    "旧|错|缺|丢|失|坑|催|等[了着]|迟|晚|超时|[个多]小时|半天|才[送到来给收]|只有|只[给送能]|就[给剩几一两俩三]|掉|断|漏|痒|屑|过敏|降价|涨价|"
    "小|少|短|低|弱|暗|吵|噪|重|薄|松|紧|皱|透|干[的了]|涩|稀|黑屏|白屏|花屏|发热|发烫|烫|耗电|麻烦|扣|收费|涨|误|乱|"
    "敷衍|推[诿脱卸]|粗糙|简陋|恶劣|变|忘|泄|断货|缺货|取消|拆|翻新|二手|磨|划痕|瑕疵|色差|磕|碰|压[坏扁]|坨|一般|凑合|将就|夸张|吃坏|"
    "拉肚子|肚子疼|怀疑|像是|卡顿|反应|返修|维修|修|换货|退货|退款|客服|态度|催|备注|发票|凭什么|为什么|怎么(?!样)"
)
_FILLER = re.compile(
    "^(?:(?:给|给个|必须|坚决|果断)?(?:差评|中评|一星|负分|零分)|(?:再也|以后|下次|绝对|永远|坚决|肯定"
    ")?[都再也就是]*不会?再?(?:也不)?(?:来|买|点|订|定|用|去|吃|光顾)"
    "(?:了|你们?家?|他们?家?|这家|任何东西|东西)*(?:了|的)?|(?:太|很|非常|真|好|有点|相当|十分|极度|有些)*(?:失望|垃圾|坑爹"
    "|无语|恶心|郁闷|后悔|生气|气人|气愤|悲剧|坑人?|伤心|晕|呵呵|烂|差劲?|差)(?:了|的|透顶|极了|至极|之极|啊)*|"
    "(?:请)?(?:大家|各位|朋友们?|亲们?)?(?:千万|一定|还是)?(?:都)?(?:别|不要|不建议|慎|谨慎|不推荐)(?:再|来|去|在这)?(?:买"
    "|点|购买?|入手|下单|上当|订|大家购买)了?|"
    "(?:你好|您好|在吗|谢谢|亲|哎|唉|哈哈+|呵呵+|嗯|好吧|算了|不说了|就这样吧?|总体.{0,3}|一句话|说实话|不多说了?|没什么好说的?|总之|反正"
    "|无所谓|习惯性?好评|此用户没有.*)|"
    "(?:这是|我)?.{0,3}第[一二三]次(?:在.{1,6})?(?:买|点|订|网购|购物|来|吃).{0,4}|希望.{0,6}(?:改进|改善|注意|提高"
    "|加强)(?:一下)?.{0,3}|"
    "(?:以后|下次|绝对|肯定|是|我|再也)*不会?再.{0,3}(?:来|买|住|入住|选择|订|去|相信).{0,6}|(?:总体|总之|我|个人|感觉|实在|真的|是|很|也|都|真)*(?:不(?:太|是很|怎么)?(?:推荐|满意|爽|喜欢)|不怎么样)了?|"
    "(?:总体|感觉|看了|看完|以后|之后|后|真|让|令|人|我|很|比较|非常|特别|十分|相当|是|整体|结果|实在|太|大|有点|有些)*(?:失所望|失望)|.{0,5}建议.{0,8}(?:不要|别|慎重?|不考虑).{0,10}|"
    "(?:真)?(?:不知道?|不晓得).{0,2}(?:怎么(?:回事|办|说|评)[了呢啊的]*|为什么|原因)?|(?:这)?.{0,2}怎么(?:回事|办|搞的?|说|评)[了呢啊的呀吗嘛]*|"
    "(?:真|都)?[气急]死.{0,2}人?了?|.{0,8}上当(?:受骗)?了?(?:的感觉)?|.{0,2}就?一个字|(?:真|很|太|实在)?(?:没有?办法|无奈|麻烦|问题)|(?:一群|就是|大|个)*骗子|"
    "(?:大家)?小心(?:上当)?|"
    "(?:这)?(?:是)?.{0,3}最(?:差|糟糕)的一次.{0,4}|什么(?:东西|玩意儿?|鬼|情况|意思|态度?)|(?:质量|东西|商品"
    "|产品)?(?:太|很|真|特别|非常)?(?:差|烂|垃圾|不好|不行|一般)(?:了|啊|的)?|"
    "[0-9一二三四五六七八九十、.①-⑩]+)$"
)


def strip_intensity(clause: str) -> str:
    """Drop what only strengthens or opens a clause, so that 太慢了 and 真的很慢 meet in 慢.

    Args:
        clause: One clause.

    Returns:
        What is left, possibly empty.

    Example:
        >>> strip_intensity("而且送得真的太慢了")
        '送得慢'
    """
    bare = _EDGE.sub("", _EDGE.sub("", clause))
    return _EDGE.sub("", _INTENSITY.sub("", bare))


def judge(clause: str) -> Polarity:
    """Say what one clause does.

    Args:
        clause: One clause, normalised, without punctuation.

    Returns:
        Its polarity; NEUTRAL when no word of the lexicon decides.

    Example:
        >>> judge("汤洒了一半"), judge("味道不错"), judge("再也不买了")
        (<Polarity.FAILING: 'failing'>, <Polarity.PRAISE: 'praise'>, <Polarity.FILLER: 'filler'>)
    """
    bare = _EDGE.sub("", clause)
    if not bare or _FILLER.match(bare) or _FILLER.match(clause):
        return Polarity.FILLER
    if _is_praise(clause):
        return Polarity.PRAISE
    return Polarity.FAILING if _FAILING.search(clause) else Polarity.NEUTRAL


def _is_praise(clause: str) -> bool:
    match = _PRAISE.search(clause)
    if match is None or _CONTRAST.search(clause):
        return False
    before, after = clause[: match.start()], clause[match.end() :]
    return not (_DENIAL.search(before) or re.search(_STRONG, before + " " + after))

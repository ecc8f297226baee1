"""A real model folder in seconds: sixty authored rows, a student of sixteen dimensions, no transformer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pipeline.student import StudentParams

ROOT = Path(__file__).parents[1]
TAXONOMY, LEXICON = ROOT / "data" / "taxonomy.yaml", ROOT / "data" / "lexicon"
TEACHER_DIM = 24
ROWS_A_SUBTYPE = 3
UNLABELLED = ("房间很大，就是有点旧", "物流挺快的", "电脑散热不错", "这本书孩子很喜欢")

# intent | types, main one first | subtype | urgency | cause | text; three rows a subtype, the third held out
_ROWS = """
complaint|product|malfunction|high|闪退|一打开就闪退，根本用不了
complaint|product;service|malfunction|medium|卡顿|更新以后卡得要命，问客服也没用
complaint|product|malfunction|medium|闪退|点进订单页就闪退
complaint|product|usability|low|操作复杂|设置藏得太深，找半天
praise|product|usability|low||这个软件很好用，运行流畅
complaint|product|usability|low|操作复杂|操作太复杂，老人不会用
complaint|product|design|low|字太小|界面字太小，看着累
praise|product|design|low||界面好看，配色舒服
complaint|product|design|low|广告多|广告太多，点都点不完
complaint|quality|failure|medium|续航短|电池用两小时就没电
praise|quality|failure|low||味道很好，分量也足
complaint|quality;service|failure|medium|音质差|音质很差，售后也不换
complaint|quality|damage|medium|屏幕裂|收到的时候屏幕是裂的
complaint|quality|damage|high|变质|牛奶已经变质，喝完上吐下泻
complaint|quality|damage|medium|杯子碎|杯子碎了一个
complaint|quality|delivery|medium|配送慢|快递慢得离谱，等了十天
complaint|quality|delivery|medium|餐品洒漏|汤洒了一半，包装太差
praise|quality|delivery|low||物流很快，包装严实
complaint|service|attitude|high|辱骂顾客|客服骂人，还威胁我
complaint|service|attitude|medium|态度差|前台态度冷淡，爱答不理
praise|service|attitude|low||服务员热情周到
complaint|service|delay|medium|客服不回复|客服一直不回复
complaint|service|delay|medium|响应慢|报修三天没人联系
complaint|service|delay|medium|客服不回复|电话打不通，消息也不回
complaint|service|process|low|流程繁琐|退个货要填五张表
inquiry|service|process|low||保修怎么办理
complaint|service|process|medium|互相推诿|商家和平台互相踢皮球
complaint|account|payment|high|重复扣款|一笔订单重复扣款，钱没退
inquiry|account|payment|low||怎么申请退款
complaint|account;service|payment|medium|退款慢|退款半个月没到账，客服不管
complaint|account|order|medium|漏发|少发了一件，订单显示完成
inquiry|account|order|low||发票怎么开
complaint|account|order|medium|发错货|买红色发来黑色
complaint|account|account|high|无法登录|账号登录不了
complaint|account;product|account|high|验证码收不到|验证码收不到，输入框也点不动
inquiry|account|account|low||怎么改绑手机号
suggestion|suggestion|feature|low||希望出一个夜间模式
suggestion|suggestion;product|feature|low||建议增加批量导出功能
suggestion|suggestion|feature|low||能不能加个语音搜索
suggestion|suggestion|cooperation|low||我是开店的，想和你们谈合作
suggestion|suggestion|cooperation|low||建议和学校合作推广
suggestion|suggestion|cooperation|low||可以跟我们公司合作供货吗
suggestion|suggestion|campaign|low||建议周年庆搞个抽奖
suggestion|suggestion|campaign|low||希望双十一多做满减活动
suggestion|suggestion|campaign|low||最好搞一次老用户专场活动
suggestion|suggestion|improvement|low||建议多备几种尺码
suggestion|suggestion;service|improvement|low||希望延长客服的上班时间
suggestion|suggestion|improvement|low||建议菜单配上图片
praise|other|praise|low||很好，满意
praise|other|praise|low||不错不错，五星好评
praise|other|praise|low||非常满意，会再来
inquiry|other|inquiry|low||请问这个是什么意思
inquiry|other|inquiry|low||在吗，想问一下
inquiry|other|inquiry|low||请问你们几点上班
complaint|other|environment|low|价格高|太贵了，不值
complaint|other|environment|low|位置偏|位置太偏，外面很吵
complaint|other|environment|low|价格高|价格偏高
invalid|other|none|low||好好好好好好
invalid|other|none|low||此用户没有填写评价
complaint|other|none|low|未说明原因|垃圾，差评
"""


def tiny_corpus() -> pd.DataFrame:
    """Give the authored rows as `pipeline.prepare` would, a third of them held out."""
    lines = [line.split("|") for line in _ROWS.strip().splitlines()]
    columns = ["intent", "types", "subtype", "urgency", "cause", "text"]
    rows = pd.DataFrame(lines, columns=columns)
    rows["type"] = rows["types"].str.split(";").str[0]
    rows["id"] = [f"tiny-{i:04}" for i in range(len(rows))]
    rows["trade"], rows["channel"], rows["pair"], rows["source"] = "电商", "app", "", "authored"
    rows["confidence"] = "sure"
    is_held_out = np.arange(len(rows)) % ROWS_A_SUBTYPE == ROWS_A_SUBTYPE - 1
    rows["split"] = np.where(is_held_out, "valid", "train")
    return rows


def tiny_teacher(n_texts: int, n_logits: int) -> dict[str, np.ndarray]:
    """Stand in for the teacher: its judgement is noise, the same at every run."""
    rng = np.random.default_rng(7)
    vectors = rng.normal(size=(n_texts, TEACHER_DIM)).astype(np.float16)
    logits = rng.normal(scale=0.5, size=(n_texts, n_logits)).astype(np.float32)
    return {"vectors": vectors, "logits": logits}


def tiny_params() -> StudentParams:
    """Give parameters for sixty rows."""
    from pipeline.student import StudentParams

    return StudentParams(
        dim=16, hidden=8, min_count=1, epochs=20, batch_size=16, learning_rate=0.03, soft_weight=0.1
    )


def build_tiny_model(folder: Path) -> Path:
    """Distil a student of the authored rows and write it as a model folder.

    Args:
        folder: Where to.

    Returns:
        The same folder.
    """
    from models.classifier import Calibration, LabelSpace
    from models.segmentation import Segmenter
    from models.taxonomy import Taxonomy
    from pipeline.corpus import check_labels
    from pipeline.distill import data_sources, distill
    from pipeline.model_folder import write_model_folder

    taxonomy, segmenter, corpus = Taxonomy.load(TAXONOMY), Segmenter.load(LEXICON), tiny_corpus()
    check_labels(corpus, taxonomy, "tests/tiny.py")
    space = LabelSpace.of(taxonomy, list(zip(corpus["intent"], corpus["subtype"], strict=True)))
    texts = [*corpus["text"], *UNLABELLED]
    params = tiny_params()
    teacher = tiny_teacher(len(texts), sum(space.widths))
    vocabulary, student = distill(corpus, texts, teacher, space, segmenter, params)
    write_model_folder(
        folder,
        vocabulary,
        student.table.weight.detach().numpy(),
        student.tensors(),
        space,
        Calibration(1.5, 1.5, (0.5,) * len(space.types), (0.5, 0.5), (0.4, 0.7)),
        data_sources(TAXONOMY, LEXICON),
        {"student": params.model_dump()},
    )
    return folder

"""The command `huiyin`: wires the stages to names and keeps start-up quick."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

import typer

from models.errors import HuiyinError
from pipeline import (
    cli_data,
    cli_distill,
    cli_drift,
    cli_keys,
    cli_ledger,
    cli_models,
    cli_queue,
    cli_themes,
    cli_week,
)
from pipeline.cli_options import (
    TEACHER_FOLDER,
    AsJson,
    AsOf,
    Cascade,
    ModelRef,
    StoreUrl,
    Teacher,
    print_json,
)

_OURS = ("models", "pipeline", "serve")

app = typer.Typer(
    name="huiyin",
    help="回音:读懂中文客户反馈。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_keys.app, name="keys")
app.add_typer(cli_data.app, name="data")
app.add_typer(cli_models.app, name="models")
app.add_typer(cli_queue.app, name="queue")
app.add_typer(cli_themes.app, name="themes")
app.add_typer(cli_ledger.app, name="ledger")
app.command("week")(cli_week.week)
app.command()(cli_distill.distill)
app.command()(cli_drift.drift)


@app.command()
def score(
    source: Annotated[Path, typer.Argument(metavar="IN", help="文件、文件夹、通配符,- 为标准输入")],
    output: Annotated[Path, typer.Option("--output", "-o", help="文件、文件夹,- 为标准输出")],
    text_column: Annotated[str, typer.Option(help="客户原话所在的列")] = "text",
    model: ModelRef = None,
    workers: Annotated[int, typer.Option(min=1, help="进程数")] = os.cpu_count() or 1,
    as_of: AsOf = None,
    customer_key_file: Annotated[Path | None, typer.Option(help="客户编号加密用的密钥文件")] = None,
    as_json: AsJson = False,
    resume: Annotated[bool, typer.Option("--resume", help="接着上次没做完的做")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="丢掉上次没做完的,从头来")] = False,
    stream_format: Annotated[
        Literal["jsonl", "csv", "parquet"], typer.Option("--format", help="标准输出的格式")
    ] = "jsonl",
    engine: Annotated[Literal["local", "spark"], typer.Option(help="在本机或 Spark 上")] = "local",
    master: Annotated[str | None, typer.Option(help="Spark 集群地址")] = None,
    partition_by: Annotated[
        Literal["date"] | None, typer.Option(help="Spark 的结果按日期分区")
    ] = None,
    cascade: Cascade = 0.0,
    teacher: Teacher = TEACHER_FOLDER,
) -> None:
    """给每条反馈打上类型、紧急程度和答复期限。"""
    from pipeline.model_ref import resolve_model
    from pipeline.score import main

    main(
        source,
        output,
        text_column,
        resolve_model(model),
        workers,
        as_of,
        customer_key_file,
        as_json,
        resume,
        restart,
        stream_format,
        engine,
        master,
        partition_by,
        cascade,
        teacher,
    )


@app.command()
def train(
    data: Annotated[list[Path] | None, typer.Option(help="另加的标注文件或文件夹")] = None,
    experiment: Annotated[str | None, typer.Option(help="MLflow 实验名")] = None,
    sweep: Annotated[int, typer.Option(min=0, help="先试这么多组参数,中断后再运行会接着试")] = 0,
    as_json: AsJson = False,
) -> None:
    """用标注数据重训分类头,评测并登记到 MLflow。"""
    from pipeline.retrain import retrain

    version, report = retrain(data or [], experiment=experiment, n_trials=sweep)
    figures = report["figures"]
    typer.echo(
        f"已登记 huiyin 第 {version.version} 版({', '.join(version.aliases) or '无别名'})", err=True
    )
    for name, value in figures.items():
        typer.echo(f"{name:32} {value:.3f}", err=True)
    if as_json:
        print_json({"version": version.version, "figures": figures})


@app.command()
def evaluate(
    gold: Annotated[Path, typer.Option(help="标注好的 CSV")],
    model: ModelRef = None,
    as_json: AsJson = False,
    cascade: Cascade = 0.0,
    teacher: Teacher = TEACHER_FOLDER,
) -> None:
    """用标注好的数据衡量模型;--cascade 1 衡量教师。"""
    from pipeline.backlog_scorer import ModelChoice
    from pipeline.evaluate import as_text, predict, read_gold
    from pipeline.evaluate import evaluate as measure
    from pipeline.model_ref import resolve_model

    loaded = ModelChoice(resolve_model(model), teacher, cascade).load()
    taxonomy = loaded.artifact.taxonomy
    truth = read_gold(gold, taxonomy)
    report = measure(truth, predict(loaded, list(truth["text"])), taxonomy)
    if as_json:
        print_json(report)
    else:
        typer.echo(as_text(report))


@app.command()
def report(
    output: Annotated[Path, typer.Option("--output", "-o", help="报告文件夹")],
    scored: Annotated[Path | None, typer.Option(help="huiyin score 的结果;默认取数据库")] = None,
    store: StoreUrl = None,
    week: Annotated[str | None, typer.Option(help="如 2026-W47")] = None,
    month: Annotated[str | None, typer.Option(help="如 2026-11")] = None,
    themes_folder: Annotated[Path | None, typer.Option("--themes", help="主题文件夹")] = None,
    compare: Annotated[bool, typer.Option("--compare/--no-compare", help="与上一期比较")] = True,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="语言")] = "zh",
    pdf: Annotated[bool, typer.Option("--pdf", help="另写一份 PDF,要装有 Chromium")] = False,
    as_json: AsJson = False,
) -> None:
    """把一周或一月的反馈写成报告(HTML、Excel、JSON,可加 PDF)。"""
    from pipeline.report import main

    main(
        output=output,
        scored=scored,
        week=week,
        month=month,
        themes=themes_folder,
        compare=compare,
        lang=lang,
        store=store,
        pdf=pdf,
        as_json=as_json,
    )


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", "-o")] = Path("demo"),
    workers: Annotated[int, typer.Option(min=1)] = os.cpu_count() or 1,
) -> None:
    """用随包的真实评论走一遍:评分、主题、周报。"""
    from pipeline.demo import main

    main(output, workers)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="端口")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="进程数")] = 1,
) -> None:
    """启动 HTTP 接口。"""
    # serve stands above pipeline; only this door, which is no stage's dependency, looks up to it.
    import_module("serve.server").run_server(host, port, workers)


def run() -> None:
    """Run the command; an expected error is one line on stderr and exit code 1."""
    try:
        app()
    except HuiyinError as error:
        typer.echo(f"错误: {error}", err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        # The light install scores and serves; whatever trains or finds themes needs more.
        package = (error.name or "").partition(".")[0]
        if not package or package in _OURS:
            raise
        need = "pip install 'huiyin[train,pipeline]'"
        typer.echo(f"错误: 这个命令还需要软件包 {package}:{need}", err=True)
        sys.exit(1)
    except OSError as error:
        # A disk, a folder or a connection of which no stage knew more to say.
        place = f"{error.filename}: " if error.filename else ""
        typer.echo(f"错误: {place}{error.strerror or error}", err=True)
        sys.exit(1)
    except SystemExit as end:
        # Typer turns Ctrl-C into a silent exit; `Stopped` has said its own line.
        if isinstance(getattr(end.__context__, "__cause__", None), KeyboardInterrupt):
            typer.echo("已中断,没有留下写了一半的文件。", err=True)
        raise

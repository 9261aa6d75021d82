"""Japanese and Chinese resumes and forms; every person is fictitious."""

from app.analysis.rules import parse_resume

from .answers import jobs, keywords, studies
from .documents import plain


def test_a_japanese_career_history_is_read() -> None:
    answer = parse_resume(
        plain(
            """
職務経歴書
氏名：高橋 健一
電話：090-1234-9876
メール：k.takahashi@example.jp

職務要約
大学卒業後、システムエンジニアとして業務システムの開発に従事。

職務経歴
2018年4月～現在
株式会社ミナトシステムズ
システムエンジニア
・受発注システムの設計と開発
・チームリーダーとして5名を管理
2014年4月～2018年3月
有限会社カワセソフト
プログラマー
・在庫管理システムの改修

学歴
2010年4月～2014年3月
東和情報大学 情報学部

スキル
Java、Python、AWS
""",
            "ja",
        )
    )
    assert answer.person.name == "高橋 健一"
    assert answer.person.phone == "090-1234-9876"
    assert jobs(answer) == [
        ("株式会社ミナトシステムズ", "システムエンジニア", "2018年4月", None),
        ("有限会社カワセソフト", "プログラマー", "2014年4月", "2018年3月"),
    ]
    assert answer.work[0].highlights == ["受発注システムの設計と開発", "チームリーダーとして5名を管理"]
    assert studies(answer) == [("東和情報大学", None, "情報学部")]
    assert keywords(answer) == {"Java", "Python", "AWS"}


def test_a_japanese_form_pairs_joining_with_leaving_and_entering_with_graduating() -> None:
    answer = parse_resume(
        plain(
            """
履歴書
氏名 佐伯 美咲
電話 03-1234-5678
Email misaki.saeki@example.jp

学歴・職歴
学歴
2012年4月 北辰大学 経済学部 入学
2016年3月 北辰大学 経済学部 卒業
職歴
2016年4月 株式会社東雲商事 入社
2020年6月 株式会社東雲商事 退社
2020年7月 合同会社あさひ企画 入社
現在に至る
""",
            "ja",
        )
    )
    assert answer.person.name == "佐伯 美咲"
    assert [(each.employer, each.start, each.end, each.ongoing) for each in answer.work] == [
        ("株式会社東雲商事", "2016年4月", "2020年6月", False),
        ("合同会社あさひ企画", "2020年7月", None, True),
    ]
    assert [(each.institution, each.area, each.start, each.end) for each in answer.education] == [
        ("北辰大学", "経済学部", "2012年4月", "2016年3月")
    ]


def test_a_chinese_resume_with_everything_on_one_line_is_read() -> None:
    answer = parse_resume(
        plain(
            """
个人简历
姓名：林晓雯
电话：138-0013-8000
邮箱：xiaowen.lin@example.cn

教育背景
2012.09-2016.06 江河大学 计算机科学与技术 本科

工作经历
2019.07-至今 星河科技有限公司 高级前端工程师
- 负责电商平台前端架构
2016.07-2019.06 蓝海网络有限公司 前端工程师
- 开发移动端页面

专业技能
JavaScript、Vue、React、Webpack
""",
            "zh",
        )
    )
    assert answer.person.name == "林晓雯"
    assert jobs(answer) == [
        ("星河科技有限公司", "高级前端工程师", "2019.07", None),
        ("蓝海网络有限公司", "前端工程师", "2016.07", "2019.06"),
    ]
    assert studies(answer) == [("江河大学", "本科", "计算机科学与技术")]
    assert keywords(answer) == {"JavaScript", "Vue", "React", "Webpack"}

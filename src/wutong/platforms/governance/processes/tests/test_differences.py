from dataclasses import replace

from wutong.kernel.process.spec import Step
from wutong.kernel.process.tests.award import AWARD, SIGN, STEPS, award
from wutong.kernel.process.tests.award import STATES as AWARD_STATES
from wutong.platforms.governance.processes.differences import differences
from wutong.platforms.governance.processes.differences import facts as facts_of


def test_a_version_does_not_differ_from_itself():
    assert differences(AWARD, AWARD) == []


def test_differences_in_words():
    changed = award(
        states=tuple(
            replace(state, within=8, holder="head", level="school") if state.name == "review"
            else replace(state, notice=7) if state.name == "notice"
            else state
            for state in AWARD_STATES
        ),
        steps=(*(step for step in STEPS if step.name not in ("uphold",)), Step("again", "重报", ("notice",), "draft", by=STEPS[0].by)),
    )  # fmt: skip
    assert differences(AWARD, changed) == [
        "评议 · 办理期限：5 个工作日 → 8 个工作日",
        "评议 · 办理人：区级管理人员 → 学校负责人",
        "公示 · 公示时间：3 个工作日 → 7 个工作日",
        "增加步骤“重报”",
        "取消步骤“异议成立，退回”",
    ]
    fewer = award(steps=tuple(replace(s, sign=replace(SIGN, needed=3)) if s.sign else s for s in STEPS))
    assert differences(AWARD, fewer) == ["步骤“会签同意”的办法有变"]
    assert facts_of(AWARD_STATES[0]) == ("不限", "不限", "申请人")

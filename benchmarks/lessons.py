"""Invented statements of a school day: some 750 bytes each, as learning software sends them."""

import random
import uuid
from typing import Any

LESSONS = 20_000
HOME = "https://school.example.edu.cn"
VERBS = (
    "experienced", "completed", "answered", "passed", "failed", "interacted", "attempted", "launched", "progressed",
)  # fmt: skip


def learner(number: int) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": HOME, "name": f"pupil-{number}"}}


def statement(rng: random.Random, learners: int) -> dict[str, Any]:
    verb, lesson = rng.choice(VERBS), rng.randrange(LESSONS)
    return {
        "id": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "actor": learner(rng.randrange(learners)),
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en-US": verb}},
        "object": {
            "objectType": "Activity",
            "id": f"{HOME}/lessons/{lesson}",
            "definition": {
                "name": {"zh-CN": f"第 {lesson} 课", "en-US": f"Lesson {lesson}"},
                "type": "http://adlnet.gov/expapi/activities/lesson",
            },
        },
        "result": {"score": {"scaled": rng.randrange(101) / 100}, "success": rng.random() < 0.8, "duration": "PT2M30S"},
        "context": {
            "platform": "作业平台",
            "language": "zh-CN",
            "contextActivities": {"parent": [{"id": f"{HOME}/courses/{lesson // 40}", "objectType": "Activity"}]},
        },
        "timestamp": f"2026-11-{1 + rng.randrange(25):02d}T08:{rng.randrange(60):02d}:{rng.randrange(60):02d}.000Z",
    }  # fmt: skip

"""Lists the benchmarks, or runs the one that is named with the rest of the line."""

import sys
from importlib import import_module

NAMES = {
    "identity": "CPU of CAS tickets and their validation, PostgreSQL counted",
    "city": "the real size: bulk validation and loading, pages of a large house and of the town",
    "throughput": "requests in a second at one and two web processes; what fifty users wait, also during an import",
    "start": "set-up, restart, idle memory, CPU of a list page, a person page and a search",
    "enrolment": "matching a city beside a peer, the lottery of the city with its files, its verifier, a senior year",
    "year": "a year of enrolment in all districts: lottery, comparison, placement, telling, on PostgreSQL",
    "days": "opening day and result day of enrolment: registrations and result pages in a second, on PostgreSQL",
    "records": "the learning record store at a million and at ten: writing, reading, both at once, bytes on disk",
    "openid": "CPU of tokens, userinfo and sign-in pages beside other providers, and of the opening of a term",
}


def main() -> int:
    name, *arguments = sys.argv[1:] or [""]
    if name in NAMES:
        return int(import_module(f"benchmarks.{name}").main(arguments))
    for known, sentence in NAMES.items():
        print(f"python -m benchmarks {known:10} {sentence}")
    return 2 if name else 0


if __name__ == "__main__":
    raise SystemExit(main())

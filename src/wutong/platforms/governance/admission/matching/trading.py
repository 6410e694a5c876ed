"""Top trading cycles with quotas and incomplete lists, in time linear in the length of all lists."""

from wutong.platforms.governance.admission.matching.market import Market, Matching


def top_trading_cycles(market: Market) -> Matching:
    """Abdulkadiroğlu and Sönmez 2003.

    A school points at everybody on its own list, also at who did not wish for it: her priority there is hers to
    trade. Otherwise it would pay to list schools that one does not want.
    """
    trading = _Trading(market)
    for student in trading.matching:
        if student in trading.there:
            trading.follow(student)
    return trading.matching


class _Trading:
    """Who is still there, and how far down its list each student and school points."""

    def __init__(self, market: Market) -> None:
        self.market, self.ranks, self.left = market, market.ranks(), dict(market.seats)
        self.matching: Matching = dict.fromkeys(sorted(market.students))
        self.there = set(market.students)
        self.wish, self.listed = dict.fromkeys(market.students, 0), dict.fromkeys(market.schools, 0)

    def follow(self, student: str) -> None:
        """Who points at whom from here, until everybody met is seated or has no school left to point at.

        Which cycle is found first does not change the result.
        """
        # Each student on the way with the school she points at; that school points at the next student.
        path: dict[str, str] = {}
        at: str | None = student
        while at is not None:
            school = self._wanted(at)
            if school is None:
                self.there.remove(at)
            else:
                path[at] = school
                at = self._first(school)
                if at not in path:
                    continue
                self._close(path, at)
            at = path.popitem()[0] if path else None

    def _close(self, path: dict[str, str], student: str) -> None:
        """Seats the cycle, from its end back to where it began."""
        while student in path:
            member, school = path.popitem()
            self.matching[member] = school
            self.left[school] -= 1
            self.there.remove(member)

    def _wanted(self, student: str) -> str | None:
        """The best acceptable school with a seat left."""
        wishes = self.market.students[student]
        for at in range(self.wish[student], len(wishes)):
            if self.left.get(wishes[at], 0) > 0 and student in self.ranks.get(wishes[at], ()):
                self.wish[student] = at
                return wishes[at]
        self.wish[student] = len(wishes)
        return None

    def _first(self, school: str) -> str:
        """Of the school's list who is still there first; there is one, for she who wants it is on the list."""
        listed, at = self.market.schools[school], self.listed[school]
        while listed[at] not in self.there:
            at += 1
        self.listed[school] = at
        return listed[at]

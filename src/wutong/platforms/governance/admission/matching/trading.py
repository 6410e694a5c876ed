"""Top trading cycles with quotas and incomplete lists, in time linear in the length of all lists."""

from __future__ import annotations

from array import array

from wutong.platforms.governance.admission.matching.market import ABSENT, Grid


def trade(grid: Grid) -> array[int]:
    """The school of each student, or ABSENT.

    Follows who points at whom until somebody comes again; which cycle is found first does not change the result.
    """
    trading = _Trading(grid)
    for student in range(len(grid.students)):
        if not trading.gone[student]:
            trading.follow(student)
    return trading.seat_of


class _Trading:
    def __init__(self, grid: Grid) -> None:
        self.grid, self.left = grid, list(grid.seats)
        self.wish = array("i", grid.start)
        self.next_listed = array("i", [0]) * len(grid.schools)
        self.gone = bytearray(len(grid.students))
        self.seat_of = array("i", [ABSENT]) * len(grid.students)

    def follow(self, student: int) -> None:
        """Until everybody on the path is gone: seated in a cycle, or left without a school that has a seat."""
        path, wants, place = [student], [ABSENT], {student: 0}
        while path:
            last = path[-1]
            school = self._wanted(last)
            if school == ABSENT:
                self._leave(last)
                place.pop(path.pop())
                wants.pop()
                continue
            wants[-1] = school
            pointed = self._pointed(school)
            if pointed not in place:
                place[pointed] = len(path)
                path.append(pointed)
                wants.append(ABSENT)
                continue
            for member, its in zip(path[place[pointed] :], wants[place[pointed] :], strict=True):
                self._seat(member, its)
            begin = place[pointed]
            for member in path[begin:]:
                place.pop(member)
            del path[begin:], wants[begin:]

    def _wanted(self, student: int) -> int:
        """The best acceptable school with a seat left."""
        grid = self.grid
        while (at := self.wish[student]) < grid.start[student + 1]:
            if self.left[grid.school[at]] > 0:
                return grid.school[at]
            self.wish[student] = at + 1
        return ABSENT

    def _pointed(self, school: int) -> int:
        """The first on the school's list who is still there; there is one, for she who wants it is on the list."""
        listed = self.grid.listed[school]
        while self.gone[listed[self.next_listed[school]]]:
            self.next_listed[school] += 1
        return listed[self.next_listed[school]]

    def _seat(self, student: int, school: int) -> None:
        self.seat_of[student] = school
        self.left[school] -= 1
        self._leave(student)

    def _leave(self, student: int) -> None:
        self.gone[student] = 1

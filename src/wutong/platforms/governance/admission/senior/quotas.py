"""名额分配: a school's quota shared out among districts (到区) or among junior schools (到校)."""

from collections.abc import Mapping

from wutong.platforms.governance.admission.problems import AdmissionError


def share_out(quota: int, pupils: Mapping[str, int], *, least: int = 0) -> dict[str, int]:
    """In proportion to `pupils` by largest remainders; each place with pupils gets `least` first.

    Sums to `quota` exactly. Equal remainders go to the larger place, then by name. Raises AdmissionError where
    `least` cannot be given to all.
    """
    takers = {name: number for name, number in pupils.items() if number > 0}
    spare = quota - least * len(takers)
    if quota < 0 or spare < 0 or (quota and not takers):
        sentence = f"{quota} places cannot be shared out among {len(takers)} with at least {least} each"
        raise AdmissionError("quota", sentence, quota=quota, least=least, takers=len(takers))
    total = sum(takers.values())
    given = {name: spare * number // total for name, number in takers.items()}
    rest = spare - sum(given.values())
    nearest = sorted(takers, key=lambda name: (-(spare * takers[name] % total), -takers[name], name))
    lucky = set(nearest[:rest])
    return {name: given[name] + least + (name in lucky) if name in takers else 0 for name in sorted(pupils)}

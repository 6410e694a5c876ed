"""义务教育入学报名: from the district's rules to the first school day, for families, schools, districts and the city.

Follows the yearly 实施意见 of 市教委 and the 实施细则 of each district; what they fix differently each year is data
(`ruleset.py`), what never changes is in the tables: one child, one live seat; no more seats than planned.
Who comes before whom, lotteries and addresses are decided by the pure core beside this module, `admission`.
"""

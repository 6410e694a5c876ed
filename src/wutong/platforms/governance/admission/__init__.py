"""招生录取的计算: who gets which seat, by which rule, and how anyone can check it.

For the enrolment system, for officials who compare procedures, and for parents and notaries. Pure functions over
frozen dataclasses: no database, no clock, no Django; the same input gives the same result, byte for byte.
Follows 免试就近入学 and 公民办同步招生; rules that change with the year or the district are data.
"""

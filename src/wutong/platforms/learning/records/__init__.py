"""终身学习档案: the learning record store, xAPI 1.0.3 and 2.0 (IEEE 9274.1.1).

`xapi` is the standard itself, without database or web; `store` keeps what was said; `door` answers requests.
"""

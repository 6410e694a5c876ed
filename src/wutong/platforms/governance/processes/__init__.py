"""流程管理: how matters really go, for those who can improve it. Rules of the year, event log, ways, waits, BPMN.

For officers and auditors. What a process is, is declared in code; here offices see and settle what they may.
"""

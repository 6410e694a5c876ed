"""What a process and all below it use, as Linux counts it in /proc, and on what machine."""

import os
import platform
import re
from datetime import date
from pathlib import Path

TICK = 1000 / os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def stat(pid: int) -> list[str]:
    """Fields from the state on; the name before it may hold anything. Empty for a process that ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def tree(root: int) -> list[int]:
    """`root` and everything below it."""
    parents = {int(p.name): fields for p in PROC.glob("[0-9]*") if (fields := stat(int(p.name)))}
    found = [root]
    for pid in found:
        found += [child for child, fields in parents.items() if int(fields[1]) == pid]
    return found


def cpu_ms(root: int) -> float:
    """User and system time of the living tree in milliseconds, to a tick of the clock (10 ms as a rule)."""
    fields = [stat(pid) for pid in tree(root)]
    return TICK * sum(int(each[11]) + int(each[12]) for each in fields if each)


def memory_mb(root: int) -> float:
    """Proportional set size of the tree: a page that two processes share counts half in each."""
    total = 0
    for pid in tree(root):
        text = (PROC / str(pid) / "smaps_rollup").read_text()
        total += int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1])  # type: ignore[index]  # the kernel always writes it
    return total / 1024


def machine() -> str:
    model = re.search(r"^model name\s*:\s*(.+)$", (PROC / "cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{date.today()}, {model[1] if model else platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, "
        f"Linux {platform.release()}, Python {platform.python_version()}, load average {os.getloadavg()[0]:.2f}"
    )

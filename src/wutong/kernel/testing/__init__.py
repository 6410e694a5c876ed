"""What every module's tests stand on: a small town, and the cases that each register is born with."""

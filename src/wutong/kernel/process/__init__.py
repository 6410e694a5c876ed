"""办件: a matter that moves. One case row for all systems, one inbox, deadlines, a drawn process."""

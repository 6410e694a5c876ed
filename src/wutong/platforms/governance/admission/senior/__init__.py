"""高中阶段招生: quotas for districts and junior schools, and parallel wishes by score."""

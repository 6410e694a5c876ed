"""Who may look at how matters go."""

from wutong.kernel.policy import holds

oversees = holds("officer", "auditor")

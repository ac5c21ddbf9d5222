"""The policy applied: which settings count, approvals, audit, and what a push may do."""

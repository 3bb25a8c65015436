"""The benchmarks: the floating address beside keepalived's, membership beside serf's."""

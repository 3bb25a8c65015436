"""The benchmark of the floating address: ours beside keepalived, fault by fault, as a client on the wire sees it."""

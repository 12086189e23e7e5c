"""The benchmark: everything that is compared runs side by side in one run, because machines differ and are shared."""

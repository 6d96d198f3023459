"""The night for many workspaces: one job a shop, on this machine's processors or a Dask cluster."""

from bidopt.fleet.conduct import Order, nightly
from bidopt.fleet.folders import find
from bidopt.fleet.pools import Pool, cluster, processes

__all__ = ["Order", "Pool", "cluster", "find", "nightly", "processes"]

"""Nightly keyword bids and budgets for Taobao/Tmall search advertising."""

__version__ = "0.1.0"

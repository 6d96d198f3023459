"""Exports of the platform to canonical rows; a new report layout is a new TOML file in `layouts/`."""

from bidopt.ingest.containers import SHOP_TIME, Source, is_junk, shown_name, sources
from bidopt.ingest.reader import ReadFile, read_file, read_source

__all__ = ["SHOP_TIME", "ReadFile", "Source", "is_junk", "read_file", "read_source", "shown_name", "sources"]

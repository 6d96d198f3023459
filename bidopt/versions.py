"""Which version of its format a file is of: what another version of bidopt wrote is refused, never misread.

There is one version of each format so far, and so nothing to migrate.
"""

from typing import Any

from bidopt.errors import DataError


def require(told: Any, known: int, what: object, way_out: str) -> dict[str, Any]:
    """`told`, as it was read from JSON, where its `schema_version` is `known`.

    Raises
    ------
    DataError
        Naming `what` was read. A newer version asks for a newer bidopt; for an older one, or none, `way_out` says
        what to do.
    """
    version = told.get("schema_version") if isinstance(told, dict) else None
    if type(version) is not int:
        raise DataError(f"{what} 没有格式版本 / does not say the version of its format.", way_out)
    if version != known:
        newer = version > known
        by = "更新版本的 bidopt 写成 / was written by a newer bidopt" if newer else "旧版本写成 / is of an older format"
        raise DataError(
            f"{what} 由{by}: {version}; 这里能读 / this bidopt reads: {known}.",
            "请升级 / update bidopt." if newer else way_out,
        )
    checked: dict[str, Any] = told
    return checked

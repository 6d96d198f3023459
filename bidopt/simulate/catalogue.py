"""The shop as its owner sees it: items, campaigns, ad groups and words, with ids as the platform gives them."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from bidopt.simulate.spec import MarketSpec

ITEMS = (
    ("保温杯", 79), ("折叠椅", 129), ("野餐垫", 69), ("露营灯", 89), ("登山包", 239), ("防晒衣", 149),
    ("速干裤", 119), ("登山杖", 99), ("帐篷", 329), ("睡袋", 199), ("冲锋衣", 369), ("运动水壶", 59),
)  # fmt: skip
MODIFIERS = (
    "户外", "男", "女", "便携", "轻便", "大容量", "新款", "折叠", "防水", "儿童",
    "学生", "加厚", "专业", "家用", "旅行", "夏季", "高颜值", "网红", "双人", "超轻",
    "耐用", "车载", "送礼", "大号", "小号", "官方", "正品", "徒步", "露营", "钓鱼",
)  # fmt: skip
BRAND = "山野"
SCENE = ("371", "关键词推广")
SMART_SHARE = 0.05
PAUSED_SHARE = 0.03


@dataclass(frozen=True)
class Catalogue:
    """Frames whose row order is the order of every array of the market.

    Attributes
    ----------
    words
        A row a word, word package or smart plan's word; `item`, `campaign`, `ad_group` are row numbers of the other
        frames, `partner` that of the word which shares its searches, -1 for none; `length` counts modifiers.
    """

    items: pd.DataFrame
    campaigns: pd.DataFrame
    ad_groups: pd.DataFrame
    words: pd.DataFrame


def catalogue(spec: MarketSpec, rng: np.random.Generator) -> Catalogue:
    items = _items(max(4, min(len(ITEMS), spec.words // 30)), rng)
    campaigns = _campaigns(max(3, min(7, spec.words // 40)))
    ad_groups = _ad_groups(items, campaigns)
    return Catalogue(items, campaigns, ad_groups, _words(spec.words, items, campaigns, ad_groups, rng))


def _items(n: int, rng: np.random.Generator) -> pd.DataFrame:
    names, prices = zip(*ITEMS[:n], strict=True)
    return pd.DataFrame(
        {
            "item_id": [f"6123450{i:05d}" for i in range(1, n + 1)],
            "item_name": [f"{BRAND}{name}" for name in names],
            "noun": names,
            "price": np.array(prices, float),
            "margin": rng.uniform(0.28, 0.5, n).round(2),
            "refund_rate": rng.uniform(0.02, 0.14, n).round(2),
            "stock": rng.integers(400, 9000, n),
        }
    )


def _campaigns(manual: int) -> pd.DataFrame:
    names = [f"标准计划{i:02d}" for i in range(1, manual + 1)] + ["智能计划01"]
    ids = [f"9000100{i:04d}" for i in range(1, manual + 2)]
    return pd.DataFrame({"campaign_id": ids, "campaign_name": names, "smart": [False] * manual + [True]})


def _ad_groups(items: pd.DataFrame, campaigns: pd.DataFrame) -> pd.DataFrame:
    """One ad group an item; two items in three have a second, for broad words, often in another campaign."""
    manual = int((~campaigns["smart"]).sum())
    rows = []
    for item, noun in enumerate(items["noun"]):
        rows.append((item, item % manual, False, f"{noun}_精准" if item % 3 else noun))
        if item % 3:
            rows.append((item, (item + item % 2) % manual, True, f"{noun}_广泛"))
    rows += [(item, manual, False, f"{items['noun'][item]}_智能") for item in range(2)]
    frame = pd.DataFrame(rows, columns=["item", "campaign", "broad", "ad_group_name"])
    frame.insert(0, "ad_group_id", [f"3100200{i:05d}" for i in range(1, len(frame) + 1)])
    return frame


def _words(
    n: int, items: pd.DataFrame, campaigns: pd.DataFrame, ad_groups: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    smart = campaigns["smart"].to_numpy()[ad_groups["campaign"]]
    n_smart = max(2, round(n * SMART_SHARE))
    sizes = np.where(smart, n_smart / smart.sum(), (n - n_smart) * _shares(~smart, rng))
    sizes = np.maximum(np.round(sizes), 2).astype(int)
    rows: list[tuple[int, str, str, int, str]] = []
    for group, (size, is_smart) in enumerate(zip(sizes, smart, strict=True)):
        broad = bool(ad_groups["broad"][group])
        noun = str(items["noun"][ad_groups["item"][group]])
        kinds = ["broad" if broad else "exact"] * size if not is_smart else ["broad"] * size
        if not broad and not is_smart and not _has_second(ad_groups, group):
            kinds = ["broad" if one < 0.4 else "exact" for one in rng.random(size)]
        # A broad group starts with the item's own head words and then goes on with others.
        texts = _texts(noun, 2 * size + 40, rng)
        texts = texts[: size // 3] + texts[-(size - size // 3) :] if broad else texts[:size]
        rows += [(group, t, kind, _length(t, noun), "keyword") for t, kind in zip(texts, kinds, strict=True)]
        if not is_smart and group % 4 == 0:
            rows.append((group, f"{noun}捡漏词包", "", 1, "package"))
    words = pd.DataFrame(rows, columns=["ad_group", "keyword", "match_type", "length", "word_type"])
    words.insert(0, "keyword_id", [f"7010300{i:06d}" for i in range(1, len(words) + 1)])
    for column in ("item", "campaign"):
        words[column] = ad_groups[column].to_numpy()[words["ad_group"]]
    words["smart"] = smart[words["ad_group"]]
    words["partner"] = _partners(words)
    paused = (rng.random(len(words)) < PAUSED_SHARE) & (words["word_type"] == "keyword") & ~words["smart"]
    words["status"] = np.where(paused & (words["partner"] < 0), "paused", "running")
    return _named(words, items, campaigns, ad_groups)


def _shares(manual: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    weight = manual * rng.uniform(0.5, 1.5, len(manual))
    share: np.ndarray = weight / weight.sum()
    return share


def _has_second(ad_groups: pd.DataFrame, group: int) -> bool:
    return bool(((ad_groups["item"] == ad_groups["item"][group]) & ad_groups["broad"]).any())


def _texts(noun: str, n: int, rng: np.random.Generator) -> list[str]:
    """At least `n` different words, the shorter first; the order among equals is drawn."""
    texts = [noun, BRAND + noun]
    length = 1
    while len(texts) < n:
        some = ["".join(c) + noun for c in combinations([m for m in MODIFIERS if m not in noun], length)]
        texts += [some[i] for i in rng.permutation(len(some))]
        length += 1
    return texts


def _length(text: str, noun: str) -> int:
    return max(0, (len(text) - len(noun) + 1) // 2)


def _partners(words: pd.DataFrame) -> np.ndarray:
    """Row of the word of the same item and text in the other match type, -1 where there is none."""
    mine = words.reset_index().loc[lambda w: ~w["smart"] & (w["word_type"] == "keyword")]
    both = mine.merge(mine, on=["item", "keyword"])
    both = both[both["match_type_x"] != both["match_type_y"]]
    partner = np.full(len(words), -1)
    partner[both["index_x"]] = both["index_y"]
    return partner


def _named(words: pd.DataFrame, items: pd.DataFrame, campaigns: pd.DataFrame, ad_groups: pd.DataFrame) -> pd.DataFrame:
    for frame, key, columns in (
        (campaigns, "campaign", ["campaign_id", "campaign_name"]),
        (ad_groups, "ad_group", ["ad_group_id", "ad_group_name"]),
        (items, "item", ["item_id", "item_name"]),
    ):
        for column in columns:
            words[column] = frame[column].to_numpy()[words[key]]
    return words

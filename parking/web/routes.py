"""The way to a lot in the apps that people have: links that open them, each with the position as it counts it."""

from collections.abc import Sequence
from urllib.parse import quote, urlencode

from msgspec import Struct

from parking.positions import Crs, Point, shown
from parking.texts.words import Words

AMAP: Words = ("高德地图", "Amap")
BAIDU: Words = ("百度地图", "Baidu Maps")
TENCENT: Words = ("腾讯地图", "Tencent Maps")
APPLE: Words = ("苹果地图", "Apple Maps")
OTHER: Words = ("其他应用", "Another app")


class Route(Struct, frozen=True):
    """An app, and the link that opens it."""

    app: Words
    href: str


def routes(place: Point, name: str) -> Sequence[Route]:
    """The ways to a place in WGS-84 that is called so. Nothing is asked of those apps before somebody goes there."""
    gcj, bd = shown(place, Crs.GCJ02), shown(place, Crs.BD09)
    there = f"{gcj.latitude},{gcj.longitude}"
    amap = {"to": f"{gcj.longitude},{gcj.latitude},{name}", "mode": "car", "coordinate": "gaode", "callnative": 1}
    baidu = {
        "destination": f"latlng:{bd.latitude},{bd.longitude}|name:{name}",
        "mode": "driving",
        "coord_type": "bd09ll",
        "output": "html",
        "src": "onelot",
    }
    tencent = {"type": "drive", "to": name, "tocoord": there, "referer": "onelot"}
    return (
        Route(AMAP, f"https://uri.amap.com/navigation?{urlencode(amap)}"),
        Route(BAIDU, f"https://api.map.baidu.com/direction?{urlencode(baidu)}"),
        Route(TENCENT, f"https://apis.map.qq.com/uri/v1/routeplan?{urlencode(tencent)}"),
        Route(APPLE, f"https://maps.apple.com/?{urlencode({'daddr': there, 'dirflg': 'd'})}"),
        Route(OTHER, f"geo:{place.latitude},{place.longitude}?q={place.latitude},{place.longitude}({quote(name)})"),
    )

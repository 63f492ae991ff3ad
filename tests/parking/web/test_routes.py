"""The way to a lot in other apps: each gets the position in its own coordinates."""

from urllib.parse import parse_qs, urlsplit

from parking.positions import Crs, Point, shown
from parking.web.routes import AMAP, APPLE, BAIDU, OTHER, TENCENT, routes

PLACE = Point(36.6612, 117.0118)
NAME = "趵突泉南路停车场 & <b>"


def test_each_app_gets_its_own_coordinates_and_the_name() -> None:
    links = {route.app: route.href for route in routes(PLACE, NAME)}
    said = {app: parse_qs(urlsplit(href).query) for app, href in links.items()}
    gcj, bd = shown(PLACE, Crs.GCJ02), shown(PLACE, Crs.BD09)
    assert said[AMAP]["to"] == [f"{gcj.longitude},{gcj.latitude},{NAME}"]
    assert said[BAIDU]["destination"] == [f"latlng:{bd.latitude},{bd.longitude}|name:{NAME}"]
    assert said[BAIDU]["coord_type"] == ["bd09ll"]
    assert (said[TENCENT]["tocoord"], said[TENCENT]["to"]) == ([f"{gcj.latitude},{gcj.longitude}"], [NAME])
    assert said[APPLE]["daddr"] == [f"{gcj.latitude},{gcj.longitude}"]
    assert links[OTHER].startswith(f"geo:{PLACE.latitude},{PLACE.longitude}?q=")
    assert len({urlsplit(href).netloc for href in links.values()}) == len(links)
    assert not [href for href in links.values() if "<" in href or " " in href]

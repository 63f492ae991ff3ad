"""The kinds of things that come from files."""

from collections.abc import Mapping
from typing import Any

from parking.flow.imports import Kind, accounts, lots, passes, places, plates, tariffs

KINDS: Mapping[str, Kind[Any]] = {
    module.KIND.form.noun: module.KIND for module in (lots, accounts, plates, passes, tariffs, places)
}

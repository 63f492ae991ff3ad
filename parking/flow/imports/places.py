"""Places from files: written down, or mended, and written into a file again."""

import sql
from parking.flow import places as flow
from parking.flow.imports import At, Kind, State, Take, Taken
from parking.imports.places import FORM, written
from parking.places import Place
from payments.identity import may_act_for_all


async def _begin(db: sql.Connection, _rows: object, at: At) -> Take[Place]:
    may_act_for_all(at.by)

    async def take(place: Place) -> Taken:
        was = await flow.put_place(db, place, city=at.city)
        if was is None:
            return Taken(State.NEW)
        changed = tuple(name for name in Place.__struct_fields__ if getattr(was, name) != getattr(place, name))
        return Taken(State.CHANGED if changed else State.UNCHANGED, changed)

    return take


async def _rows(_db: sql.Connection, _operator_code: str | None, at: At) -> list[dict[str, object]]:
    """All of them: a place is no operator's."""
    return [written(place) for place in at.network.places]


KIND = Kind(form=FORM, action="place.import", begin=_begin, rows=_rows)

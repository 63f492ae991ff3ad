"""Random histories: what a few vehicles do in the lots of a district over some days, and what is seen and said of it.

A history knows no database: it is a list of steps, each with when it happened, and what a plain model says of it.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from parking.decisions import Kind as Decided
from tests.conftest import NOW
from tests.district import Say
from tests.parking.flow.histories.places import CELLAR, LOTS, MALL, NORTH, SOUTH, STREETS
from tests.parking.flow.histories.steps import BEGINS, COUPON, DECIDED_ABOUT, Can, Car, History, Step, Visit

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
CONFUSED = {"0": "D", "8": "B", "1": "7", "5": "S", "2": "Z"}
# In these characters no camera takes a plate for another of the same fleet.
APART = "3469ACEHKMPRTWXY"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
# A camera that starts again counts from the beginning; so long no number comes twice in a lot.
LANE_FREE = 15 * MINUTE
NUMBERS, NUMBERS_APART = 12, timedelta(hours=2)


def history(seed: int) -> History:
    """The history of a seed."""
    tag = LETTERS[seed // len(LETTERS) % len(LETTERS)] + LETTERS[seed % len(LETTERS)]
    return _Writer(random.Random(seed), tag).written()


class _Writer:
    """Writes one history."""

    def __init__(self, chance: random.Random, tag: str) -> None:
        self.chance, self.tag = chance, tag
        self.history = History([], [], [], {})
        self.numbers: dict[tuple[str, int], datetime] = {}
        self.lanes: dict[tuple[str, str], list[tuple[Car, datetime]]] = {}
        self.count = 0

    def written(self) -> History:
        chance = self.chance
        for number in range(chance.randint(5, 8)):
            car = self._car(number)
            self._drive(car)
            if car.can is Can.BOOKED:
                self._book(car)
        self._beside()
        self.history.steps.sort(key=lambda step: step.at)
        self._number()
        self._decide()
        # What a person decides in the minute in which a driver pays is decided before, on either side.
        self.history.steps.sort(key=lambda step: (step.at, step.binds))
        return self.history

    # -- vehicles

    def _car(self, number: int) -> Car:
        chance = self.chance
        can = chance.choice((Can.GATE, Can.GATE, Can.ACCOUNT, Can.ACCOUNT, *Can))
        clean = chance.random() < 0.4
        letter = APART[number]
        text = f"{letter}{APART[-1 - number]}{chance.randrange(10)}{letter}"
        if not clean and can is Can.ACCOUNT and chance.random() < 0.7:
            # Two that may be taken for each other; of who pays at the gate it matters when which is known.
            text = f"{chance.randrange(3)}8{number}{chance.choice('13')}"
        plate, color = f"{self.tag}{text}", "blue"
        if clean and can is not Can.TICKET and chance.random() < 0.3:
            plate, color = f"{self.tag[0]}D{self.tag[1]}{number}{9 - number}{chance.randrange(10)}{number}", "green"
        banned = None
        if can is not Can.TICKET and chance.random() < 0.2:
            since = BEGINS + chance.randrange(60) * HOUR
            banned = since, since + chance.choice((12, 30)) * HOUR
        car = Car(plate, color, can, clean, banned)
        self.history.cars.append(car)
        if can in (Can.EXEMPT, Can.PASS):
            at = BEGINS + chance.random() * (NOW - BEGINS)
            self.history.steps.append(Step(at, car, MALL, right=can))
        return car

    def _book(self, car: Car) -> None:
        """Spaces at the mall, about as long as the visits there; some are cancelled."""
        chance = self.chance
        for visit in [each for each in self.history.visits if each.car is car and each.lot == MALL]:
            at = BEGINS + chance.random() * (NOW - BEGINS)
            starts_at = visit.entered_at + chance.choice((-2, 0, 10)) * MINUTE
            made = Step(
                at, car, MALL, right=Can.BOOKED, booked=(starts_at, visit.left_at + chance.choice((-1, 2)) * MINUTE)
            )
            self.history.steps.append(made)
            if chance.random() < 0.3:
                self.history.steps.append(
                    Step(at + chance.random() * (NOW - at), car, MALL, right=Can.BOOKED, about=made)
                )

    def _drive(self, car: Car) -> None:
        chance = self.chance
        at = BEGINS + chance.randrange(1200) * MINUTE
        lot = chance.choice(LOTS)
        for _ in range(chance.randint(1, 5)):
            away = chance.choice((5 * MINUTE, 2 * HOUR, 5 * HOUR, 14 * HOUR))
            is_nested = lot == MALL and chance.random() < 0.4
            at = self._nested(car, at) if is_nested else self._visit(car, lot, at)
            if at > NOW - 16 * HOUR:
                return
            if away == 5 * MINUTE:
                # Who drives on at once does so along the road, or comes again, as nobody gets far in the time.
                lot = (
                    {NORTH: SOUTH, SOUTH: NORTH}.get(lot, lot)
                    if car.clean or chance.random() < 0.8
                    else chance.choice(LOTS)
                )
            else:
                lot = chance.choice(LOTS)
            at += away

    def _nested(self, car: Car, at: datetime) -> datetime:
        """A visit to the mall with one to its cellar within."""
        at = self._free(car, MALL, "entry", at)
        self._enter(car, MALL, at)
        inner_at = at + 4 * MINUTE
        inner = self._visit(car, CELLAR, inner_at)
        return self._leave(car, MALL, at, inner + 6 * MINUTE)

    def _visit(self, car: Car, lot: str, at: datetime) -> datetime:
        parked = self.chance.choice((12 * MINUTE, 25 * MINUTE, 3 * HOUR, 9 * HOUR)) + self.chance.randrange(60) * SECOND
        at = self._free(car, lot, "entry", at)
        if car.is_banned(at) and self.chance.random() < 0.6:
            self._turned_away(car, lot, at)
            return at + 20 * MINUTE
        if lot == MALL and self.chance.random() < 0.15:
            self._turned_back_at_entry(car, at)
            at = self._free(car, lot, "entry", at + 20 * MINUTE)
        self._enter(car, lot, at)
        return self._leave(car, lot, at, at + parked)

    def _turned_away(self, car: Car, lot: str, at: datetime) -> None:
        """It is banned, and nobody lets it in by hand; a loop may tell that it turned back."""
        self._read(car, lot, "entry", at)
        if self.chance.random() < 0.3:
            self._passage(car, lot, "entry", at, "turned_back")

    def _turned_back_at_entry(self, car: Car, at: datetime) -> None:
        self._hand_out(car, MALL)
        self._read(car, MALL, "entry", at)
        self._passage(car, MALL, "entry", at, "turned_back")

    def _free(self, car: Car, lot: str, way: str, at: datetime) -> datetime:
        """When the lane is free for a car, at an instant or later. Only those that may be taken for each other meet."""
        while any(
            abs(at - taken) < LANE_FREE and not (_may_meet(car) and _may_meet(by))
            for by, taken in self.lanes.setdefault((lot, way), [])
            if by is not car
        ):
            at += LANE_FREE
        self.lanes[lot, way].append((car, at))
        return at

    def _hand_out(self, car: Car, lot: str) -> None:
        if car.can is Can.TICKET:
            self.history.tickets[f"{self.tag}-{len(self.history.tickets)}"] = car, lot

    def _ticket(self, car: Car, lot: str) -> str:
        """The last one that a car was handed out in a lot."""
        return [key for key, of in self.history.tickets.items() if of == (car, lot)][-1]

    def _claim(self, car: Car, lot: str, seen: Step) -> None:
        """The ticket that a car was seen with is merged with its plate; of some that is undone."""
        chance = self.chance
        at = seen.at + chance.choice((30 * MINUTE, 2 * HOUR, 10 * HOUR))
        if not car.clean and (at > NOW - 2 * HOUR or chance.random() < 0.3):
            return
        ticket = self._ticket(car, lot)
        self.history.steps.append(
            Step(at, car, lot, decides=Decided.TICKET, about=seen, plate=car.plate, ticket=ticket)
        )
        if not car.clean and chance.random() < 0.3:
            undo = Step(at + HOUR, car, lot, decides=Decided.UNDO, about=seen, undoes=Decided.TICKET)
            self.history.steps.append(undo)

    def _enter(self, car: Car, lot: str, at: datetime) -> None:
        self._hand_out(car, lot)
        before = len(self.history.steps)
        self._read(car, lot, "entry", at)
        if car.can is Can.TICKET and len(self.history.steps) > before:
            self._claim(car, lot, self.history.steps[before])
        if lot == MALL and self.chance.random() < 0.7:
            self._passage(car, lot, "entry", at, "passed")
        elif lot != MALL and not car.clean and self.chance.random() < 0.3:
            self._passage(car, lot, "entry", at, self.chance.choice(("passed", "turned_back", "cancelled")))

    def _leave(self, car: Car, lot: str, entered_at: datetime, at: datetime) -> datetime:
        """The exit, in phases: read, paid, passed or turned back. Returns when it was gone."""
        chance = self.chance
        read_at = at = self._free(car, lot, "exit", at)
        if car.can is Can.GATE and chance.random() < 0.3:
            self.history.steps.append(Step(at - 5 * MINUTE, car, lot, asks=True, binds=True))
        while True:
            self._read(car, lot, "exit", at)
            if car.can is not Can.ACCOUNT:
                self._pay(car, lot, at + MINUTE)
            if lot != MALL:
                if car.can is Can.GATE and chance.random() < 0.4:
                    self._read(car, lot, "exit", at + 3 * MINUTE)
                if not car.clean and chance.random() < 0.3:
                    self._passage(
                        car, lot, "exit", at + 2 * MINUTE, chance.choice(("passed", "turned_back", "cancelled"))
                    )
                self._really(car, lot, entered_at, at)
                return at + 4 * MINUTE
            if chance.random() < 0.3:
                self._lift(car, lot, at + 90 * SECOND)
            turned = chance.random() < 0.25
            if turned:
                self._passage(car, lot, "exit", at + 2 * MINUTE, chance.choice(("turned_back", "cancelled")))
                at = self._free(car, lot, "exit", at + chance.choice((40 * MINUTE, 4 * HOUR)))
                continue
            again = chance.random() < 0.3
            if again:
                at += 3 * MINUTE
                self._read(car, lot, "exit", at)
            self._passage(car, lot, "exit", at + 2 * MINUTE, "passed")
            self._really(car, lot, entered_at, at, first_read_at=read_at)
            return at + 3 * MINUTE

    def _really(
        self, car: Car, lot: str, entered_at: datetime, left_at: datetime, first_read_at: datetime | None = None
    ) -> None:
        exits = [step.said for step in self.history.steps if _is_read(step, car, lot, "exit") and step.at > entered_at]
        plain = not any({"coupons", "paid_by"} & said.keys() for said in exits if said is not None)
        # Who paid inside leaves for what it cost then.
        plain &= not any(
            each.asks and each.car is car and entered_at < each.at < left_at for each in self.history.steps
        )
        costs = (
            plain
            and car.can in (Can.GATE, Can.ACCOUNT, Can.TICKET)
            and lot not in STREETS
            and first_read_at in (None, left_at)
        )
        self.history.visits.append(Visit(car, lot, entered_at, left_at, costs))

    # -- what is seen and said of them

    def _read(self, car: Car, lot: str, way: str, at: datetime) -> None:
        luck = 1.0 if car.clean else self.chance.random()
        if luck < 0.06:
            return
        confidence = 0.97 if car.clean else self.chance.choice((0.5, 0.8, 0.97))
        if car.can is Can.TICKET:
            by = {"plate": "无牌", "ticket": self._ticket(car, lot), "confidence": confidence}
            self._say(car, lot, way, at, **by)
            if luck < 0.3:
                self._say(car, lot, way, at + timedelta(seconds=self.chance.choice((0.4, 3, 50))), **by)
            return
        text = self._misread(car.plate) if luck < 0.15 else car.plate
        self._say(car, lot, way, at, plate=text, plate_color=car.color, vehicle_class="small", confidence=confidence)
        if luck < 0.3:
            later = at + timedelta(seconds=self.chance.choice((0.4, 3, 50)))
            again = self._misread(car.plate) if self.chance.random() < 0.5 else car.plate
            self._say(car, lot, way, later, plate=again, plate_color=car.color, vehicle_class="small", confidence=0.72)

    def _say(self, car: Car, lot: str, kind: str, at: datetime, **said: Any) -> Step:
        if kind == "exit" and said.get("confidence") == 0.97:
            luck = self.chance.random()
            if luck < 0.2:
                said["coupons"] = [COUPON]
            elif luck < 0.4:
                said["paid_by"] = "citizen_card"
        step = Step(at, car, lot, said={"kind": kind, "way": said.pop("way", kind), **said})
        self.history.steps.append(step)
        return step

    def _passage(self, car: Car, lot: str, way: str, read_at: datetime, outcome: str) -> None:
        if not car.clean and self.chance.random() < 0.2:
            return
        delay = 30 * SECOND if lot == MALL else self.chance.choice((8, 30, 70)) * SECOND
        about = next((s for s in reversed(self.history.steps) if _is_read(s, car, lot, way)), None)
        said: Say = {"outcome": outcome, "way": way}
        if about is not None and self.chance.random() < 0.4 and not (read_at - about.at > 10 * MINUTE):
            said["of"] = about
        self._say(car, lot, "passage", read_at + delay, **said)

    def _lift(self, car: Car, lot: str, at: datetime) -> None:
        self._say(car, lot, "barrier", at, way="exit", action="opened", by="person", person="li", reason="queue")
        if self.chance.random() < 0.5:
            fen = self.chance.choice((200, 500, 1100))
            self._say(car, lot, "cash", at + SECOND, way="exit", amount_fen=fen, person="li", shift="s1")

    def _pay(self, car: Car, lot: str, at: datetime) -> None:
        if self.chance.random() < 0.9:
            times = 2 if self.chance.random() < 0.2 else 1
            self.history.steps.append(Step(at, car, lot, pays=times, binds=True))

    def _misread(self, plate: str) -> str:
        at = self.chance.randrange(2, len(plate))
        return plate[:at] + CONFUSED.get(plate[at], "X") + plate[at + 1 :]

    def _beside(self) -> None:
        """What gateways say that is of no car."""
        for _ in range(self.chance.randint(0, 3)):
            lot, at = self.chance.choice(LOTS), BEGINS + self.chance.random() * 4 * timedelta(days=1)
            self._say(self.history.cars[0], lot, "count", at, free=self.chance.randrange(40))

    def _number(self) -> None:
        """Gives the events of each lot their numbers, in the order of time, from a counter that begins again."""
        for step in self.history.steps:
            if step.said is None:
                continue
            if step.car.clean or self.chance.random() < 0.5:
                self.count += 1
                step.said["event_id"] = f"{self.tag}{self.count}"
                continue
            free = [
                n
                for n in range(NUMBERS)
                if step.at - self.numbers.get((step.lot, n), BEGINS - HOUR * 9) > NUMBERS_APART
            ]
            self.count += 1
            if free:
                self.numbers[step.lot, free[0]] = step.at
            step.said["event_id"] = f"{self.tag}r{free[0]}" if free else f"{self.tag}{self.count}"
        for step in self.history.steps:
            if step.said is not None and "of" in step.said:
                step.said["of"] = step.said["of"].said["event_id"]

    # -- what people decide

    def _decide(self) -> None:
        reads = [
            step for step in self.history.steps if step.said is not None and step.said["kind"] in ("entry", "exit")
        ]
        for step in [each for each in reads if not each.car.clean and each.car.can in DECIDED_ABOUT]:
            luck = self.chance.random()
            if luck > 0.3:
                continue
            at = step.at + self.chance.choice((MINUTE, HOUR, 20 * HOUR))
            if at > NOW:
                continue
            kind = self.chance.choice((Decided.PLATE, Decided.PLATE, Decided.VOID, Decided.RIGHT, Decided.LET_OUT_FREE))
            if kind is Decided.LET_OUT_FREE and step.said["way"] != "exit":  # type: ignore[index]
                kind = Decided.VOID
            # What is said of one read by a ticket may be of all of them: whoever says so knows those until then.
            binds = step.car.can is Can.TICKET
            made = Step(at, step.car, step.lot, decides=kind, about=step, plate=step.car.plate, binds=binds)
            self.history.steps.append(made)
            if luck < 0.1 and at < NOW - HOUR:
                undo = Step(at + HOUR, step.car, step.lot, decides=Decided.UNDO, about=step, undoes=kind, binds=binds)
                self.history.steps.append(undo)


def _may_meet(car: Car) -> bool:
    return not car.clean and car.can is Can.ACCOUNT


def _is_read(step: Step, car: Car, lot: str, way: str) -> bool:
    return step.said is not None and step.car is car and step.lot == lot and step.said["kind"] == way

"""A gateway in short: a car comes in, is held at the exit, and is let out once it has paid.

`make demo`, then in another terminal: `. .onelot/demo.env && python3 docs/sample_gateway.py`. Python alone is enough.
"""

import json
import os
import time
from typing import Any
from urllib.request import Request, urlopen

ADDRESS, KEY, LANE_IN, LANE_OUT = (os.environ[name] for name in ("ONELOT", "GATEWAY_KEY", "LANE_IN", "LANE_OUT"))
WAIT_S, TIMEOUT_S = 25, 40


def call(path: str, body: object = None) -> Any:
    """The answer to a GET, or to a POST with a body; a real gateway sends again what was not answered."""
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(ADDRESS + path, data, headers), timeout=TIMEOUT_S) as answer:
        return json.loads(answer.read() or "null")


def event(kind: str, at: str, **more: object) -> dict[str, Any]:
    """What is sent of an event. Its id is this gateway's own and never comes again."""
    return {"event_id": f"sample-{kind}-{time.time_ns()}", "kind": kind, "occurred_at": at, **more}


def main() -> None:
    """One visit."""
    # The demonstration has a time of its own, which every answer here tells; a real clock is set by a time server.
    heard = call("/v1/gateway/commands")
    now, after = heard["as_of"], heard["next"]
    car = {"plate": f"鲁B{time.time_ns() // 1_000_000 % 100_000:05}", "plate_color": "blue", "vehicle_class": "small"}
    # It came hours ago, while the line was down: what is handed in late is a replay, and moves no barrier.
    call("/v1/gate-events", event("entry", os.environ["ENTERED_AT"], lane=LANE_IN, replay=True, **car))
    exit_ = event("exit", now, lane=LANE_OUT, **car)
    answer = call("/v1/gate-events", exit_)
    print(answer["gate"], answer["display"]["zh"], flush=True)
    if answer["gate"] == "hold":
        print(f"""curl -s {ADDRESS}/v1/charges/{answer["charge_reference"]}/pay \\
  -H "Content-Type: application/json" -d '{{"channel": "local", "payer": "ok"}}'""", flush=True)  # fmt: skip
    while answer["gate"] != "open":
        heard = call(f"/v1/gateway/commands?wait_s={WAIT_S}&after={after}")
        after = heard["next"]
        for command in heard["commands"]:
            # It is for its car alone, and this gateway has one.
            if command.get("event_id") == exit_["event_id"]:
                answer = command
                print(command["gate"], command["because"], command["display"]["zh"], flush=True)
                call(f"/v1/gateway/commands/{command['id']}/ack", {"outcome": "done"})
        if answer["gate"] != "open":
            # A command may be missed: the same event again is answered by what holds now.
            answer = call("/v1/gate-events", exit_)
    call("/v1/gate-events", event("passage", now, lane=LANE_OUT, outcome="passed", of=exit_["event_id"]))
    print("passed", flush=True)


if __name__ == "__main__":
    main()

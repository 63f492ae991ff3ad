// Paying a bill through a channel there is. The key makes a payment one, however often its button is pressed.

const bill = document.getElementById("bill");
const said = document.getElementById("said");
const key = crypto.randomUUID();

function say(how) {
  said.textContent = said.dataset[how];
  said.className = `notice ${how === "succeeded" ? "good" : how === "failed" ? "bad" : ""}`;
  said.hidden = false;
}

for (const button of bill.querySelectorAll("[data-channel]")) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    // The test channel takes this payer; one that takes money says itself who pays.
    const payment = { channel: button.dataset.channel, payer: "ok" };
    const answer = await fetch(`/v1/charges/${bill.dataset.reference}/pay`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
      body: JSON.stringify(payment),
    }).catch(() => null);
    const paid = answer?.ok ? await answer.json() : null;
    if (paid?.charge_state === "paid") {
      say("succeeded");
      setTimeout(() => location.reload(), 1200);
    } else {
      say(paid && paid.state !== "failed" ? "waits" : "failed");
      button.disabled = !!paid && paid.state !== "failed";
    }
  });
}

import type * as trial from "../trial.js";
import type { Accounts, Taken } from "./accounts.js";
import { items, receivers, wrong } from "./found.js";

type Violations = trial.Violations<Accounts>;

const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined;

/** After the end nothing goes in, everything comes out, and then everybody hears of the end. */
const ended = (seen: Accounts, isEnd: (taken: Taken) => boolean): string[] => {
  const { sent, taken, end, inside, sending, taking, finished } = seen;
  if (!end) return [];
  const heard = taken.filter((one) => one.state === "ended" && one.by !== "tryReceive");
  return wrong(
    items(
      sent.filter(({ afterEnd, state }) => afterEnd && state === "accepted"),
      "was accepted after the end",
    ),
    items(
      sent.filter(({ afterEnd, state }) => afterEnd && state === "pending"),
      "waits to be sent after the end",
    ),
    receivers(
      heard.filter(({ endedEarly }) => endedEarly),
      "heard of the end while something was inside",
    ),
    receivers(
      heard.filter((one) => !isEnd(one)),
      "heard of something other than the end",
    ),
    receivers(
      taken.filter(({ by, state, endedEarly }) => by === "tryReceive" && state === "ended" && endedEarly),
      "was told that nothing is there while something was inside",
    ),
    inside.length === 0 && sending.length === 0 && receivers(taking, "waits, though the end has come"),
    finished && items(sending, "waits to be sent, though the end has come"),
    items(
      sent.filter(({ state, received }) => state === "refused" && received > 0),
      "was refused and received",
    ),
  );
};

export const restThenEnd: Violations = (seen) =>
  ended(seen, ({ by, done, error }) => (by === "next" ? done : codeOf(error) === "ERR_CLOSED"));

export const restThenFailure: Violations = (seen) => {
  if (seen.end !== "fail") return [];
  return ended(seen, ({ error }) => error === seen.failure);
};

export const undeliveredIsHandedOver: Violations = ({ sent, sending, taking, end, inside, strangers }) =>
  wrong(
    strangers > 0 && "something came out that never went in",
    items(
      sent.filter(({ undelivered }) => undelivered > 1),
      "was handed to onUndelivered more than once",
    ),
    items(
      sent.filter(({ undelivered, received }) => undelivered > 0 && received > 0),
      "was received and handed to onUndelivered",
    ),
    end !== "cancel" &&
      items(
        sent.filter(({ undelivered }) => undelivered > 0),
        "was handed to onUndelivered, though nobody cancelled",
      ),
    end === "cancel" && items(inside, "was accepted and neither received nor handed to onUndelivered"),
    end === "cancel" && items(sending, "waits to be sent, though the channel is cancelled"),
    end === "cancel" && receivers(taking, "waits, though the channel is cancelled"),
    items(
      sent.filter(({ afterEnd, state }) => afterEnd && state === "accepted"),
      "was accepted after the end",
    ),
  );

/** Leaving a loop is nobody else's business; leaving `consume()` is everybody's. */
export const leavingIsPrivate: Violations = (seen) =>
  wrong(
    ...undeliveredIsHandedOver(seen),
    !seen.end &&
      items(
        seen.sent.filter(({ by, state }) => by === "send" && state === "refused"),
        "was refused, though the channel is open",
      ),
    !seen.end &&
      receivers(
        seen.taken.filter(({ by, state }) => by !== "tryReceive" && state === "ended"),
        "heard of an end, though the channel is open",
      ),
    !seen.end && seen.taking.length > 0 && items(seen.inside, "is inside, but somebody waits"),
  );

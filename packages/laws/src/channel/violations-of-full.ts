import type * as trial from "../trial.js";
import type { Accounts, Sent } from "./accounts.js";
import { items, wrong } from "./found.js";

type Violations = trial.Violations<Accounts>;

/** Nobody waits to send, and what is received is what the twin says. */
const neverWaits = ({ sending, received, receivedByTwin, strangers }: Accounts): string[] => {
  const [ours, twins] = [received.map(({ id }) => id).join(), receivedByTwin.join()];
  return wrong(
    strangers > 0 && "something came out that never went in",
    items(sending, "waits to be sent"),
    ours !== twins && `received were items ${ours}; not ${twins}`,
  );
};

const counted = ({ subject }: Accounts, which: "dropped" | "rejected", right: number): string | false => {
  const count = subject.snapshot?.()[which];
  return count !== right && `${count} are counted as ${which}; there were ${right}`;
};

export const droppedIsWhatIsNamed: Violations = (seen) =>
  wrong(
    ...neverWaits(seen),
    items(
      seen.sent.filter(({ state, afterEnd }) => state === "refused" && !afterEnd),
      "was refused, though something could have been dropped",
    ),
    items(
      seen.sent.filter(({ undelivered }) => undelivered > 1),
      "was handed to onUndelivered more than once",
    ),
    seen.dropped.join() !== seen.droppedByTwin.join() &&
      `dropped were items ${seen.dropped.join()}; not ${seen.droppedByTwin.join()}`,
    counted(seen, "dropped", seen.droppedByTwin.length),
  );

export const refusedWithItem: Violations = (seen) => {
  const refused = seen.sent.filter(({ state, afterEnd }) => state === "refused" && !afterEnd);
  const itself = ({ by, error, parcel }: Sent) =>
    by === "trySend" ||
    (error instanceof Error && "code" in error && error.code === "ERR_FULL" && itemOf(error) === parcel);
  return wrong(
    ...neverWaits(seen),
    items(
      refused.filter((one) => !itself(one)),
      "was refused with something other than ERR_FULL and the item",
    ),
    items(
      seen.sent.filter(({ undelivered }) => undelivered > 0),
      "was accepted and dropped",
    ),
    counted(seen, "rejected", refused.length),
  );
};

const itemOf = (error: Error): unknown => ("item" in error ? error.item : undefined);

import { type WatchedSignal, watchedSignal } from "../watched-signal.js";
import type { Accounts, Sent } from "./accounts.js";
import type { Move } from "./twin.js";

export const cut = (on: Accounts, weight: number): number => Math.min(weight, Math.max(1, on.capacity));

export interface Ends {
  readonly signal?: WatchedSignal | undefined;
  readonly timed?: boolean;
}

export function endsOf(does: string): Ends {
  if (does.endsWith("timeout")) return { timed: true };
  if (!does.endsWith("signal") && !does.endsWith("aborted")) return {};
  const signal = watchedSignal("the signal");
  if (does.endsWith("aborted")) signal.abort();
  return { signal };
}

export const waitOf = ({ signal, timed }: Ends) => ({
  ...(signal && { signal: signal.signal }),
  ...(timed && { timeout: 1 }),
});
export const shown = ({ signal, timed }: Ends): string =>
  `${signal ? ` with ${signal.signal.aborted ? "an aborted" : "a"} signal` : ""}${timed ? " with a time-out" : ""}`;

export function offer(
  on: Accounts,
  by: Sent["by"],
  anybody: number,
  weight: number,
  doomed: boolean,
  ends: Ends,
): Sent {
  const id = on.sent.length + 1;
  const { party } = on;
  const sender = party ?? anybody;
  const sent: Sent = {
    ...{
      id,
      by,
      sender,
      party,
      doomed,
      parcel: { id, weight },
      afterEnd: on.end !== undefined,
      state: "pending",
    },
    ...{ weighed: 0, received: 0, undelivered: 0, signal: ends.signal, timed: ends.timed ?? false },
  };
  if (ends.signal?.signal.aborted) sent.ended = "abort";
  on.sent.push(sent);
  on.tell(
    `sender ${sender} ${by === "trySend" ? "tries to send" : "sends"} item ${id} of ${weight}${shown(ends)}`,
  );
  return sent;
}

export function follow(on: Accounts, moves: readonly Move[]): void {
  for (const move of moves) {
    const asker = "offer" in move && move.offer < 0 ? on.seats[-move.offer - 1] : undefined;
    if (asker && (move.does === "accept" || move.does === "refuse")) asker.expected = move.does === "accept";
    if (move.does === "deliver") on.receivedByTwin.push(move.offer);
    else if (move.does === "drop" && on.end !== "cancel") on.droppedByTwin.push(move.offer);
  }
}

import type { Accounts, Seen, Sent, Taken } from "./accounts.js";
import type { Command } from "./commands.js";
import { cut, type Ends, endsOf, follow, offer, shown, waitOf } from "./offering.js";
import { askForRoom, giveUpSeat, reserve, useSeat } from "./seats.js";

/** Does one command to the subject and to the twin, and books what the caller sees. */
export function act(on: Accounts, command: Command): void {
  on.party = command.party;
  switch (command.does) {
    case "send":
    case "send with signal":
    case "send with timeout":
    case "send aborted":
      send(on, command.sender, cut(on, command.weight), endsOf(command.does));
      break;
    case "send too heavy":
      send(on, command.sender, on.capacity + command.weight, {}, true);
      break;
    case "reserve":
    case "reserve with signal":
      reserve(on, cut(on, command.weight), endsOf(command.does));
      break;
    case "use seat":
      useSeat(on, command);
      break;
    case "give up seat":
      giveUpSeat(on, command.pick);
      break;
    case "trySend":
      trySend(on, command.sender, cut(on, command.weight), false);
      break;
    case "trySend too heavy":
      trySend(on, command.sender, on.capacity + command.weight, true);
      break;
    case "receive":
    case "receive with signal":
    case "receive with timeout":
    case "receive aborted":
      receive(on, endsOf(command.does));
      break;
    case "wait for room":
    case "wait for room with signal":
      askForRoom(on, endsOf(command.does));
      break;
    case "receive many":
      receiveMany(on, command.max);
      break;
    case "drain":
      drain(on, command.max);
      break;
    case "tryReceive":
      tryReceive(on);
      break;
    case "next":
      next(on);
      break;
    case "loop and leave":
      leave(on, on.subject[Symbol.asyncIterator](), "for await");
      break;
    case "consume and leave":
      if (!on.subject.consume) throw new Error("there is no consume(): waive the law, and say why");
      leave(on, on.subject.consume(), "consume()");
      break;
    case "abort":
      abort(on, command.pick);
      break;
    case "expire":
      expire(on);
      break;
    case "close":
    case "fail":
    case "cancel":
      end(on, command.does);
  }
}

function send(on: Accounts, sender: number, weight: number, ends: Ends, doomed = false): void {
  const timed = ends.timed && !on.sending.some((one) => one.timed);
  const sent = offer(on, "send", sender, weight, doomed, { ...ends, timed: timed ?? false });
  if (!sent.ended) follow(on, on.twin.offer(sent.id, weight));
  try {
    on.subject.send(sent.parcel, waitOf(sent)).then(
      () => on.acceptedBy(sent),
      (error: unknown) => {
        on.refused(sent, error);
        follow(on, on.twin.withdraw(sent.id));
      },
    );
  } catch (error) {
    on.refused(sent, error);
  }
}

function trySend(on: Accounts, sender: number, weight: number, doomed: boolean): void {
  const sent = offer(on, "trySend", sender, weight, doomed, {});
  try {
    if (on.subject.trySend(sent.parcel)) {
      on.acceptedBy(sent);
      follow(on, on.twin.offer(sent.id, weight));
    } else on.refused(sent, "there is no room now");
  } catch (error) {
    on.refused(sent, error);
  }
}

export function receive(on: Accounts, ends: Ends): void {
  const taken = on.take("receive", ends);
  if (ends.signal?.signal.aborted) taken.ended = "abort";
  else follow(on, on.twin.take(taken.id));
  on.tell(`receiver ${taken.id} receives${shown(ends)}`);
  watch(on, taken, on.subject.receive(waitOf(ends)), (parcel) => on.gotItem(taken, parcel));
}

function tryReceive(on: Accounts): void {
  const taken = on.take("tryReceive", {});
  on.tell(`receiver ${taken.id} tries to receive`);
  const got = on.subject.tryReceive();
  follow(on, on.twin.tryTake(taken.id));
  if (got) on.gotItem(taken, got.value);
  else on.endedWith(taken, "there is nothing now");
}

/** What is there now, as many as `max`, comes out of the twin. */
function drainTwin(on: Accounts, taken: Taken, max: number): number {
  const before = on.receivedByTwin.length;
  for (let n = 0; n < max; n++) follow(on, on.twin.tryTake(taken.id));
  return on.receivedByTwin.length - before;
}

function drain(on: Accounts, max: number): void {
  if (!on.subject.drain) throw new Error("there is no drain(): waive the law, and say why");
  const taken = on.take("drain", {});
  on.tell(`receiver ${taken.id} drains ${max}`);
  drainTwin(on, taken, max);
  const items = on.subject.drain(max);
  for (const item of items) on.gotItem(taken, item);
  if (items.length === 0) on.endedWith(taken, "there is nothing now");
}

function receiveMany(on: Accounts, max: number): void {
  if (!on.subject.receiveMany) throw new Error("there is no receiveMany(): waive the law, and say why");
  const taken = on.take("many", {});
  on.tell(`receiver ${taken.id} receives as many as ${max}`);
  if (drainTwin(on, taken, max) === 0) follow(on, on.twin.take(taken.id));
  watch(on, taken, on.subject.receiveMany(max), (items) => {
    for (const item of items) on.gotItem(taken, item);
    if (items.length === 0) on.endedWith(taken, undefined, true);
  });
}

function next(on: Accounts): void {
  const taken = on.take("next", {});
  on.tell(`receiver ${taken.id} iterates`);
  follow(on, on.twin.take(taken.id));
  watch(on, taken, on.subject[Symbol.asyncIterator]().next(), (step) => {
    if (step.done) on.endedWith(taken, undefined, true);
    else on.gotItem(taken, step.value);
  });
}

function watch<T>(on: Accounts, taken: Taken, promise: Promise<T>, got: (value: T) => void): void {
  promise.then(got, (error: unknown) => {
    on.endedWith(taken, error);
    follow(on, on.twin.giveUp(taken.id));
  });
}

/** One turn of a loop, if there is something to take, and out of it. */
function leave(on: Accounts, iterator: AsyncIterator<Accounts["sent"][number]["parcel"]>, how: string): void {
  on.tell(`somebody loops with ${how} and leaves`);
  if (how === "consume()") {
    on.end = "cancel";
    on.twin.finish("cancel");
  } else if (on.inside.length > 0 && on.end === undefined) {
    const taken = on.take("next", {});
    follow(on, on.twin.take(taken.id));
    watch(on, taken, iterator.next(), (step) => {
      if (step.done) on.endedWith(taken, undefined, true);
      else on.gotItem(taken, step.value);
    });
  }
  iterator.return?.().catch((error: unknown) => on.tell(`  leaving failed: ${String(error)}`));
}

function abort(on: Accounts, pick: number): void {
  const waiting = on
    .own<Sent | Seen | Taken>([...on.sending, ...on.reserving, ...on.taking])
    .filter(({ signal }) => signal && !signal.signal.aborted);
  const chosen = waiting[pick % Math.max(1, waiting.length)];
  if (!chosen) return;
  chosen.ended = "abort";
  const what = "parcel" in chosen ? "item" : "weight" in chosen ? "seat" : "receiver";
  on.tell(`the signal of ${what} ${chosen.id} aborts`);
  chosen.signal?.abort();
}

/** Whoever has a time-out is due. The subject's own timer tells it so in the next turn of the event loop. */
export function expire(on: Accounts): void {
  const due = [...on.sending, ...on.taking].filter(({ timed, ended }) => timed && !ended);
  for (const one of due) one.ended = "time-out";
  if (due.length > 0) on.tell("the time-outs pass");
}

export function end(on: Accounts, how: "close" | "fail" | "cancel"): void {
  if (!on.subject[how]) throw new Error(`there is no ${how}(): waive the law, and say why`);
  on.tell(`the channel is ${{ close: "closed", fail: "failed", cancel: "cancelled" }[how]}`);
  on.end = how === "cancel" ? how : (on.end ?? how);
  follow(on, on.twin.finish(how));
  if (how === "fail") on.subject.fail?.(on.failure);
  else on.subject[how]?.();
}

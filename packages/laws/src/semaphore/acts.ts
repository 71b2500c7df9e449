import { type WatchedSignal, watchedSignal } from "../watched-signal.js";
import type { Accounts } from "./accounts.js";
import { divideDoomed, refuses, release, releaseAgain, shrink, split } from "./acts-of-holders.js";
import type { Command } from "./commands.js";

/** Does one command to the subject and to the twin, and books what the caller sees. */
export function act(on: Accounts, command: Command): void {
  on.party = command.party;
  switch (command.does) {
    case "acquire":
      acquire(on, cut(on, command.weight), {});
      break;
    case "acquire with signal":
      acquire(on, cut(on, command.weight), { signal: signalIn(on, command.signal) });
      break;
    case "acquire with own signal":
      acquire(on, cut(on, command.weight), { signal: freshSignal(on, "its own signal") });
      break;
    case "acquire with timeout": {
      // One at a time: of two that are due together, whoever is second may still be served by the first.
      const timed = !on.pending.some((other) => other.timed);
      acquire(on, cut(on, command.weight), { timed });
      break;
    }
    case "acquire aborted": {
      const signal = freshSignal(on, "an early signal");
      signal.abort();
      acquire(on, cut(on, command.weight), { signal });
      break;
    }
    case "acquire doomed":
      acquire(on, doom(on, command.weight), { doomed: true });
      break;
    case "tryAcquire":
      tryAcquire(on, cut(on, command.weight), false);
      break;
    case "tryAcquire doomed":
      tryAcquire(on, doom(on, command.weight), true);
      break;
    case "release":
      release(on, command.pick);
      break;
    case "release again":
      releaseAgain(on, command.pick);
      break;
    case "split":
      split(on, command.pick, command.weight);
      break;
    case "shrink":
      shrink(on, command.pick, command.weight);
      break;
    case "divide doomed":
      divideDoomed(on, command.pick, command.weight);
      break;
    case "resize":
      resize(on, command.capacity);
      break;
    case "resize doomed":
      refuses(on, `resize(${command.capacity})`, () => sizable(on)(command.capacity));
      break;
    case "abort":
      abort(on, command.pick);
      break;
    case "expire":
      expire(on);
      break;
    case "wait until idle":
      waitUntilIdle(on);
      break;
    case "close":
      close(on);
  }
}

const cut = (on: Accounts, weight: number): number => Math.min(weight, on.capacity);
const doom = (on: Accounts, weight: number): number =>
  weight === 1 || weight === 2 ? on.capacity + weight : weight;

function signalIn(on: Accounts, slot: number): WatchedSignal {
  const present = on.slots[slot];
  if (present && !present.signal.aborted) return present;
  const signal = freshSignal(on, `signal ${"ab"[slot]}`);
  on.slots[slot] = signal;
  return signal;
}

function freshSignal(on: Accounts, name: string): WatchedSignal {
  const signal = watchedSignal(name);
  on.signals.push(signal);
  return signal;
}

interface How {
  readonly signal?: WatchedSignal;
  readonly timed?: boolean;
  readonly doomed?: boolean;
}

function acquire(on: Accounts, weight: number, { signal, timed = false, doomed = false }: How): void {
  const id = on.asked.length + 1;
  const aborted = signal?.signal.aborted ?? false;
  const expected = aborted ? "doomed" : on.twin.ask(id, weight);
  if (expected === "granted") on.servedByTwin.push(id);
  const asked = on.ask({ id, by: "acquire", weight, doomed, signal, timed, expected });
  if (aborted) asked.ended = "abort";
  on.tell(
    `#${id} acquires ${weight}${signal ? ` with ${signal.name}` : ""}${timed ? " with a time-out" : ""}`,
  );
  try {
    const options = { ...(signal && { signal: signal.signal }), ...(timed && { timeout: 1 }) };
    on.subject.acquire(weight, options).then(
      (permit) => on.granted(asked, permit),
      (error: unknown) => on.rejected(asked, error),
    );
  } catch (error) {
    on.rejected(asked, error);
  }
}

function tryAcquire(on: Accounts, weight: number, doomed: boolean): void {
  const id = on.asked.length + 1;
  const expected = on.twin.tryAsk(id, weight);
  const facts = { id, by: "tryAcquire", weight, doomed, signal: undefined, timed: false, expected } as const;
  const asked = on.ask(facts);
  on.tell(`#${id} tries to acquire ${weight}`);
  try {
    const permit = on.subject.tryAcquire(weight);
    if (permit) on.granted(asked, permit);
    else on.rejected(asked, "it does not fit now");
  } catch (error) {
    on.rejected(asked, error);
  }
}

const fresh = (signals: readonly (WatchedSignal | undefined)[]): WatchedSignal[] =>
  signals.flatMap((signal) => (signal && !signal.signal.aborted ? [signal] : []));

function abort(on: Accounts, pick: number): void {
  // Whoever waits comes first: an abort that hits nobody teaches little, so it is the exception.
  const waiting = fresh(on.own(on.pending).map(({ signal }) => signal));
  const idle = on.party === undefined ? on.slots : on.own(on.asked).map(({ signal }) => signal);
  const candidates = waiting.length > 0 ? waiting : fresh(idle);
  const signal = candidates[pick % Math.max(1, candidates.length)];
  if (!signal) return;
  const tied = on.pending.filter((asked) => asked.signal === signal);
  for (const asked of tied) asked.ended ??= "abort";
  on.tell(`${signal.name} aborts${tied.length > 0 ? `, of #${tied.map(({ id }) => id).join(", #")}` : ""}`);
  on.servedByTwin.push(...on.twin.leave(tied.map(({ id }) => id)));
  signal.abort();
}

/** Whoever has a time-out is due. The subject's own timer tells it so in the next turn of the event loop. */
export function expire(on: Accounts): void {
  const due = on.pending.filter(({ timed, ended }) => timed && !ended);
  if (due.length === 0) return;
  for (const asked of due) asked.ended = "time-out";
  on.tell(`the time of #${due.map(({ id }) => id).join(", #")} is up`);
  on.servedByTwin.push(...on.twin.leave(due.map(({ id }) => id)));
}

function waitUntilIdle(on: Accounts): void {
  if (!on.subject.whenIdle) return;
  const wait = { resolved: false, sawZero: false };
  on.idleWaits.push(wait);
  on.tell("somebody waits until it is idle");
  on.subject.whenIdle().then(
    () => {
      wait.resolved = true;
      on.tell("  it is said to be idle");
    },
    (error: unknown) => on.tell(`  the wait for idle is refused: ${String(error)}`),
  );
}

const sizable = ({ subject }: Accounts): ((capacity: number) => void) => {
  if (!subject.resize) throw new Error("there is no resize(): waive the law, and say why");
  return subject.resize.bind(subject);
};

function resize(on: Accounts, capacity: number): void {
  on.tell(`the capacity is ${capacity} now`);
  const { dismissed, served } = on.twin.resize(capacity);
  for (const asked of on.pending) if (dismissed.includes(asked.id)) asked.ended ??= "resize";
  on.servedByTwin.push(...served);
  sizable(on)(capacity);
}

function close(on: Accounts): void {
  if (!on.subject.close) throw new Error("there is no close(): waive the law, and say why");
  on.closed = true;
  on.tell("the semaphore is closed");
  on.twin.close();
  on.subject.close();
}

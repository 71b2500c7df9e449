import type { Accounts, Asked } from "./accounts.js";
import type { PermitLike } from "./subject.js";

const oneOf = (asked: readonly Asked[], pick: number): Asked | undefined =>
  asked[pick % Math.max(1, asked.length)];
const liveOne = (on: Accounts, pick: number): Asked | undefined => oneOf(on.own(on.live), pick);
const releasedOnes = (on: Accounts): Asked[] => on.own(on.asked.filter(({ state }) => state === "released"));

export function release(on: Accounts, pick: number): void {
  const asked = liveOne(on, pick);
  if (!asked) return;
  on.tell(`#${asked.id} gives ${asked.weight} back`);
  asked.state = "released";
  on.releases++;
  on.servedByTwin.push(...on.twin.giveBack(asked.id));
  asked.permit?.release();
}

export function releaseAgain(on: Accounts, pick: number): void {
  const asked = oneOf(releasedOnes(on), pick);
  if (!asked) return;
  on.tell(`#${asked.id} calls release again`);
  asked.permit?.release();
}

/** Of a permit that can be divided, so of more than 1: a part of its own, which lives from now on. */
export function split(on: Accounts, pick: number, wanted: number): void {
  const whole = liveOne(on, pick);
  if (!whole || whole.weight === 1) return;
  const weight = Math.min(wanted, whole.weight - 1);
  const part = on.book(whole, weight);
  on.tell(`#${whole.id} splits ${weight} of its ${whole.weight + weight} off, as #${part.id}`);
  on.twin.split(whole.id, weight, part.id);
  part.permit = divisible(whole).split(weight);
}

export function shrink(on: Accounts, pick: number, wanted: number): void {
  const asked = liveOne(on, pick);
  if (!asked) return;
  const weight = Math.min(wanted, asked.weight);
  on.tell(`#${asked.id} shrinks from ${asked.weight} to ${weight}`);
  asked.weight = weight;
  on.servedByTwin.push(...on.twin.shrink(asked.id, weight));
  divisible(asked).shrink(weight);
}

/** What no permit may do: weights that are none, more than it has, and anything at all after its release. */
export function divideDoomed(on: Accounts, pick: number, wanted: number): void {
  const asked = oneOf([...on.own(on.live), ...releasedOnes(on)], pick);
  if (!asked) return;
  const beyond = asked.state === "live" && (wanted === 1 || wanted === 2);
  const [part, kept] = beyond ? [asked.weight + wanted - 1, asked.weight + wanted] : [wanted, wanted];
  refuses(on, `split(${part}) of #${asked.id}, ${asked.state} with ${asked.weight},`, () =>
    divisible(asked).split(part),
  );
  refuses(on, `shrink(${kept}) of #${asked.id}, ${asked.state} with ${asked.weight},`, () =>
    divisible(asked).shrink(kept),
  );
}

/** Books it as a wrong if something that must throw does not, or throws what says nothing. */
export function refuses(on: Accounts, what: string, act: () => unknown): void {
  on.tell(`${what} is tried`);
  try {
    act();
  } catch (error) {
    if (!(error instanceof Error && "code" in error))
      on.wrongs.push(`${what} threw ${String(error)}, without a code`);
    return;
  }
  on.wrongs.push(`${what} was not refused`);
}

function divisible({ permit }: Asked): Required<PermitLike> {
  if (!permit?.split || !permit.shrink)
    throw new Error("there is no split() or shrink(): waive the law, and say why");
  return permit as Required<PermitLike>;
}

import fc from "fast-check";
import { expect, test } from "vitest";
import { Places, type Ticket } from "../src/places.js";

const settle = () => undefined;
const ticket = (): Ticket => ({
  at: -1,
  since: 0,
  signal: undefined,
  timeout: undefined,
  onTaken: undefined,
});

/** A ring with so many parties in it, of whom each weighs its number. */
function filled(size: number): Places<void, string | undefined> {
  const places = new Places<void, string | undefined>();
  for (let n = 0; n < size; n++) places.put(settle, n, undefined, undefined);
  return places;
}

const lengths = ({ settles, weights, loads, tickets }: Places<void, string | undefined>) => [
  settles.length,
  weights.length,
  loads?.length,
  tickets?.length,
];

const leave = (places: Places<void, string | undefined>, ...numbers: readonly number[]) => {
  for (const number of numbers) places.clear(number & places.mask);
  places.closeRanks();
};

test("a ring grows when it is full, and not before", () => {
  const places = filled(16);
  expect([places.mask, ...lengths(places)]).toEqual([15, 16, 16, undefined, undefined]);
  places.put(settle, 1, undefined, undefined);
  expect([places.mask, ...lengths(places)]).toEqual([31, 32, 32, undefined, undefined]);
});

test("a ring goes round: the places of those who were served are taken again", () => {
  const places = filled(16);
  leave(places, 0, 1, 2, 3, 4, 5, 6, 7);
  for (let n = 0; n < 8; n++) places.put(settle, 1, undefined, undefined);
  expect([places.first, places.end, places.mask]).toEqual([8, 24, 15]);
});

test("holes are closed before a ring grows, if they are more than half of it", () => {
  const most = filled(16);
  leave(most, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  most.put(settle, 1, undefined, undefined);
  expect([most.mask, most.first, most.end, ...lengths(most)]).toEqual([
    15,
    0,
    8,
    16,
    16,
    undefined,
    undefined,
  ]);
  const half = filled(16);
  leave(half, 1, 2, 3, 4, 5, 6, 7, 8);
  half.put(settle, 1, undefined, undefined);
  expect([half.mask, half.end]).toEqual([31, 9]);
});

test("a hole at either end is no place any more", () => {
  const places = filled(5);
  leave(places, 3);
  leave(places, 4);
  expect([places.first, places.end, places.size, places.weight]).toEqual([0, 3, 3, 3]);
  leave(places, 1);
  leave(places, 0);
  expect([places.first, places.end, places.size, places.weight]).toEqual([2, 3, 1, 2]);
});

test("what was made for a crowd is given up when it has gone, and what is small is kept", () => {
  const crowd = filled(1_025);
  expect(crowd.mask).toBe(2_047);
  leave(crowd, ...Array.from({ length: 1_025 }, (_, n) => n));
  expect([crowd.mask, crowd.first, crowd.end, ...lengths(crowd)]).toEqual([
    15,
    0,
    0,
    16,
    16,
    undefined,
    undefined,
  ]);
  const few = filled(1_024);
  leave(few, ...Array.from({ length: 1_024 }, (_, n) => n));
  expect([few.mask, few.first, few.end]).toEqual([1_023, 0, 0]);
});

test("room for loads and tickets is made for those who bring one, and nothing of who left is kept", () => {
  const places = filled(17);
  places.put(settle, 1, "load", undefined);
  expect(lengths(places)).toEqual([32, 32, 32, undefined]);
  const mine = ticket();
  places.put(settle, 1, undefined, mine);
  expect([...lengths(places), mine.at]).toEqual([32, 32, 32, 32, 18]);
  expect(places.clear(17)).toBeUndefined();
  expect(places.clear(18)).toBe(mine);
  const { settles, loads, tickets } = places;
  expect([settles[17], loads?.[17], settles[18], tickets?.[18]]).toEqual(Array(4).fill(undefined));
  for (let n = 0; n < 20; n++) places.put(settle, 1, undefined, undefined);
  expect(lengths(places)).toEqual([64, 64, 64, 64]);
});

interface Party {
  readonly settle: () => undefined;
  readonly weight: number;
  readonly load: string | undefined;
  readonly ticket: Ticket | undefined;
}

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ loaded: fc.boolean(), ticketed: fc.boolean() }) },
    { weight: 2, arbitrary: fc.nat() },
  ),
  { maxLength: 120, size: "max" },
);

test("a ring is a list from which anybody may leave", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const places = new Places<void, string | undefined>();
      const list: Party[] = [];
      const at = ({ settle }: Party) => places.settles.indexOf(settle);
      for (const [n, step] of all.entries()) {
        if (typeof step === "object") {
          const load = step.loaded ? `load ${n}` : undefined;
          const party = {
            settle: () => undefined,
            weight: n,
            load,
            ticket: step.ticketed ? ticket() : undefined,
          };
          list.push(party);
          places.put(party.settle, party.weight, party.load, party.ticket);
        } else if (list.length > 0) {
          const [gone] = list.splice(step % list.length, 1) as [Party];
          expect(places.clear(at(gone))).toBe(gone.ticket);
          places.closeRanks();
        }
      }
      const seen: unknown[] = [];
      for (let place = places.first; place < places.end; place++) {
        const slot = place & places.mask;
        if (places.settles[slot] === undefined) continue;
        const ticket = places.tickets?.[slot];
        seen.push([places.settles[slot], places.weights[slot], places.loads?.[slot], ticket]);
        if (ticket) ticket.at -= place;
      }
      const kept = list.map(({ settle, weight, load, ticket }) => [settle, weight, load, ticket]);
      expect(seen).toEqual(kept);
      expect(list.map(({ ticket }) => ticket?.at ?? 0)).toEqual(list.map(() => 0));
      const sum = list.reduce((all, { weight }) => all + weight, 0);
      expect([places.size, places.weight]).toEqual([list.length, sum]);
    }),
  );
});

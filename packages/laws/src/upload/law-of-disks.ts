import fc from "fast-check";
import { isStreamed, memoryOf } from "./bodies.js";
import { Disk } from "./disk.js";
import { law } from "./law.js";
import { bytesOf, plans } from "./plan.js";
import { type Run, start } from "./run.js";
import type { SpoolLike } from "./subject.js";
import type { Asked, Trouble } from "./watched-store.js";
import type { World } from "./world.js";

/** What goes wrong, with a disk or around it. */
type Fault =
  | "nothing"
  | "the disk is full"
  | "a file cannot be made"
  | "a write fails"
  | "a read fails"
  | "a part is refused"
  | "a part breaks off"
  | "Complete is refused"
  | "the source fails"
  | "the source stalls, and an abort"
  | "abort";

const FAULTS: readonly Fault[] = [
  ...(["nothing", "nothing", "the disk is full", "a file cannot be made", "a write fails"] as const),
  ...(["a read fails", "a part is refused", "a part breaks off", "Complete is refused"] as const),
  ...(["the source fails", "the source stalls, and an abort", "abort", "abort"] as const),
];

const MUST_SUCCEED: ReadonlySet<Fault> = new Set(["nothing", "a part breaks off"]);

class Failure extends Error {
  readonly code: string;
  readonly retryable: boolean;
  constructor(code: string, retryable: boolean) {
    super(code);
    this.code = code;
    this.retryable = retryable;
  }
}

const isPart = ({ method }: Asked) => method === "putPart" || method === "put";

function troubleOf(fault: Fault, nth: number): (asked: Asked) => Trouble | undefined {
  return (asked) => {
    const refuse: Trouble = { does: "fail", error: () => new Failure("AccessDenied", false) };
    if (fault === "Complete is refused" && asked.method === "completeMultipart") return refuse;
    if (!isPart(asked) || (asked.partNumber ?? 1) !== nth) return undefined;
    if (fault === "a part is refused") return refuse;
    const breaks = fault === "a part breaks off" && asked.tries === 1;
    return breaks ? { does: "break off", error: () => new Failure("NetworkError", true) } : undefined;
  };
}

/** Looks at each request, answer, chunk, and step of the disk. */
function watch(world: World, disk: Disk, runs: readonly Run[], limits: Limits): void {
  const { window } = limits;
  const seen = new Set<Asked>();
  world.look = () => {
    if (disk.taken > limits.disk) world.breach(`${disk.taken} bytes are on the disk`);
    for (const asked of world.inProgress) if (isStreamed(asked.body)) seen.add(asked);
    for (const { body, partNumber = 1 } of world.inProgress) {
      const bytes = isStreamed(body) ? 0 : memoryOf([body]);
      if (bytes > window) world.breach(`${bytes} bytes of memory are sent as part ${partNumber}`);
    }
    // The last chunk that a source gave is still the source's; and what begins a part may lie in a small window.
    const given = runs.reduce((sum, { source }) => sum + source.given - (source.over ? 0 : source.last), 0);
    const begun = runs.reduce((sum, { partSize }) => sum + Math.ceil(partSize / 100), 0);
    const gathered = Math.max(0, given - disk.written);
    if (gathered > runs.length * window + begun) world.breach(`${gathered} bytes wait to be written`);
    // What a request had in hand that was given up, nobody will take.
    const bodies = [...seen].filter(({ bytes }) => bytes === undefined).length;
    const ahead = disk.read - world.taken;
    if (ahead > bodies * window) world.breach(`${ahead} bytes were read that no request has taken`);
    if (disk.failed > 0 || world.failures.length > 0) return;
    const held = runs.reduce((sum, { budget }) => Math.max(sum, budget.held), 0);
    const owned = Math.max(0, gathered - begun) + ahead;
    if (owned > held) world.breach(`${owned} bytes are in memory, ${held} are paid for`);
  };
}

interface Limits {
  readonly window: number;
  readonly disk: number;
}

export const U11 = law(
  {
    id: "U11",
    says: "In disk mode, memory stays bounded by the copy window and disk by slots × part size; no file survives, whatever happens.",
    hint: "what is awaited before an upload settles, and who removes a file that was just being made",
    sins: [
      ...(["gathersTheWholePart", "readsThePartBack", "readsTheFileAhead", "copiesForFree"] as const),
      ...([
        "spoolsOneMore",
        "spoolsTheSource",
        "keepsOneFile",
        "ignoresTheLimit",
        "freesBeforeRemoving",
      ] as const),
      ...(["leavesTheFileOfAFailure", "leavesTheFileInTheMaking", "leavesTheHalfWritten"] as const),
      ...(["removesBehind", "leavesTheName", "leavesItOpen", "keepsTheRoom"] as const),
      ...(["trustsWrites", "trustsReads"] as const),
    ],
    needs: "disk",
  },
  fc.record({
    all: fc.array(plans({ to: 20 }), { minLength: 1, maxLength: 2 }),
    fault: fc.constantFrom(...FAULTS),
    nth: fc.integer({ min: 1, max: 4 }),
    /** How many turns pass before an abort. */
    turns: fc.nat({ max: 40 }),
    room: fc.record({ quarters: fc.nat({ max: 12 }), more: fc.constant(0) }),
    limited: fc.option(fc.nat({ max: 8 }), { nil: undefined }),
    clings: fc.boolean(),
    halves: fc.boolean(),
  }),
  async (open, { all, fault, nth, turns, room, limited, clings, halves }) => {
    const { store, subject } = open();
    const { minPartSize, maxPartSize } = store.limits;
    const { window } = subject;
    // Parts that fit into a window would show nothing.
    const smallest = Math.max(minPartSize, 2 * (window ?? 0));
    const world = open({ minPartSize: smallest, maxPartSize: Math.max(smallest + 5, maxPartSize) });
    if (window === undefined) return world.breach("it has no window: waive disk if parts cannot wait on one");
    const { limits } = world.store;
    const sizes = all.map(({ extra }) => smallest + extra);
    const limit =
      limited === undefined ? undefined : Math.max(...sizes) + Math.floor((limited * smallest) / 4);
    const inSlots = all.reduce((sum, { slots }, i) => sum + slots * sizes[i]!, 0);
    const op = (
      { "a file cannot be made": "open", "a write fails": "write", "a read fails": "read" } as const
    )[fault as "a write fails"];
    const disk = new Disk(
      {
        room: fault === "the disk is full" ? bytesOf(room, limits) : Number.POSITIVE_INFINITY,
        fails: op && { op, nth },
        clings,
        halves,
      },
      { turn: (what) => world.turn(what), onChange: () => world.look() },
    );
    world.trouble = troubleOf(fault, nth);
    world.story.push(`${fault}, at ${nth}, and a limit of ${limit}`);
    const spool: SpoolLike = { disk, directory: `/laws/${crypto.randomUUID()}`, limit };
    const budget = world.budget(Math.max(...all.map(({ slots }) => 1 + slots)) * window);
    const runs: Run[] = [];
    watch(world, disk, runs, { window, disk: Math.min(inSlots, limit ?? inSlots) });
    for (const [i, plan] of all.entries()) {
      const target = { ...world.target, key: `${world.target.key}/${i}` };
      const last = i === all.length - 1;
      const stalls = fault.startsWith("the source stalls") && plan.kind !== "sync iterable";
      const ending =
        fault === "the source fails" ? { error: new Failure("source", false) } : stalls ? "stall" : "end";
      runs.push(start(world, plan, { budget, target, options: { spool }, ending: last ? ending : "end" }));
    }
    if (fault.endsWith("abort"))
      void later(world, turns).then(() => runs.at(-1)!.abort(new Failure("abort", false)));

    if (!(await world.drive(() => runs.every(({ outcome }) => outcome.settled()))))
      world.breach("it never ends");
    if (disk.left.length > 0) world.breach(`on the disk is left ${disk.left.join(", ")}`);
    if (disk.making > 0) world.breach("it is over, and a file is still being made");
    for (const { outcome, bytes, target } of runs) {
      if (outcome.state === "fulfilled") await world.expect(bytes, target);
      else if (MUST_SUCCEED.has(fault) || (disk.failed === 0 && world.failures.length === 0))
        world.breach(`it fails with ${String(outcome.reason)}`);
    }
    if (budget.held !== 0) world.breach(`${budget.held} bytes of the budget are still held`);
    await world.expectNoLeftovers();
  },
);

async function later(world: World, turns: number): Promise<void> {
  for (let turn = 0; turn <= turns; turn++) await world.turn(turn < turns ? "time passes" : "abort");
}

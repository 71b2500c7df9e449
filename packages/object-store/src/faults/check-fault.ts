import { checkInteger, InvalidValueError } from "../invalid-value.js";
import type { Fault, StoreMethod } from "./fault.js";

const LISTS: ReadonlySet<string> = new Set(["list", "listParts", "listMultiparts"]);
const SENDS: ReadonlySet<string> = new Set(["put", "putPart"]);

/** What can strike only methods of one sort; all others can strike any. */
const ONLY: Readonly<Partial<Record<Fault["do"], ReadonlySet<string>>>> = {
  truncate: new Set(["get"]),
  "flip-bit": new Set(["get", ...SENDS]),
  reset: SENDS,
  fill: SENDS,
  "land-late": new Set(["putPart"]),
  lag: LISTS,
};

const KINDS: ReadonlySet<string> = new Set([
  ...(["fail", "hang", "lose-answer", "delay", ...Object.keys(ONLY)] as const),
]);

/** Throws `ERR_INVALID_VALUE` for a fault that could never strike, or that makes no sense. */
export function checkFault(fault: Fault, isMethod: (name: string) => boolean): void {
  if (!KINDS.has(fault.do)) {
    throw new InvalidValueError("a fault's do", fault.do, `one of ${[...KINDS].join(", ")}`);
  }
  const methods = methodsOf(fault);
  if (methods?.length === 0) throw new InvalidValueError("a fault's on", "[]", "one method or more");
  for (const method of methods ?? []) {
    if (!isMethod(method)) throw new InvalidValueError("a fault's on", method, "a method of the store");
  }
  const able = ONLY[fault.do];
  const unable = able && (methods ?? ["*"]).find((method) => !able.has(method));
  if (unable) {
    throw new InvalidValueError(`the on of ${fault.do}`, unable, `one of ${[...able].join(", ")}`);
  }
  if (fault.when !== undefined && typeof fault.when !== "function") {
    checkInteger("a fault's when", fault.when, 1);
  }
  if (fault.do === "flip-bit") checkInteger("a fault's at", fault.at, 0);
  if (fault.do === "truncate" || fault.do === "reset") checkInteger("a fault's after", fault.after, 0);
  if (fault.do === "fill") checkInteger("a fault's capacity", fault.capacity, 0);
  if (fault.do === "lag") checkInteger("a fault's writes", fault.writes, 1);
}

/** The methods that a fault strikes; undefined for all. */
export function methodsOf({ on }: Fault): readonly StoreMethod[] | undefined {
  if (on === "*") return undefined;
  return typeof on === "string" ? [on] : on;
}

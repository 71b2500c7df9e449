import fc from "fast-check";
import { hold } from "../hold.js";
import type { Effort, Law } from "../law.js";
import { settle } from "../settle.js";
import { Breach } from "../verdicts.js";
import { openingSinner } from "./sinners.js";
import type { AdmitLike, MakeRelease } from "./subject.js";

const FAILURE = new Error("it cannot be opened");

/** Each way in which there is no stream in the end. */
const OPENINGS: Readonly<Record<string, () => object | Promise<object>>> = {
  "open throws": () => {
    throw FAILURE;
  },
  "open rejects": () => Promise.reject(FAILURE),
  "open rejects later": async () => {
    await settle(() => true);
    throw FAILURE;
  },
  "open gives no stream": () => ({ no: "stream" }),
  "open gives no object": async () => undefined as unknown as object,
};

async function judge(admit: AdmitLike, way: string, weight: number): Promise<void> {
  let held = 0;
  let releases = 0;
  const semaphore = {
    async acquire(n: number) {
      held += n;
      const release = () => {
        held -= n;
        releases++;
      };
      return { release };
    },
  };
  let opened = 0;
  let surfaced: unknown;
  let heldThen = 0;
  admit(semaphore, weight, () => {
    opened = held;
    return OPENINGS[way]!();
  }).catch((error) => {
    surfaced = error;
    heldThen = held;
  });
  await settle(() => surfaced !== undefined);
  const story = [`a weight of ${weight}, and ${way}`];
  if (surfaced === undefined) throw new Breach("no failure surfaced", story);
  if (!way.includes("no ") && surfaced !== FAILURE) throw new Breach(`it became ${surfaced}`, story);
  if (opened !== weight) throw new Breach(`it was opened with ${opened} held`, story);
  if (heldThen !== 0) throw new Breach(`${heldThen} were held when the failure surfaced`, story);
  if (releases !== 1) throw new Breach(`it was released ${releases} times`, story);
}

export const R4: Law<MakeRelease> = {
  id: "R4",
  kind: "must",
  says: "If opening the stream fails, the permit is back before the failure surfaces.",
  hint: "what is between the permit and the stream: all of it must give back when it throws",
  needs: "admit",
  sinners: (
    ["leaksOnFailingOpen", "leaksOnThrow", "leaksOnNoStream", "givesBackLate", "opensFirst"] as const
  ).map(openingSinner),
  check: (make: MakeRelease, effort: Effort) => {
    const { admit } = make();
    if (!admit) throw new Breach("there is no admit", []);
    const ways = fc.constantFrom(...Object.keys(OPENINGS));
    const property = fc.asyncProperty(ways, fc.integer({ min: 1, max: 9 }), (way, weight) =>
      judge(admit, way, weight),
    );
    return hold(property, effort);
  },
};

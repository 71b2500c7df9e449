import { flood } from "./flood.js";
import { withPlace } from "./place.js";
import { QUICK, WHOLE } from "./plan.js";

const plan = process.argv.includes("--quick") ? QUICK : WHOLE;
const stop = new AbortController();
await withPlace(plan.frames, async (place) => {
  for (const v of ["none", "handler", "admit"] as const) {
    const { samples, ...r } = await flood(v, plan, place, stop.signal);
    console.log(r, samples.length, Math.max(...samples.map((s) => s.group)) / 2 ** 20);
  }
});

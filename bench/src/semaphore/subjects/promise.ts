import type { Subject } from "../subject.js";

// The barest thing that gives a permit later. V8 looks for a `then` on an object; a number is spared that.
class Permit {
  readonly weight = 1;
}

export const subject: Subject = {
  async turns(times) {
    let weight = 0;
    for (let left = times; left > 0; left--) weight += (await Promise.resolve(new Permit())).weight;
    if (weight !== times) throw new Error("a permit is missing");
  },
};

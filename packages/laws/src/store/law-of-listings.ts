import fc from "fast-check";
import type { Law } from "../law.js";
import { byBytes } from "./reference-objects.js";
import type { MakeStore } from "./subject.js";
import { law } from "./trial.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

const letters = fc.constantFrom("a", "b", "/", "!", "0", "\u{e9}", "\u{ff5e}", "\u{1f600}");
const texts = fc.array(letters, { maxLength: 4 }).map((some) => some.join(""));

export const O11: Law<MakeStore> = law(
  "O11",
  "A listing has every key once, in the order of UTF-8 bytes, however it is cut into pages and rolled up.",
  "the order of characters outside the basic plane, and where a page begins",
  ["sortsByUtf16", "repeatsAtPages", "repeatsPrefixes"],
  fc.record({
    names: fc.uniqueArray(
      texts.filter((text) => text !== ""),
      { maxLength: 7 },
    ),
    within: texts.filter((text) => text.length < 2),
    delimiter: fc.constantFrom("/", undefined),
    limit: fc.integer({ min: 1, max: 3 }),
  }),
  async (trial, { names, within, delimiter, limit }) => {
    for (const name of names) await trial.store.put(trial.at(name), bytesOf(name));
    const prefix = trial.prefix + within;
    trial.story.push(`${JSON.stringify(names)}, of which those below ${JSON.stringify(within)} are listed`);
    const expected = new Set<string>();
    for (const key of names.map((name) => trial.prefix + name).sort(byBytes)) {
      const cut = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
      if (key.startsWith(prefix)) expected.add(cut < 0 ? key : key.slice(0, cut + 1));
    }
    const seen: string[] = [];
    let continuation: string | undefined;
    do {
      const page = await trial.store.list(trial.subject.bucket, { prefix, delimiter, limit, continuation });
      const keys = page.objects.map(({ key }) => key);
      if (keys.some((key, i) => i > 0 && byBytes(keys[i - 1]!, key) > 0))
        trial.breach("a page is out of order");
      if (keys.length + page.commonPrefixes.length > limit)
        trial.breach(`a page has more than ${limit} entries`);
      seen.push(...[...keys, ...page.commonPrefixes].sort(byBytes));
      continuation = page.next;
      if (seen.length > names.length) trial.breach(`listed ${JSON.stringify(seen)}`);
    } while (continuation !== undefined);
    const [got, wanted] = [JSON.stringify(seen), JSON.stringify([...expected])];
    if (got !== wanted) trial.breach(`listed ${got} instead of ${wanted}`);
  },
);

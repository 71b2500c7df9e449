import type { ObjectStore } from "@sluice/object-store";
import fc from "fast-check";
import type { Law } from "../law.js";
import { bodyOf, content } from "./content.js";
import type { MakeStore } from "./subject.js";
import { law, type Trial } from "./trial.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

type Condition = {
  readonly name: string;
  readonly try: (store: ObjectStore, trial: Trial, etag: string) => Promise<unknown>;
};
const put = (trial: Trial, options: object, name?: string) =>
  trial.store.put(trial.at(name), bytesOf("new"), options);

const copyPart = async (trial: Trial, sourceIfMatch: string) =>
  trial.store.copyPart(await trial.begin("copy"), 1, trial.at(), { sourceIfMatch });

const REFUSED: readonly (Condition & { readonly codes: readonly string[] })[] = [
  {
    name: "creating what exists",
    try: (_, trial) => put(trial, { ifNoneMatch: "*" }),
    codes: ["PreconditionFailed"],
  },
  {
    name: "replacing another version",
    try: (_, trial) => put(trial, { ifMatch: '"0123"' }),
    codes: ["PreconditionFailed"],
  },
  {
    name: "replacing what does not exist",
    try: (_, trial, etag) => put(trial, { ifMatch: etag }, "missing"),
    codes: ["PreconditionFailed", "NoSuchKey"],
  },
  {
    name: "reading another version",
    try: (store, trial) => store.get(trial.at(), { ifMatch: '"0123"' }),
    codes: ["PreconditionFailed"],
  },
  {
    name: "copying another version into a part",
    try: (_, trial) => copyPart(trial, '"0123"'),
    codes: ["PreconditionFailed"],
  },
  {
    name: "reading what one has",
    try: (store, trial, etag) => store.get(trial.at(), { ifNoneMatch: etag }),
    codes: ["NotModified"],
  },
  {
    name: "looking at what one has",
    try: (store, trial, etag) => store.head(trial.at(), { ifNoneMatch: etag }),
    codes: ["NotModified"],
  },
];

const GRANTED: readonly Condition[] = [
  { name: "creating", try: (_, trial) => put(trial, { ifNoneMatch: "*" }, "other") },
  { name: "reading this version", try: (store, trial, etag) => store.head(trial.at(), { ifMatch: etag }) },
  {
    name: "reading unless it is another",
    try: (store, trial) => store.head(trial.at(), { ifNoneMatch: '"0123"' }),
  },
  { name: "copying this version into a part", try: (_, trial, etag) => copyPart(trial, etag) },
  { name: "replacing this version", try: (_, trial, etag) => put(trial, { ifMatch: etag }) },
];

export const O8: Law<MakeStore> = law(
  "O8",
  "`ifMatch` and `ifNoneMatch` hold.",
  "whether conditions are checked in one step with the publishing",
  [
    "ignoresIfNoneMatch",
    "ignoresIfMatch",
    "ignoresReadConditions",
    "ignoresTheSourcesEtag",
    "checksTooEarly",
  ],
  fc.record({
    order: fc.shuffledSubarray(
      REFUSED.map((_, i) => i),
      { minLength: 3 },
    ),
    writers: fc.integer({ min: 2, max: 4 }),
  }),
  async (trial, { order, writers }) => {
    const old = bytesOf("old");
    const { etag } = await trial.store.put(trial.at(), old);
    for (const i of order) {
      const { name, codes, try: attempt } = REFUSED[i]!;
      await trial.refused(name, attempt(trial.store, trial, etag), ...codes);
      await trial.expect(trial.at(), old);
    }
    for (const { name, try: attempt } of GRANTED) {
      trial.story.push(name);
      await attempt(trial.store, trial, etag);
    }
    const race = Array.from({ length: writers }, (_, i) => {
      const body = bodyOf(content(10, i), "stream", 4);
      return trial.store.put(trial.at("race"), body, { ifNoneMatch: "*" });
    });
    const won = (await Promise.allSettled(race)).flatMap(({ status }, i) =>
      status === "fulfilled" ? [i] : [],
    );
    if (won.length !== 1)
      trial.breach(`of ${writers} that may only create at the same time, ${won.length} succeed`);
    await trial.expect(trial.at("race"), content(10, won[0]!));
  },
);

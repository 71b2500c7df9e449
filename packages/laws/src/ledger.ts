import { CHANNEL_LAWS } from "./channel/laws.js";
import { DOWNLOAD_LAWS } from "./download/laws.js";
import { GATEWAY_LAWS } from "./gateway/laws.js";
import type { Law, LawId, LawKind, UncheckedLaw } from "./law.js";
import { ADAPTIVE_LAWS } from "./read-slots/adaptive-laws.js";
import { READ_SLOT_LAWS } from "./read-slots/laws.js";
import { RELEASE_LAWS } from "./release/laws.js";
import { SEMAPHORE_LAWS } from "./semaphore/laws.js";
import { STORE_LAWS } from "./store/laws.js";
import { UNCHECKED } from "./unchecked.js";
import { UPLOAD_LAWS } from "./upload/laws.js";

const SUBJECTS = {
  M: "semaphore",
  C: "channel",
  R: "release",
  S: "read-slots",
  O: "store",
  U: "upload",
  D: "download",
  G: "gateway",
} as const;

export type LawSubject = (typeof SUBJECTS)[keyof typeof SUBJECTS];

/** A law as data, for whoever prints or counts them. */
export interface LedgerEntry {
  readonly id: LawId;
  readonly subject: LawSubject;
  readonly kind: LawKind;
  readonly says: string;
  readonly checked: boolean;
  /** How many schedules its check walks, besides the random ones; 0 for a check of another kind. */
  readonly walks: number;
  /** What its sinners do wrong, one line each. */
  readonly sinners: readonly string[];
  /** Why nothing checks it. */
  readonly reason?: string;
}

function entry<Make>(law: Law<Make> | UncheckedLaw): LedgerEntry {
  const { id, kind, says } = law;
  const subject = SUBJECTS[id.slice(0, 1) as keyof typeof SUBJECTS];
  if (law.kind === "unverified") {
    return { id, subject, kind, says, checked: false, walks: 0, sinners: [], reason: law.reason };
  }
  // The same sin may be tried on several kinds of subject.
  const sinners = [...new Set(law.sinners.map(({ sin }) => sin))];
  return { id, subject, kind, says, checked: true, walks: law.walks ?? 0, sinners };
}

const LETTERS = Object.keys(SUBJECTS).join("");
const place = ({ id }: LedgerEntry): number => LETTERS.indexOf(id.slice(0, 1)) * 1000 + Number(id.slice(1));

/** Every law there is, in the order of the subjects and numbers; those without a check are never left out. */
export const LEDGER: readonly LedgerEntry[] = Object.freeze(
  [
    ...SEMAPHORE_LAWS.map(entry),
    ...CHANNEL_LAWS.map(entry),
    ...RELEASE_LAWS.map(entry),
    ...READ_SLOT_LAWS.map(entry),
    ...ADAPTIVE_LAWS.map(entry),
    ...STORE_LAWS.map(entry),
    ...UPLOAD_LAWS.map(entry),
    ...DOWNLOAD_LAWS.map(entry),
    ...GATEWAY_LAWS.map(entry),
    ...UNCHECKED.map(entry),
  ].sort((one, other) => place(one) - place(other)),
);

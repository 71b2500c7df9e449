/** What a small wrong uploader does wrong. */
export const SINS = {
  readsAhead: "reads one part ahead of its slots",
  paysAfterReading: "asks the budget for a part that it has read already",
  freesWhenSent: "gives the permit back when a request begins",
  ignoresTheBudget: "takes as much as its slots may hold, whatever the budget",
  sendsViews: "sends views of the source's memory in the place of copies",

  waitsForAStalledSource: "waits for a source that never answers",
  leavesTheSource: "does not tell the source to stop",
  letsRequestsRun: "fails while requests are in progress",
  leavesTheUpload: "does not abort the multipart upload",
  looksOnce: "does not look again after the abort",
  masksTheCause: "fails with what went wrong while it cleared up",
  dropsTheOthers: "says nothing of what went wrong while it cleared up",
  wrapsTheCause: "fails with an error of its own in the place of the first",
  keepsThePermit: "keeps the permit of a part that failed",

  losesTheRest: "loses the rest of a chunk that ends in the next part",
  ordersByArrival: "joins parts in the order in which they arrived",
  sendsChunks: "makes a part of each chunk",
  sendsPadding: "sends the last part as large as the others",
  numbersFromZero: "counts parts from 0",

  ignoresTheLength: "does not compare the length with what was declared",
  cutsTheLong: "stops reading at the declared length",
  takesTheShort: "publishes a body that is shorter than declared",

  sendsOneMore: "sends the part too many, and then fails",
  cutsTheTooLarge: "publishes as much as fits",
  refusesTheLast: "refuses the last part that is allowed",
  forgetsTheLargestObject: "counts parts, but not the bytes of the object",

  countsOn: "sends a part again under the next number",
  sendsTheRest: "sends a part again from where it broke off",
  retriesForEver: "tries again as long as it fails",
  retriesTheHopeless: "tries again what was refused for good",
  ignoresRetryAfter: "does not wait as long as the store asked for",
  neverJitters: "waits the same time before every try",

  takesGoneForDone: "takes an upload that is gone for one that was completed",
  takesAnyForOurs: "takes whatever is at the key for its object",
  givesUpOnLostAnswers: "takes a lost answer for a failure",

  sendsNoDigest: "sends parts without a digest",
  sendsTheFirstDigest: "sends the digest of the first part with all of them",
  givesUpOnDamage: "takes damage in transit for a failure",

  publishesNothing: "publishes nothing for an empty body",
  completesWithoutParts: "completes an empty body without a part",

  startsAnew: "begins another upload in spite of a token",
  sendsEverythingAgain: "sends all parts again",
  trustsTheToken: "does not compare the token with what the store has",
  takesTheTokenOfAnother: "goes on under another key than the token's",

  gathersTheWholePart: "gathers a whole part in memory before it writes it",
  readsThePartBack: "reads a part back into memory, and sends it from there",
  readsTheFileAhead: "reads a file to its end, however slowly it is sent",
  copiesForFree: "does not ask the budget for what it copies through",
  spoolsOneMore: "lets one part more than its slots wait on the disk",
  spoolsTheSource: "writes as much as the source gives, however slowly it is sent",
  keepsOneFile: "writes all parts to one file",
  ignoresTheLimit: "does not share the disk's limit",
  freesBeforeRemoving: "begins the next part before the file of the last is gone",
  leavesTheFileOfAFailure: "removes the file of a part only when it has arrived",
  leavesTheFileInTheMaking: "forgets a file that is being made when it is aborted",
  leavesTheHalfWritten: "forgets the file of a part that it could not write",
  removesBehind: "settles before its files are gone",
  leavesTheName: "does not remove a file again that could not lose its name at first",
  leavesItOpen: "removes files, but does not close them",
  keepsTheRoom: "keeps the room of a part that failed",
  trustsWrites: "takes a write for whole that was not",
  trustsReads: "takes a read for whole that was not",

  countsByNumber: "takes the number of a part for what has arrived",
  missesTheLast: "says nothing of the last part",
  countsEachTry: "counts a part once for each try",
} as const;

export type Sin = keyof typeof SINS;

/** What a small wrong downloader does wrong. */
export const SINS = {
  overlapsByOne: "begins each range with the last byte of the one before",
  ordersByArrival: "hands on what comes first",
  believesAnyRange: "takes any bytes for those that it has asked for",
  passesOnTooMuch: "hands on what a body has too much",

  opensOneTooMany: "opens one range more than its window",
  freesOnArrival: "gives the permit back when a range has arrived",
  freesAtTheFirstChunk: "gives the permit back when the first chunk of a range is taken",
  freesWhenHandedOver: "gives the permit back while the last chunk is only half taken",
  ignoresTheBudget: "takes as much as its window may hold, whatever the budget",
  paysAfterwards: "asks the budget for a range that is on its way already",
  readsOnIntoTheStream: "hands chunks on that nobody has asked for",

  resumesAtTheRelativeOffset: "counts the first missing byte from the begin of the range",
  startsTheRangeAnew: "begins a range that has broken off anew, and hands its bytes on twice",
  asksForAllOfItAgain: "asks again for bytes that it has",
  takesTheCutForWhole: "takes a body that ends early for a whole one",
  givesUpAtOnce: "takes a body that breaks off for a failure",
  retriesForEver: "tries again as long as it fails",
  countsAnewAfterEachByte: "counts the tries anew after each byte",
  retriesTheHopeless: "tries again what was refused for good",

  asksForAnyVersion: "asks for a range, whatever the version",
  trustsIfMatch: "believes that the store heeds If-Match",
  comparesSizes: "takes an object of the same size for the same object",
  goesOnWithTheNew: "goes on with the new version where the old one broke off",
  endsInsteadOfFailing: "ends the body when the object was replaced",

  leavesRangesOpen: "leaves the requests running when it is cancelled",
  keepsPermits: "keeps the permits when it is cancelled",
  keepsThePermitOfTheFailed: "keeps the permit of a range that failed",
  staysInLine: "stays in line for the budget when it is cancelled",
  releasesTwice: "gives each permit back twice",
  ignoresAbort: "does not listen to the signal",
  wrapsTheReason: "fails with an error of its own in the place of the reason",
  leavesTheOthers: "leaves the other ranges running when one fails",
  asksOn: "asks for the next range after a cancel",

  skipsTheCheck: "does not compare the bytes with the checksum",
  handsOnTheLast: "compares when the last byte is handed on",
  checksOneRange: "compares only what comes in one range",
  checksTheFirstChunk: "compares the checksum with the first chunk",

  waitsForAByte: "waits for the first byte of an empty object",
  asksForNoByte: "asks for the first byte of an empty object",
  asksBehindTheEnd: "asks for one range more where the last one is as large as the others",
  takesTheEndAtItsWord: "waits for bytes behind the end of the object",
  forgetsWaitingBuffers: "does not tell who waits with a buffer of the end",
  endIsExcluded: "leaves out the last byte of a range that ends before the object does",

  waitsForEver: "waits for what has stalled",
  timesOnlyTheAnswer: "waits for a body that has stalled",
  countsFromTheBeginning: "gives up what takes longer than its time budget in all",
  failsWhenStalled: "takes a stall for a failure",
  leavesTheStalled: "leaves the request running that has stalled",

  waitsForTheReader: "waits for ever for a reader that has stopped",
  endsForTheReader: "ends the body of a reader that has stopped, as if it were whole",
  hurriesTheReader: "gives a reader up when its time budget is over in all",
  keepsTheUnread: "fails the body that nobody reads, and keeps its ranges",

  ignoresTheSlow: "does not count the lowest range while it has not a byte",
  countsOpenRanges: "counts only the ranges that are on their way",
} as const;

export type Sin = keyof typeof SINS;

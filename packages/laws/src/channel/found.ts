import type { Sent, Taken } from "./accounts.js";

/** Those of the sentences that are broken. */
export const wrong = (...found: (string | false)[]): string[] => found.filter((one) => one !== false);
/** Says something of these items, if there are any. */
export const items = (sent: readonly Sent[], is: string): string | false =>
  sent.length > 0 && `item ${sent.map(({ id }) => id).join(", item ")} ${is}`;
/** Says something of these receivers, if there are any. */
export const receivers = (taken: readonly Taken[], is: string): string | false =>
  taken.length > 0 && `receiver ${taken.map(({ id }) => id).join(", receiver ")} ${is}`;

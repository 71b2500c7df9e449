/**
 * One timer for all parties with the same timeout, not one for each: they come in the order of their deadlines.
 * Calls `onExpire` with those whose time is over, until it is stopped by calling what it returns.
 */
export function watchDeadlines<Party extends { readonly since: number }>(
  timeout: number,
  parties: () => ReadonlySet<Party>,
  onExpire: (due: Party[]) => void,
): () => void {
  const expire = (): void => {
    const now = performance.now();
    const due: Party[] = [];
    for (const party of parties()) {
      // Timers count whole milliseconds and may fire a fraction early: what is left counts only from 1 up.
      const left = party.since + timeout - now;
      if (left >= 1) {
        timer = setTimeout(expire, left);
        break;
      }
      due.push(party);
    }
    onExpire(due);
  };
  let timer = setTimeout(expire, timeout);
  return () => clearTimeout(timer);
}

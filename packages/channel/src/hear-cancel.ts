import type { Channel } from "./channel.js";
import type { Receiver } from "./halves.js";

/** The channel's receiver; whoever cancels it, also by leaving `consume()`, is heard. */
export function hearCancel<T>(channel: Channel<T>, heard: (reason: unknown) => void): Receiver<T> {
  const cancel = (reason?: unknown): void => {
    channel.cancel(reason);
    heard(reason);
  };
  const consume = (): AsyncIterableIterator<T> => {
    const items = channel.consume();
    const leave = items.return!;
    items.return = () => {
      cancel();
      return leave();
    };
    return items;
  };
  return { ...channel.receiver, cancel, consume };
}

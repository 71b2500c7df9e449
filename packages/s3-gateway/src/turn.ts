// Taken now, so that a clock that a test stops does not stop a request.
const { setImmediate, MessageChannel, setTimeout } = globalThis as Partial<typeof globalThis> & {
  setImmediate?: (callback: () => void) => void;
};

/** Resolves in the next turn of the event loop. A timer comes last: browsers stretch one of 0 to 4 ms. */
export const turn = (): Promise<void> =>
  new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else if (MessageChannel) postTo(resolve, new MessageChannel());
    else setTimeout!(resolve);
  });

function postTo(callback: () => void, { port1, port2 }: MessageChannel): void {
  port1.onmessage = () => {
    port1.close();
    callback();
  };
  port2.postMessage(0);
}

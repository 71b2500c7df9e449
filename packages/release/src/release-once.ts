/** Makes a release that happens at most once, however many endings a stream reports. */
export function releaseOnce(release: () => void): () => void {
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    try {
      release();
    } catch (error) {
      // The stream has its own ending to tell, and this error must not replace it. It is the program's
      // own bug, so it surfaces where bugs do: as an uncaught exception.
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}

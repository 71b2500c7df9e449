/** Who is reading the parts of an object, so that they are removed only behind the last reader. */
export class Readers {
  readonly #readers = new Map<string, { count: number; last: (() => Promise<void>) | undefined }>();

  /** Returns what lets go again. */
  hold(id: string): () => void {
    const entry = this.#readers.get(id) ?? { count: 0, last: undefined };
    this.#readers.set(id, entry);
    entry.count++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--entry.count > 0) return;
      this.#readers.delete(id);
      void entry.last?.();
    };
  }

  /** Runs the task, which must not reject: now if nobody holds it, else when the last one lets go. */
  async whenFree(id: string, task: () => Promise<void>): Promise<void> {
    const entry = this.#readers.get(id);
    if (entry === undefined) await task();
    else entry.last = task;
  }
}

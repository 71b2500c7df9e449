/** Hands the item over. A taker that throws is a bug, and surfaces where bugs do: the item has left already. */
export function hand<T>(take: (item: T) => void, item: T): true {
  try {
    take(item);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
  return true;
}

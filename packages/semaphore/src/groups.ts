/** Parties by what they wait on: the first of a group begins one watch for all of it, the last one ends it. */
export class Groups<Key, Party> {
  readonly #groups = new Map<Key, { readonly parties: Set<Party>; readonly end: () => void }>();
  readonly #begin: (key: Key) => () => void;

  /** `begin` starts to watch a key, and returns what stops it. */
  constructor(begin: (key: Key) => () => void) {
    this.#begin = begin;
  }

  /** Who waits on the key now, in order of arrival. */
  of(key: Key): ReadonlySet<Party> {
    return this.#groups.get(key)!.parties;
  }

  add(key: Key, party: Party): void {
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { parties: new Set(), end: this.#begin(key) };
      this.#groups.set(key, group);
    }
    group.parties.add(party);
  }

  remove(key: Key, party: Party): void {
    const { parties, end } = this.#groups.get(key)!;
    parties.delete(party);
    if (parties.size > 0) return;
    this.#groups.delete(key);
    end();
  }
}

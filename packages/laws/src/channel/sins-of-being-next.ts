import { decides } from "./sinner.js";
import { type Move, SlowChannel } from "./twin.js";

export const C18_SINNERS = [
  decides(
    "lets waiting senders in only when another one comes",
    class extends SlowChannel {
      #comes = false;
      override offer(id: number, weight: number) {
        this.#comes = true;
        const moves = super.offer(id, weight);
        this.#comes = false;
        return moves;
      }
      override fits(weight: number) {
        return this.#comes && super.fits(weight);
      }
    },
  ),
  decides(
    "forgets to let in the next when the oldest gives up waiting",
    class extends SlowChannel {
      override withdraw(id: number): Move[] {
        this.line = this.line.filter((offer) => offer.id !== id);
        return [];
      }
    },
  ),
  decides(
    "lets one in for each that leaves, even if more fit",
    class extends SlowChannel {
      override next(): Move[] | undefined {
        const moves = super.next();
        if (moves?.[0]?.does === "accept" && moves.length === 1) this.left = 0;
        return moves;
      }
      left = 1;
      override settle(awake?: boolean): Move[] {
        this.left = 1;
        return super.settle(awake);
      }
      override fits(weight: number) {
        return this.left > 0 && super.fits(weight);
      }
    },
  ),
];

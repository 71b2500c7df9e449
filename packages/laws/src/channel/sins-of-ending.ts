import { ReferenceChannel } from "./reference.js";
import { decides, treats } from "./sinner.js";
import type { Parcel } from "./subject.js";
import { SlowChannel } from "./twin.js";

export const C3_SINNERS = [
  treats(
    "ends early: close() throws away what is inside",
    class extends ReferenceChannel<Parcel> {
      override close() {
        super.close();
        this.twin.line = [];
        this.apply(this.twin.settle());
      }
    },
  ),
  decides(
    "goes on accepting after it was closed",
    class extends SlowChannel {
      override offer(id: number, weight: number) {
        const { end } = this;
        this.end = undefined;
        const moves = super.offer(id, weight);
        this.end = end;
        return moves;
      }
    },
  ),
  decides(
    "leaves receivers waiting when it is closed",
    class extends SlowChannel {
      override next() {
        return this.end && this.line.length === 0 ? undefined : super.next();
      }
    },
  ),
  treats(
    "leaves senders waiting when it is closed",
    class extends ReferenceChannel<Parcel> {
      protected override refuse(offer: number) {
        if (!this.twin.end || !this.items.has(offer)) super.refuse(offer);
        else this.items.delete(offer);
      }
    },
  ),
  treats(
    "ends with an error that nobody can tell from others",
    class extends ReferenceChannel<Parcel> {
      protected override endError() {
        return new Error("closed");
      }
    },
  ),
];

export const C4_SINNERS = [
  treats(
    "swallows the failure: it only closes",
    class extends ReferenceChannel<Parcel> {
      override fail() {
        this.close();
      }
    },
  ),
  treats(
    "wraps the failure in an error of its own",
    class extends ReferenceChannel<Parcel> {
      protected override endError() {
        return this.twin.end === "fail" ? new Error("failed", { cause: this.failure }) : super.endError();
      }
    },
  ),
  treats(
    "fails at once, and what was inside is lost",
    class extends ReferenceChannel<Parcel> {
      override fail(error: unknown) {
        super.fail(error);
        this.twin.line = [];
        this.apply(this.twin.settle());
      }
    },
  ),
  treats(
    "tells only the first receiver of the failure",
    class extends ReferenceChannel<Parcel> {
      #told = false;
      protected override endError() {
        const error = super.endError();
        if (this.twin.end === "fail") this.twin.end = this.#told ? "fail" : "close";
        this.#told = true;
        return error;
      }
    },
  ),
];

export const C7_SINNERS = [
  treats(
    "leaks what it had buffered",
    class extends ReferenceChannel<Parcel> {
      override cancel() {
        super.close();
        this.twin.line = [];
        this.apply(this.twin.settle());
      }
    },
  ),
  treats(
    "hands everything over twice when it is cancelled twice",
    class extends ReferenceChannel<Parcel> {
      #inside: Parcel[] = [];
      override cancel() {
        this.#inside.push(...this.twin.line.flatMap(({ id }) => this.items.get(id) ?? []));
        super.cancel();
        if (this.twin.end === "cancel" && this.#inside.length > 0)
          this.options.onUndelivered(this.#inside[0]!, "cancelled");
      }
    },
  ),
  treats(
    "leaves the waiting senders waiting",
    class extends ReferenceChannel<Parcel> {
      protected override refuse(offer: number) {
        if (this.twin.end !== "cancel") super.refuse(offer);
      }
    },
  ),
  treats(
    "goes on delivering after it was cancelled",
    class extends ReferenceChannel<Parcel> {
      override cancel() {
        super.close();
      }
    },
  ),
];

export const C12_SINNERS = [
  treats(
    "closes for everybody when one leaves a for await",
    class extends ReferenceChannel<Parcel> {
      override [Symbol.asyncIterator]() {
        return this.iterate(() => this.close());
      }
    },
  ),
  treats(
    "cancels for everybody when one leaves a for await",
    class extends ReferenceChannel<Parcel> {
      override [Symbol.asyncIterator]() {
        return this.iterate(() => this.cancel());
      }
    },
  ),
  treats(
    "stays open when the loop over consume() is left",
    class extends ReferenceChannel<Parcel> {
      override consume() {
        return this.iterate(() => undefined);
      }
    },
  ),
];

/** How a promise ended, without waiting for it. */
export class Outcome {
  state: "pending" | "fulfilled" | "rejected" = "pending";
  reason: unknown;

  constructor(promise: Promise<unknown>, onSettled: () => void = () => {}) {
    promise.then(
      () => {
        this.state = "fulfilled";
        onSettled();
      },
      (reason) => {
        this.state = "rejected";
        this.reason = reason;
        onSettled();
      },
    );
  }

  readonly settled = (): boolean => this.state !== "pending";
}

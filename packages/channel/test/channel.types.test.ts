import { Channel, type Receiver, type Sender, type SendPermit } from "@sluice/channel";
import { Semaphore } from "@sluice/semaphore";
import { expect, test } from "vitest";

// Each line marked so must not compile; `pnpm typecheck` fails if one does.
export function neverCalled(
  sender: Sender<string>,
  receiver: Receiver<string>,
  seat: SendPermit<string>,
): void {
  // @ts-expect-error a sender cannot receive
  sender.receive();
  // @ts-expect-error a receiver cannot send
  receiver.send("x");
  // @ts-expect-error bytes are no text; decode first
  void sender.send(new Uint8Array());
  // @ts-expect-error a seat takes what its channel takes
  seat.send(1);
  // @ts-expect-error a seat is asked for by its weight, not by an item
  void sender.reserve("x");
  // @ts-expect-error there is no such mode
  new Channel<string>({ capacity: 1, whenFull: "burst" });
  // @ts-expect-error the capacity of a channel is settled
  new Channel<string>(1).capacity = 2;
  // @ts-expect-error what is sent as a reason goes with cancel, not with close
  sender.close("why");
  new Channel<string>({ capacity: 1, budget: new Semaphore(1) });
}

test("the types have their sinners", () => {
  expect(neverCalled).toBeTypeOf("function");
});

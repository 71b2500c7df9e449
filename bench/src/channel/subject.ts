import type { Work } from "../run/clock.js";

/** Prepares, and then makes so many of something that takes memory; gives what keeps it alive. */
export type Memory = (count: number) => () => Promise<object>;

/** What the tables ask of a channel; what a subject leaves out it does not have. */
export interface Subject {
  /** One sender who awaits each send, and one receiver in a `for await`. */
  flow?(capacity: number): Work;
  /** The same, where senders that wait are woken when half of the buffer is empty. */
  halves?(capacity: number): Work;
  /** Four senders and four receivers. */
  crowd?(capacity: number): Work;
  /** The sender waits only where there is no room; the receiver takes what is there, and waits if that is nothing. */
  batches?(capacity: number): Work;
  /** The same, with a receiver that waits for one item and then takes what else is there. */
  drains?(capacity: number): Work;
  /** One in and one out, without a promise. */
  readonly pairs?: Work;
  /** Chunks of 1 KiB through a buffer of 1 MiB. */
  readonly chunks?: Work;
  /** Items that were sent and not received. */
  readonly queued?: Memory;
  /** Senders behind a buffer of one that is full. */
  readonly blocked?: Memory;
}

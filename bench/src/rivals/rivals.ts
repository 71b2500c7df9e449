import { asyncChannel } from "./adapters/async-channel.js";
import { asyncMutex } from "./adapters/async-mutex.js";
import { asyncSema } from "./adapters/async-sema.js";
import { esToolkit } from "./adapters/es-toolkit.js";
import { medium } from "./adapters/medium.js";
import { radashi } from "./adapters/radashi.js";
import { semaphoreAsyncAwait } from "./adapters/semaphore-async-await.js";
import { shopifySemaphore } from "./adapters/shopify-semaphore.js";
import { sluiceChannel, sluiceSemaphore } from "./adapters/sluice.js";
import { thiNgCsp } from "./adapters/thi-ng-csp.js";
import type { Rival } from "./rival.js";

/** In the order of the columns. */
export const RIVALS: readonly Rival[] = [
  ...[sluiceSemaphore, asyncMutex, asyncSema, esToolkit, radashi, semaphoreAsyncAwait, shopifySemaphore],
  ...[sluiceChannel, asyncChannel, medium, thiNgCsp],
];

export function rivalCalled(name: string): Rival {
  const rival = RIVALS.find((one) => one.name === name);
  if (rival === undefined) {
    throw new Error(`no rival is called ${name}; there are ${RIVALS.map((one) => one.name).join(", ")}`);
  }
  return rival;
}

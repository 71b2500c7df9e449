import { bulkhead } from "cockatiel";
import { running } from "../running.js";

export const subject = running(() => {
  const policy = bulkhead(1, Number.POSITIVE_INFINITY);
  return (task, signal) => policy.execute(task, signal);
});

import pLimit from "p-limit";
import { running } from "../running.js";

export const subject = running(() => {
  const limit = pLimit(1);
  return (task) => limit(task);
});

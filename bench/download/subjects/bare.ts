import { Agent, get, type IncomingMessage } from "node:http";
import { BUCKET, type Open } from "../subject.js";
import { flowing, stalled } from "./node-body.js";

// The barest download: one GET of node:http. No S3, no ranges, no retries, and an end that comes too early is an end.

export const bare: Open = ({ endpoint }) => {
  const agent = new Agent({ keepAlive: true });
  const open = (key: string): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      get(`${endpoint}/${BUCKET}/${key}`, { agent }, resolve).once("error", reject);
    });
  return {
    read: async (key, take) => flowing(await open(key), take),
    stall: async (key) => stalled(await open(key)),
  };
};

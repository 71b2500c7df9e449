/** The keys of servers that live for one measurement, on loopback. */
export const KEYS = { accessKeyId: "AKBENCH", secretAccessKey: "a-key-of-the-bench" };
export const REGION = "us-east-1";
export const BUCKET = "bench";

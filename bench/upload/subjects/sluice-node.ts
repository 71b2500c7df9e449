import { nodeStore } from "@sluice/s3-fetch/node";
import { CREDENTIALS, type Open, REGION } from "../subject.js";
import { uploadTo } from "./upload-to.js";

export const sluiceNode: Open = (terms) =>
  uploadTo(
    nodeStore({ endpoint: terms.endpoint, region: REGION, credentials: CREDENTIALS, payload: "unsigned" }),
    terms,
  );

import { fetchStore } from "@sluice/s3-fetch";
import { CREDENTIALS, type Open, REGION } from "../subject.js";
import { uploadTo } from "./upload-to.js";

export const sluiceFetch: Open = (terms) =>
  uploadTo(
    fetchStore({ endpoint: terms.endpoint, region: REGION, credentials: CREDENTIALS, payload: "unsigned" }),
    terms,
  );

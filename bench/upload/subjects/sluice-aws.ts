import { awsStore } from "@sluice/s3-aws-sdk";
import type { Open } from "../subject.js";
import { awsClient } from "./aws-client.js";
import { uploadTo } from "./upload-to.js";

export const sluiceAws: Open = (terms) => uploadTo(awsStore(awsClient(terms.endpoint)), terms);

export { type AwsStoreOptions, awsStore } from "./aws-store.js";

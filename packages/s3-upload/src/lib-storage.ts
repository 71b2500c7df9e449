export type {
  BodyDataTypes,
  Configuration,
  Options,
  Progress,
  RawDataPart,
  ServiceClients,
} from "./lib-storage/options.js";
export { Upload } from "./lib-storage/upload.js";

import type { IntegrityOptions } from "@sluice/object-store";

/** A body whose digests are known beforehand: to compute them is not what is judged. */
export interface Sample {
  readonly text: string;
  readonly md5: string;
  readonly crc32: string;
  readonly crc32c: string;
  readonly crc64nvme: string;
  readonly sha1: string;
  readonly sha256: string;
}

export const SAMPLES: readonly Sample[] = [
  {
    text: "",
    md5: "1B2M2Y8AsgTpgAmY7PhCfg==",
    crc32: "AAAAAA==",
    crc32c: "AAAAAA==",
    crc64nvme: "AAAAAAAAAAA=",
    sha1: "2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    sha256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
  },
  {
    text: "hello",
    md5: "XUFAKrxLKna5cZ2REBfFkg==",
    crc32: "NhCmhg==",
    crc32c: "mnG7TA==",
    crc64nvme: "M3eFcAZSQlc=",
    sha1: "qvTGHdzF6KLavt4PO0gs2a6pQ00=",
    sha256: "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
  },
  {
    text: "hellp",
    md5: "yYMZBIPfFn0qOEFGPCqTQQ==",
    crc32: "uxircw==",
    crc32c: "1DxABw==",
    crc64nvme: "pVpi1C7n/qc=",
    sha1: "1Lqq16aKN5seEz4P6gYDBRsBJMo=",
    sha256: "/ddYXgjE4q/XHcq9tGNsidVXo/QtueIEDIu9FwiqTOc=",
  },
  {
    text: "a longer sample of forty-five bytes, and some",
    md5: "nwgwgrMXwQyYZTti/O01Vg==",
    crc32: "SsmuAg==",
    crc32c: "+g91Tg==",
    crc64nvme: "2RtRG5Rg1vU=",
    sha1: "ziC8TaGWGt4Rop+4T+9PvFbzwpY=",
    sha256: "o0/OomFZ5CMxwLvz31gyNLwaRjenT5QeKWNWySzUh5c=",
  },
];

export type DigestName = Exclude<keyof Sample, "text">;

/** What announces this digest of the sample, as of any body. */
export function announced(sample: Sample, digest: DigestName): IntegrityOptions {
  return digest === "md5"
    ? { contentMd5: sample.md5 }
    : { checksum: { algorithm: digest, value: sample[digest] } };
}

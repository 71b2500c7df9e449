/** What is wrong with a key as the name of a file. */
export type KeyFault =
  | "empty segment"
  | "dot segment"
  | "NUL"
  | "drive letter"
  | "not a name on Windows"
  | "too long"
  | "a download's own name"
  | "bytes in a folder"
  | "through a link"
  | "below a file"
  | "is a folder";

/** A key that no file in the folder can have the name of; nothing was written for it. `code` is `ERR_UNSAFE_KEY`. */
export class UnsafeKeyError extends Error {
  override readonly name = "UnsafeKeyError";
  readonly code = "ERR_UNSAFE_KEY";
  readonly key: string;
  readonly fault: KeyFault;
  constructor(key: string, fault: KeyFault, cause?: unknown) {
    super(`${JSON.stringify(key)} ${WHY[fault]}; download it by itself, under another name`, { cause });
    this.key = key;
    this.fault = fault;
  }
}

const WHY: Readonly<Record<KeyFault, string>> = {
  "empty segment": "has nothing between two slashes, or begins with one",
  "dot segment": 'has "." or ".." between slashes, which could lead out of the folder',
  NUL: "has a NUL in it",
  "drive letter": "begins with a drive letter",
  "not a name on Windows": "has a name in it that Windows does not take",
  "too long": "has more than 255 bytes between two slashes",
  "a download's own name": "has the name of the temporary file of another download",
  "bytes in a folder": "ends in a slash, as a folder does, but has bytes",
  "through a link": "leads through a link that is in the folder",
  "below a file": "needs a folder where a file is",
  "is a folder": "needs a file where a folder is",
};

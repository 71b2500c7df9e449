// What the system calls a failure, and what that means to whoever typed the command.
const SYSTEM: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EEXIST: "exists already",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EISDIR: "is a folder",
  ENOTDIR: "a part of the path is no folder",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  EADDRINUSE: "the port is taken; choose another with --port",
  EADDRNOTAVAIL: "this machine has no such address; choose another with --hostname",
};

const STORE: Readonly<Record<string, string>> = {
  AccessDenied: "the keys in use may not do that",
  InvalidAccessKeyId: "the server does not know the access key id: check AWS_ACCESS_KEY_ID or AWS_PROFILE",
  SignatureDoesNotMatch: "the secret key is not the one of the access key id: check AWS_SECRET_ACCESS_KEY",
  NoSuchBucket: "make it first, or check its name and the endpoint",
  NetworkError: "check --endpoint or AWS_ENDPOINT_URL, and whether a server runs there",
  CredentialsProviderError:
    "no credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
};

/** One line about a failure: what was wrong, and what would be right where that is known. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error));
  const { code, path, message } = error as NodeJS.ErrnoException;
  const known = code === undefined ? undefined : SYSTEM[code];
  if (known !== undefined)
    return oneLine(path === undefined ? `${message}: ${known}` : `${path}: ${known} (${code})`);
  const hint = STORE[code ?? error.name] ?? STORE[(error.cause as Error | undefined)?.name ?? ""];
  if (/Region is missing/.test(message)) return "no region found: set AWS_REGION, or pass --region";
  return oneLine(hint === undefined ? message : `${message} - ${hint}`);
}

const oneLine = (text: string) => text.replace(/\s*[\r\n]+\s*/g, " ").trim();

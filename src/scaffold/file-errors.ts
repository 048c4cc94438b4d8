/** Turns what the operating system says about a file into a line that a person can act on. */

import { TornadoError, toError } from "../core/errors.js";

const EXPLANATIONS: Readonly<Record<string, { code: string; text: (path: string) => string }>> = {
  ENOSPC: {
    code: "NO_SPACE",
    text: noSpace,
  },
  EDQUOT: {
    code: "NO_SPACE",
    text: (path) => `Your disk quota is used up in "${path}". Free some space, or choose another disk.`,
  },
  EACCES: { code: "NOT_WRITABLE", text: notWritable },
  EPERM: { code: "NOT_WRITABLE", text: notWritable },
  EROFS: { code: "NOT_WRITABLE", text: (path) => `"${path}" is on a read-only disk. Choose another folder.` },
  ENOTDIR: {
    code: "NOT_A_FOLDER",
    text: (path) => `"${path}" leads through something that is not a folder. Choose another folder.`,
  },
  ENAMETOOLONG: {
    code: "NAME_TOO_LONG",
    text: (path) => `"${path}" is longer than the disk allows. Choose a shorter name.`,
  },
  ELOOP: {
    code: "NOT_A_FOLDER",
    text: (path) => `"${path}" is a symbolic link that leads to itself. Choose another folder.`,
  },
};

/** Explains an error of the file system about `path`; any other error is given back as it is. */
export function explainFileError(thrown: unknown, path: string): Error {
  const error = toError(thrown);
  if (error instanceof TornadoError) return error;
  const explanation = EXPLANATIONS[(error as NodeJS.ErrnoException).code ?? ""];
  if (explanation === undefined) return error;
  return new TornadoError(explanation.code, explanation.text(path), { cause: error });
}

/** Says that another program found the disk of `path` full. */
export function noSpaceLeft(path: string): TornadoError {
  return new TornadoError("NO_SPACE", noSpace(path));
}

function noSpace(path: string): string {
  return `No space is left on the disk of "${path}". Free some, or choose another disk.`;
}

function notWritable(path: string): string {
  return `You may not write in "${path}". Choose another folder, or change its permissions.`;
}

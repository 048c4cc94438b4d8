import type { RequestHandler } from "tornado/web";

/** Most characters that a name may have. */
export const maxNameLength = 30;

/** Gives the name of whoever asks, for pages and WebSockets alike. The cookie's signature says that we wrote it ourselves. */
export function signedName(handler: RequestHandler): string | null {
  return handler.getSignedCookie("name")?.toString() ?? null;
}

/** What the supervisor and its workers say to each other about channels. */

/** Messages on their way between two processes: beyond either of these, new ones are dropped. */
export const maxMessagesUnderway = 20_000;
export const maxTextUnderway = 32 * 2 ** 20;

/** What a worker says. */
export type ChannelReport =
  | { readonly kind: "channelPublish"; readonly channel: string; readonly text: string }
  /** Channels whose number of subscribers has changed. */
  | { readonly kind: "channelCounts"; readonly counts: readonly (readonly [channel: string, count: number])[] }
  /** So many messages with so many characters have been taken; told now and then. */
  | { readonly kind: "channelTaken"; readonly messages: number; readonly characters: number }
  | { readonly kind: "channelQuestion"; readonly question: number; readonly channel: string };

/** What the supervisor says. */
export type ChannelTask =
  | { readonly kind: "channelMessage"; readonly channel: string; readonly text: string }
  | { readonly kind: "channelAnswer"; readonly question: number; readonly count: number };

export function isChannelReport(payload: unknown): payload is ChannelReport {
  return isChannelKind(payload);
}

export function isChannelTask(payload: unknown): payload is ChannelTask {
  return isChannelKind(payload);
}

function isChannelKind(payload: unknown): boolean {
  const kind = (payload as { readonly kind?: unknown } | null)?.kind;
  return typeof kind === "string" && kind.startsWith("channel");
}

/** What the supervisor and its workers say to each other about channels. */

/** A worker says after so many messages that it has taken them. */
export const channelAckInterval = 256;

/** What a worker says. */
export type ChannelReport =
  | { readonly kind: "channelPublish"; readonly channel: string; readonly text: string }
  /** Channels whose number of subscribers has changed. */
  | { readonly kind: "channelCounts"; readonly counts: readonly (readonly [channel: string, count: number])[] }
  | { readonly kind: "channelTaken" }
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

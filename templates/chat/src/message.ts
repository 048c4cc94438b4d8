/** What somebody has said. */
export interface ChatMessage {
  readonly id: string;
  readonly author: string;
  readonly text: string;
  /** In ISO 8601. */
  readonly sentAt: string;
}

/** Most characters that one message may have. */
export const maxTextLength = 500;

export function newMessage(author: string, text: string): ChatMessage {
  return { id: crypto.randomUUID(), author, text, sentAt: new Date().toISOString() };
}

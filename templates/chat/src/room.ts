import type { Channel } from "tornado/channels";
import type { Application } from "tornado/web";
import type { ChatMessage } from "./message.js";

/** How many people are in the room. */
export interface Presence {
  readonly online: number;
}

const rememberedMessages = 100;

/** The one room of this app. Its channels reach every worker; what was said lately is remembered in each. */
export class Room {
  readonly messages: Channel<ChatMessage>;
  /** Has one subscriber for each person, so that it can be counted. */
  readonly presence: Channel<Presence>;
  #history: readonly ChatMessage[] = [];
  #isAnnouncing = false;
  #hasChanged = false;

  constructor(app: Application) {
    this.messages = app.channel("messages");
    this.presence = app.channel("presence");
    app.onStart(() => {
      this.messages.subscribe((message) => {
        this.#history = [...this.#history, message].slice(-rememberedMessages);
      });
    });
  }

  /** The messages after one, or all that are remembered when it is not among them. */
  since(id?: string): readonly ChatMessage[] {
    return this.#history.slice(this.#history.findIndex((message) => message.id === id) + 1);
  }

  /** Tells everybody how many are here: once for all who come at the same time. */
  async announce(): Promise<void> {
    this.#hasChanged = true;
    if (this.#isAnnouncing) return;
    this.#isAnnouncing = true;
    try {
      let announced: number | null = null;
      for (;;) {
        this.#hasChanged = false;
        const online = await this.presence.count();
        // Counts once more than it tells: another worker may have told its own count meanwhile.
        if (online === announced && !this.#hasChanged) break;
        if (online !== announced) this.presence.publish({ online });
        announced = online;
      }
    } finally {
      this.#isAnnouncing = false;
    }
  }
}

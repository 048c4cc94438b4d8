import { HTTPError } from "tornado/web";
import { WebSocketHandler } from "tornado/websocket";
import type { ChatApplication } from "../chat-application.js";
import { maxTextLength, newMessage } from "../message.js";
import { signedName } from "../user.js";

/**
 * Connects one page with the room. Each text it sends is something to say; it gets every `ChatMessage`, its own too, and every
 * `Presence`. Pages of other sites cannot connect: that is what `checkOrigin` sees to by itself.
 */
export class RoomWebSocket extends WebSocketHandler<object, ChatApplication> {
  override getCurrentUser(): string | null {
    return signedName(this);
  }

  override prepare(): void {
    if (this.currentUser === null) throw new HTTPError(403, "No name has been given yet");
  }

  override async open(): Promise<void> {
    const { room } = this.application;
    // What was said since the page was made, or since its connection was lost. Nothing new comes in between.
    for (const message of room.since(this.getQueryArgument("after", ""))) void this.writeMessage(message);
    this.subscribe(room.messages);
    this.subscribe(room.presence);
    await room.announce();
  }

  override onMessage(message: string | Buffer): void | Promise<void> {
    const text = String(message).trim();
    if (text === "" || text.length > maxTextLength) {
      return this.writeMessage({ problem: `Say it in 1 to ${maxTextLength} characters.` });
    }
    this.application.room.messages.publish(newMessage(this.currentUser as string, text));
  }

  override async onClose(): Promise<void> {
    await this.application.room.announce();
  }
}

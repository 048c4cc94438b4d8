import { Condition, type WaitOptions } from "tornado/locks";

export interface ChatMessage {
  readonly id: number;
  readonly text: string;
}

const capacity = 200;

/** Keeps the latest messages, and lets readers wait for the next one. */
export class MessageBuffer {
  readonly #added = new Condition();
  #messages: readonly ChatMessage[] = [];
  #lastId = 0;

  add(text: string): ChatMessage {
    const message = { id: ++this.#lastId, text };
    this.#messages = [...this.#messages, message].slice(-capacity);
    this.#added.notifyAll();
    return message;
  }

  /** Gives what came after a message. When there is nothing, it waits; after the timeout the list is empty. */
  async after(id: number, options: WaitOptions): Promise<readonly ChatMessage[]> {
    const found = this.#since(id);
    if (found.length > 0) return found;
    await this.#added.wait(options);
    return this.#since(id);
  }

  #since(id: number): readonly ChatMessage[] {
    return this.#messages.filter((message) => message.id > id);
  }
}

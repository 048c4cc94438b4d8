/** The WebSocket of the ws library, with an end that waits its turn. */

import { WebSocket } from "ws";

/** Decides when a close frame of the other side is answered. */
interface CloseKeeper {
  answerClose(answer: () => void): void;
}

/**
 * The library answers a close frame as soon as it has read it, while messages that came before may still be worked on, and could not
 * be answered any more then. Here whoever delivers them says when. Wrong frames, which are answered by a close, are treated alike.
 */
export class OrderlyWebSocket extends WebSocket {
  closeKeeper: CloseKeeper | null = null;

  override close(code?: number, data?: string | Buffer): void {
    if (this.closeKeeper === null) super.close(code, data);
    else this.closeKeeper.answerClose(() => super.close(code, data));
  }
}

import { UIModule } from "tornado/web";
import type { ChatMessage } from "../message.js";

/** One message of the room: `{% module Message(message) %}`. Without one, the empty form that the page's script fills. */
export class Message extends UIModule {
  render(message: ChatMessage = { id: "", author: "", text: "", sentAt: "" }) {
    return this.renderString("modules/message.html", { message });
  }
}

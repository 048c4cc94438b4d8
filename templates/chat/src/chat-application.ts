import { Application } from "tornado/web";
import { Room } from "./room.js";

/** The application with what its handlers share, which they reach as `this.application`. */
export class ChatApplication extends Application {
  readonly room = new Room(this);
}

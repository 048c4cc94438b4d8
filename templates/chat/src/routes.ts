import { url } from "tornado/web";
import { HomeHandler, JoinHandler, LeaveHandler } from "./handlers/home.js";
import { RoomWebSocket } from "./websockets/room.js";

/** Every URL of the app. Templates and handlers refer to one by its name: `reverseUrl("home")`. */
export const routes = [
  url("/", HomeHandler, {}, { name: "home" }),
  url("/join", JoinHandler, {}, { name: "join" }),
  url("/leave", LeaveHandler, {}, { name: "leave" }),
  url("/ws/room", RoomWebSocket, {}, { name: "room" }),
];

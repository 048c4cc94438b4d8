/** The front door of `tornado/channels`: publish and subscribe across workers and machines. */

export { Channel, type Subscriber } from "./channel.js";
export type { Publishable } from "./channel-message.js";
export { Channels } from "./channels.js";

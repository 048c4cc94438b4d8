/** The types of mixins: what they can be applied to, and what comes out. */

import type { RequestHandler } from "../web/request-handler.js";

/** A class of handlers that a mixin can extend. */
// biome-ignore lint/suspicious/noExplicitAny: the compiler wants these parameters of what a mixin extends (TS2545)
export type HandlerConstructor = new (...args: any[]) => RequestHandler<any, any>;

/** The class that a mixin makes of another one. */
// biome-ignore lint/suspicious/noExplicitAny: as above, for mixins of mixins
export type Mixed<Base extends HandlerConstructor, Added> = Base & (new (...args: any[]) => Added);

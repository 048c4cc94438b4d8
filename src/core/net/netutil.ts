/** The entry point `tornado/netutil`: sockets to listen on, names to connect to, TLS contexts. */

export { addAcceptHandler, type BindOptions, bindSockets, bindUnixSocket } from "./bind-sockets.js";
export {
  DefaultResolver,
  isValidIp,
  OverrideResolver,
  type ResolvedAddress,
  type Resolver,
  type ResolverMapping,
} from "./resolver.js";
export { type StreamSSLOptions, sslOptionsToContext } from "./ssl-options.js";

import { BaseHandler } from "./base.js";

/** Tells a load balancer that the process answers. */
export class HealthHandler extends BaseHandler {
  get() {
    this.write({ status: "ok" });
  }
}

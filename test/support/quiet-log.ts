/** Keeps the log of the code under test out of the test run's own output; a test that reads the log configures its own. */

import { configureLogging } from "../../src/core/log.js";

configureLogging({ sink: () => {} });

/** Asks what was not said: the name of the app and its template, then whether to go ahead. */

import { basename, resolve } from "node:path";
import prompts, { type PromptObject } from "prompts";
import { judgeAppName } from "./app-name.js";
import { DEFAULT_TEMPLATE, findAppTemplate } from "./app-templates.js";
import { Cancelled } from "./cancellation.js";
import type { Creation } from "./creation.js";

/** Asks at a terminal; elsewhere everything keeps its default. */
export async function ask(creation: Creation): Promise<void> {
  const { options } = creation;
  const needsAnswer = options.directory === undefined || options.template === undefined;
  if (!needsAnswer) return;
  if (!options.isInteractive || options.dryRun) {
    if (options.directory === undefined)
      options.say(options.style.dim(`No directory was given, so it is "${creation.directory}".`));
    return;
  }

  if (options.directory === undefined) creation.directory = await question(creation, nameQuestion(creation));
  if (options.template === undefined) {
    creation.template = findAppTemplate(creation.templates, await question(creation, templateQuestion(creation)));
  }
  options.say(`\n${whatItWillDo(creation)}\n`);
  const goesAhead = await question(creation, { type: "confirm", name: "answer", message: "Go ahead?", initial: true });
  if (!goesAhead) throw new Cancelled();
}

/** `prompts` resolves without an answer on Ctrl-C; a signal from elsewhere does not end it, so the two race. */
async function question(creation: Creation, prompt: PromptObject<"answer">) {
  const { signal } = creation;
  let stop = () => {};
  const aborted = new Promise<never>((_, fail) => {
    stop = () => fail(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  const cancelled = () => {
    throw new Cancelled();
  };
  try {
    const { answer } = await Promise.race([prompts(prompt, { onCancel: cancelled }), aborted]);
    return answer;
  } catch (error) {
    // The prompt hid the cursor, and may have been left in the middle.
    process.stdout.write("\u001b[?25h");
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function nameQuestion(creation: Creation): PromptObject<"answer"> {
  return {
    type: "text",
    name: "answer",
    message: "Name of the app, which is also its folder",
    initial: creation.directory,
    format: (text: string) => text.trim(),
    validate: (text: string) => {
      const directory = text.trim() || creation.directory;
      if (directory === ".") return true;
      const { faults, corrected } = judgeAppName(basename(resolve(creation.options.workingFolder, directory)));
      return faults.length === 0 || `Not possible: ${faults.join("; ")}. Try ${corrected}`;
    },
  };
}

function templateQuestion(creation: Creation): PromptObject<"answer"> {
  const width = Math.max(...creation.templates.map((template) => template.name.length)) + 2;
  return {
    type: "select",
    name: "answer",
    message: "Template",
    choices: creation.templates.map((template) => ({
      title: template.name.padEnd(width) + creation.options.style.dim(template.description),
      value: template.name,
    })),
    initial: creation.templates.findIndex((template) => template.name === DEFAULT_TEMPLATE),
  };
}

function whatItWillDo({ options, directory, template }: Creation): string {
  const { packageManager, style } = options;
  const place = directory === "." ? "this folder" : directory;
  const acts = [`make ${style.bold(place)} from the template ${style.bold(template.name)}`];
  if (options.install) acts.push(`install its packages with ${packageManager.name}`);
  if (options.git) acts.push("start a git repository");
  if (options.dev) acts.push("serve it");
  const last = acts.pop();
  return `This will ${acts.length === 0 ? last : `${acts.join(", ")} and ${last}`}.`;
}

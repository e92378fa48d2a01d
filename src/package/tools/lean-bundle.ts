/**
 * What the bundle leaves out of its packages. Each part that is loaded without need delays every start, and a
 * connector process is started for every sync; sources run the packages as they are.
 */

import { maxHeaderSize } from "node:http";
import type { Plugin } from "esbuild";

/** Of undici's many parts these are used, each loaded when it is. `fetch` alone would double the start. */
const UNDICI_PARTS: Readonly<Record<string, string>> = {
  Pool: "./lib/dispatcher/pool",
  ProxyAgent: "./lib/dispatcher/proxy-agent",
};

/** Files that are replaced, by the end of their path. */
const REPLACED: readonly (readonly [path: string, contents: string])[] = [
  [
    "undici/index.js",
    `const Dispatcher = require("./lib/dispatcher/dispatcher");
     Object.assign(Dispatcher.prototype, require("./lib/api"));
     ${Object.entries(UNDICI_PARTS)
       .map(([name, path]) => `Object.defineProperty(exports, "${name}", { get: () => require("${path}") });`)
       .join("\n")}`,
  ],
  [
    "undici/lib/dispatcher/client-h2.js",
    'module.exports = () => { throw new Error("HTTP/2 is left out"); };',
  ],
  // A second parser, which is experimental and off.
  ["undici/lib/milo/simd.js", "throw new Error('the parser is left out');"],
  ["undici/lib/milo/no-simd.js", "throw new Error('the parser is left out');"],
  ["pino/lib/transport.js", 'module.exports = () => { throw new Error("transports are left out"); };'],
];

/** Node's own modules that a package loads at once and needs seldom; they are loaded at their first use. */
const DEFERRED: Readonly<Record<string, readonly string[]>> = {
  "@grpc/grpc-js": ["zlib", "dns"],
  "sonic-boom": ["assert"],
};

export const leanBundle: Plugin = {
  name: "lean-bundle",
  setup: (builder) => {
    for (const [path, contents] of REPLACED) {
      builder.onLoad({ filter: endingWith(`node_modules/${path}`) }, () => ({ contents }));
    }
    // undici reads one number and one class of Node's HTTP client, which is not used otherwise.
    builder.onResolve({ filter: /^node:http$/ }, ({ importer }) =>
      isFrom("undici", importer) ? { path: "http", namespace: "number" } : undefined,
    );
    builder.onLoad({ filter: /^http$/, namespace: "number" }, () => ({
      contents: `exports.maxHeaderSize = ${maxHeaderSize}; exports.IncomingMessage = class {};`,
    }));
    builder.onResolve({ filter: /^[a-z]+$/ }, ({ path, importer }) => {
      const deferred = Object.entries(DEFERRED).some(
        ([name, modules]) => modules.includes(path) && isFrom(name, importer),
      );
      return deferred ? { path, namespace: "deferred" } : undefined;
    });
    builder.onLoad({ filter: /^/, namespace: "deferred" }, ({ path }) => ({
      contents: `module.exports = new Proxy(function () {}, {
        get: (_, name) => require("node:${path}")[name],
        apply: (_, self, args) => require("node:${path}")(...args),
      });`,
    }));
  },
};

/**
 * Refuses sources that take something from undici which the bundle leaves out: it would be undefined there, and only
 * there.
 *
 * @param source of one file of the program
 * @throws Error that names the file and what is left out
 */
export function refuseLeftOut(source: string, file: string): void {
  for (const [statement] of source.matchAll(/[^;]*\b(?:from |import\()"undici"\)?/g)) {
    if (/\bimport type \{[^{}]*\} from "undici"$/.test(statement)) continue;
    const names = /\{([^{}]*)\} = await import\("undici"\)$/.exec(statement)?.[1];
    if (names === undefined) throw new Error(`${file} must take the parts of undici by their names`);
    const leftOut = names
      .split(",")
      .map((part) => part.replace(/:.*/s, "").trim())
      .filter((name) => name !== "" && !Object.hasOwn(UNDICI_PARTS, name));
    if (leftOut.length === 0) continue;
    throw new Error(
      `${file} takes ${leftOut.join(", ")} from undici, which the bundle leaves out; see UNDICI_PARTS`,
    );
  }
}

function endingWith(path: string): RegExp {
  return new RegExp(`${path.replaceAll(".", "\\.").replaceAll("/", "[\\\\/]")}$`);
}

function isFrom(packageName: string, importer: string): boolean {
  return importer.replaceAll("\\", "/").includes(`node_modules/${packageName}/`);
}

"use strict";
// Loaded into Azurite with `node --require`; makes it a child that its launcher can rely on.

// What node has compiled once it need not compile again: half a second of each start.
require("node:module").enableCompileCache(`${__dirname}/node_modules/.compiled`);

// Azurite listens to its first SIGTERM only; a second one would kill it before its data is written.
let stopping = false;
process.on("SIGTERM", () => {
  if (!stopping && process.listenerCount("SIGTERM") === 1) process.exit(0);
  stopping = true;
});

// It ends when its standard input does, and so even when the launcher was killed.
process.stdin.on("close", () => {
  setTimeout(() => process.exit(1), 10000).unref();
  if (!stopping) process.emit("SIGTERM");
});
process.stdin.resume();

// Ctrl-C reaches the whole process group, but storage has to outlast those who still write to it.
const once = process.once;
process.once = function (event, ...rest) {
  return event === "SIGINT" ? process.on("SIGINT", () => {}) : once.call(process, event, ...rest);
};

// A killed Azurite forgets what it has not yet written: at most one second's worth instead of five.
const Loki = require("lokijs");
const configureOptions = Loki.prototype.configureOptions;
Loki.prototype.configureOptions = function (options, ...rest) {
  if (options && options.autosave) options.autosaveInterval = 1000;
  return configureOptions.call(this, options, ...rest);
};

#!/usr/bin/env node
import { runJob } from "./job";

/** The container's entry. */
void runJob(process.env, process.argv.slice(2)).then((exitCode) => process.exit(exitCode));

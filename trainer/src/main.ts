#!/usr/bin/env node
import { runJob } from "./job";

/** The container's entry. */
void runJob(process.env).then((exitCode) => process.exit(exitCode));

import { ConstructError } from "../constructs/construct-error";
import { synthesise } from "./compose";
import { environmentsTable } from "./environments-table";

try {
  console.log(environmentsTable(synthesise()));
} catch (error) {
  if (!(error instanceof ConstructError)) throw error;
  // Findings are for whoever wrote the values: a stack trace would bury them.
  console.error(error.message);
  process.exitCode = 1;
}

import { synthesise } from "../../environments/compose";
import { reportUse } from "./process-use";

/** Synthesises the environments into the folder that is named, and says what that took. */
const [outdir] = process.argv.slice(2);
reportUse(() => synthesise({ outdir }));

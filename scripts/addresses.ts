import { writeFileSync } from "node:fs";
import { ADDRESS_FILE, currentAddresses } from "../test/support/address-record";

/** `npm run addresses`: records where the state keeps each resource. A test compares; review what changes. */
writeFileSync(ADDRESS_FILE, `${JSON.stringify(currentAddresses(), undefined, 2)}\n`);

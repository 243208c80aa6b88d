/** Leave to send and fetch blobs, as the core gives it: it keeps it for as long as it is good. */

import type { BlobAccess } from "../../lib/core";
import { core } from "../state";

export function access(): Promise<BlobAccess> {
  return core.blobAccess();
}

import { realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Our folder among the temporary files. The user is in its name: another user's may lie beside it. */
export function temporaryRoot(): string {
  return path.join(realpathSync(os.tmpdir()), `switchyard-${process.getuid?.() ?? 'user'}`);
}

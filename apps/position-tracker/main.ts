import { nounPool } from '@switchyard/persistence';
import { runRoles } from '@switchyard/platform/run-roles';
import { positionsRole } from '@switchyard/positions-nest';

await runRoles([positionsRole], { nounPool });

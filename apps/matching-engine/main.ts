import { matchingRole } from '@switchyard/matching-nest';
import { nounPool } from '@switchyard/persistence';
import { runRoles } from '@switchyard/platform/run-roles';

await runRoles([matchingRole], { nounPool });

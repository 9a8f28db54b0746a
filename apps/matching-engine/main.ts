import { nounPool } from '@switchyard/persistence';
import { runRoles } from '@switchyard/platform/run-roles';
import { matchingRole } from '@switchyard/matching-nest';

await runRoles([matchingRole], { nounPool });

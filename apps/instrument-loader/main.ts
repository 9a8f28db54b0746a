import { nounPool } from '@switchyard/persistence';
import { runRoles } from '@switchyard/platform/run-roles';
import { instrumentsRole } from '@switchyard/instruments-nest';

await runRoles([instrumentsRole], { nounPool });

import { nounPool } from '@switchyard/persistence';
import { runRoles } from '@switchyard/platform/run-roles';
import { riskRole } from '@switchyard/risk-nest';

await runRoles([riskRole], { nounPool });

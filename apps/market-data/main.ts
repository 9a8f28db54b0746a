import { nounPool } from '@switchyard/persistence';
import { runRoles } from '@switchyard/platform/run-roles';
import { marketdataRole } from '@switchyard/marketdata-nest';

await runRoles([marketdataRole], { nounPool });

import { nounPool } from '@switchyard/persistence';
import { runRoles } from '@switchyard/platform/run-roles';
import { brokersRole } from '@switchyard/brokers-nest';

await runRoles([brokersRole], { nounPool });

import { nounPool } from '@switchyard/persistence';
import { runRoles } from '@switchyard/platform/run-roles';
import { ordersRole } from '@switchyard/orders-nest';

await runRoles([ordersRole], { nounPool });

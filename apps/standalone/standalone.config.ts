import { defineConfig, list, text } from '@switchyard/platform/config';

/** What the program itself reads, beside what its roles do. */
export const standaloneConfig = defineConfig('SWITCHYARD', {
  roles: list()
    .optional()
    .describe(
      'Roles of this process, for a hybrid: order-gateway,risk-engine. Also as `ROLES`. Default: all of them, with a PostgreSQL of its own.',
    ),
  dataFolder: text()
    .default('.switchyard')
    .describe('Where the embedded database, the development key and the state of a running platform are.'),
});

/** Variables of this program and of tools/infra, which the roles don't know. */
export const notForRoles = [
  'SWITCHYARD_ROLES',
  'SWITCHYARD_DATA_FOLDER',
  'SWITCHYARD_CONTAINERS',
  'SWITCHYARD_TEST_RUN_PID',
  'SWITCHYARD_ADDRESS',
  'SWITCHYARD_TOKEN',
];

/**
 * Jest's globalSetup: names the process that stands for this run, so that its workers lease shared services in its name.
 * Nothing is started here: a run of unit tests needs none.
 */
export default function nameTheRun() {
  process.env.SWITCHYARD_TEST_RUN_PID = String(process.pid);
}

export { fakeRole, type FakeService } from './fake-role.js';
export { failure, had, refusal } from './outcomes.js';
export { SpecProcesses } from './spec-processes.js';

import { describe, expect, it } from '@jest/globals';
import { newClusterId } from './kafka.js';

describe('the id of a Kafka cluster', () => {
  it('is 22 characters, and never looks like an option to the tool that gets it', () => {
    for (let n = 0; n < 1000; n++) expect(newClusterId()).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{21}$/);
  });
});

import { describe, expect, it } from '@jest/globals';
import { interactiveEnvironment, programEnvironment } from './environment.js';

const place = { name: 'matching-engine', roles: ['matching-engine'] as const, address: 'a:1', httpAddress: 'a:2' };
const shared = {
  infra: { postgres: undefined, kafka: undefined, redis: undefined, stop: () => Promise.resolve() },
  keys: { jwksFile: 'j', keyFile: 'k' } as never,
  venueFolder: '/data/venue',
  peers: '',
};

describe('the environment of a process in npm run cluster', () => {
  it.each([
    ['the venue in the data folder', {}, '/data/venue'],
    ['the venue where it was told to be', { MATCHING_FOLDER: '/mine' }, '/mine'],
  ])('has %s', (_what, exported, folder) => {
    expect(programEnvironment(place, { ...shared, common: interactiveEnvironment(exported) })['MATCHING_FOLDER']).toBe(folder);
  });

  it('has defaults for people, and what was exported before them', () => {
    expect(interactiveEnvironment({ SWITCHYARD_LOG_LEVEL: 'debug', OTHER: 'x' })).toEqual({
      SWITCHYARD_LOG_LEVEL: 'debug',
      SWITCHYARD_LOG_FORMAT: 'pretty',
      BROKERS_QUARANTINE_MS: '5000',
    });
  });
});

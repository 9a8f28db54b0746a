// A database that can't write for a while: nothing is passed over, and the journal goes on by itself when it can again.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import pg from 'pg';
import { HolderLostError } from './errors.js';
import { journalTablesSql } from './rows.sql.js';
import { change, checkedTexts, emptyTemplate, TEST_SCHEMA as s, testJournal, type TestJournal } from './testing/test-journal.js';

let database: TestDatabase;
let admin: pg.Pool;
let under: TestJournal<never>;

beforeAll(async () => {
  database = await testDatabase(emptyTemplate);
  admin = new pg.Pool({ connectionString: database.url, max: 2 });
  await admin.query(`${journalTablesSql(s)} CREATE TABLE ${s}.disk (is_full boolean); INSERT INTO ${s}.disk VALUES (false);
    CREATE FUNCTION ${s}.write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF (SELECT is_full FROM ${s}.disk) THEN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END IF;
      RETURN NEW; END $$;
    CREATE TRIGGER write BEFORE INSERT ON ${s}.journal FOR EACH ROW EXECUTE FUNCTION ${s}.write()`);
  under = testJournal({ url: database.url });
  await under.journal.start();
});
afterAll(async () => {
  await under.close();
  await admin.end();
  await database.drop();
});

it('loses its holder while the disk is full, so that no change is passed over by a later one, and goes on when it is not', async () => {
  const { journal, told } = under;
  await eventually(() => journal.owns('u1'), { what: 'owns u1' });
  await journal.append(change('u1', 'before'));
  await admin.query(`UPDATE ${s}.disk SET is_full = true`);
  const results = await Promise.allSettled([journal.append(change('u1', 'one')), journal.append(change('u1', 'two'))]);
  await admin.query(`UPDATE ${s}.disk SET is_full = false`);
  expect(results.map((result) => result.status === 'rejected' && result.reason instanceof HolderLostError)).toEqual([true, true]);
  await eventually(() => told.acquired.length === 2 && journal.owns('u1'), { what: 'owns u1 anew' });
  expect(told.lost).toHaveLength(1);
  await journal.append(change('u1', 'after'));
  expect(await checkedTexts(admin, 'u1')).toEqual(['before', 'after']);
});

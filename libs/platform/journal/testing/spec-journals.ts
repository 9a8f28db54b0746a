/** The journals of one spec file, on a database of its own. */
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { eventually } from '@switchyard/testkit';
import { testDatabase, type TestDatabase } from '@switchyard/testkit/services';
import pg from 'pg';
import { journalTablesSql } from '../rows.sql.js';
import { emptyTemplate, TEST_SCHEMA, testJournal, type TestJournal, type TestJournalOptions } from './test-journal.js';

type Options<Extra> = Omit<TestJournalOptions<Extra>, 'url'>;

export class SpecJournals {
  readonly #open: TestJournal<unknown>[] = [];
  #database!: TestDatabase;
  #admin!: pg.Pool;

  /** To be called once in a spec file. Each test begins with empty tables, and ends with its journals stopped. @param tables more of them. */
  static forSpec(tables = ''): SpecJournals {
    const journals = new SpecJournals();
    beforeAll(async () => {
      journals.#database = await testDatabase(emptyTemplate);
      journals.#admin = new pg.Pool({ connectionString: journals.#database.url, max: 4 });
    });
    beforeEach(() => journals.#admin.query(`DROP SCHEMA IF EXISTS ${TEST_SCHEMA} CASCADE; ${journalTablesSql(TEST_SCHEMA)} ${tables}`));
    afterEach(() => Promise.all(journals.#open.splice(0).map((each) => each.close())));
    afterAll(async () => {
      await journals.#admin.end();
      await journals.#database.drop();
    });
    return journals;
  }

  get admin(): pg.Pool {
    return this.#admin;
  }

  /** A journal that is not started yet. */
  make<Extra = never>(options: Options<Extra> = {}): TestJournal<Extra> {
    const made = testJournal<Extra>({ url: this.#database.url, ...options });
    this.#open.push(made as unknown as TestJournal<unknown>);
    return made;
  }

  async started<Extra = never>(options: Options<Extra> = {}): Promise<TestJournal<Extra>> {
    const made = this.make<Extra>(options);
    await made.journal.start();
    return made;
  }

  /** One that owns its units. */
  async owner<Extra = never>(options: Options<Extra> = {}): Promise<TestJournal<Extra>> {
    const made = await this.started<Extra>(options);
    await owns(made.journal, ...(options.unitNames ?? ['u1']));
    return made;
  }
}

export function owns(journal: { owns(unit: string): boolean }, ...units: string[]): Promise<unknown> {
  return eventually(() => units.every((unit) => journal.owns(unit)), { what: `owns ${units.join(', ')}` });
}

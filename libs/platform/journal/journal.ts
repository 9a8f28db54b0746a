import { type ServiceHandlers } from '@switchyard/contracts';
import { type JournalRow, type JournalServiceDefinition } from '@switchyard/contracts/gen/platform/v1/journal';
import { type Change, type JournalOptions, type UnitOwner } from './types.js';

export interface ReadOptions {
  /** Only rows of this key. */
  readonly key?: string;
  /** At most this many rows. */
  readonly limit?: number;
}

export declare class Journal<Extra = never> {
  constructor(options: JournalOptions<Extra>);
  start(): Promise<void>;
  stop(): Promise<void>;
  ready(): true | string;
  append(change: Change<Extra>): Promise<readonly JournalRow[]>;
  owns(unit: string): boolean;
  ownerOf(unit: string): UnitOwner | undefined;
  get holderId(): string;
  onOwnershipChanged(handler: (unit: string, owner: UnitOwner | undefined) => void): void;
  read(stream: string, fromSeq: number, options?: ReadOptions): AsyncIterable<readonly JournalRow[]>;
  last(stream: string): Promise<{ readonly seq: number; readonly hash: Uint8Array }>;
  readonly handlers: ServiceHandlers<JournalServiceDefinition>;
}

/** The venue's log: a write for each order, its events beside, and one fdatasync a batch; the files go on in zeros, so that an fdatasync need not make them longer. */
import { fdatasync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const reserve = Buffer.alloc(1024 * 1024);

class LogFile {
  #bytes = 0;
  #reserved = 0;

  constructor(file) {
    this.fd = openSync(file, 'w');
  }

  write(payload) {
    writeSync(this.fd, payload, 0, payload.length, this.#bytes);
    this.#bytes += payload.length;
    if (this.#bytes <= this.#reserved) return;
    writeSync(this.fd, reserve, 0, reserve.length, this.#bytes);
    this.#reserved = this.#bytes + reserve.length;
  }
}

export class VenueLog {
  #commands;
  #events;
  #waiting = [];
  #isRunning = false;
  #eventsOf;
  #onDurable;

  /**
   * @param eventsOf what is written for an order beside it
   * @param onDurable called with a batch of orders and their events, once the orders are on the disk
   */
  constructor(folder, eventsOf, onDurable) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    this.#commands = new LogFile(path.join(folder, 'commands'));
    this.#events = new LogFile(path.join(folder, 'events'));
    this.#eventsOf = eventsOf;
    this.#onDurable = onDurable;
  }

  append(order) {
    this.#waiting.push(order);
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(() => void this.#run());
  }

  async #run() {
    while (this.#waiting.length > 0) {
      const orders = this.#waiting.splice(0, 256);
      for (const order of orders) this.#commands.write(order);
      const events = orders.map(this.#eventsOf);
      this.#events.write(Buffer.concat(events));
      await promisify(fdatasync)(this.#commands.fd);
      this.#onDurable(orders, events);
    }
    this.#isRunning = false;
  }
}

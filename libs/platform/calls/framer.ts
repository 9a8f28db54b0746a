/** Collects what is added in one event-loop turn and sends it as one frame: a message on a stream costs about as much as a call, so many events share one. */
export interface Framer<Item> {
  /** False: the stream is at its bound, add no more until it drains. What is added all the same waits, and goes in full frames, until the stream closes with OVERLOADED. */
  add(item: Item): boolean;
  /** Sends what waits; call it from the stream's `onDrain`. */
  resume(): void;
}

const maxItemsPerFrame = 256;

/**
 * A framer in front of `stream.send`.
 * @param send Sends a frame; false where the stream is at its bound.
 * @param toFrame Makes the frame of 1 to 256 items, in the order in which they were added.
 */
export function framer<Item, Frame>(send: (frame: Frame) => boolean, toFrame: (items: Item[]) => Frame): Framer<Item> {
  let items: Item[] = [];
  let scheduled = false;
  let open = true;

  function flush(): void {
    if (items.length === 0) return;
    const frame = toFrame(items);
    items = [];
    open = send(frame);
  }

  return {
    add(item) {
      items.push(item);
      if (items.length === maxItemsPerFrame) flush();
      if (!scheduled) {
        scheduled = true;
        setImmediate(() => {
          scheduled = false;
          if (open) flush();
        });
      }
      return open;
    },
    resume() {
      open = true;
      flush();
    },
  };
}

/** Says yes to every check; an event of an account needs no answer. */
import { follow, kindOf } from './items.mjs';
import { shape } from './shape.mjs';

export function startRisk({ gateway }) {
  const counts = { judged: 0, followed: 0 };
  gateway.onItems = (items) => {
    for (const item of items) {
      if (kindOf(item) === 0) {
        counts.judged += 1;
        gateway.send(follow(item, shape.bytes.verdict));
      } else counts.followed += 1;
    }
  };
  return { counts };
}

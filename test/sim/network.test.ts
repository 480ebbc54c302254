import { expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Hello, HelloAck } from '../../src/core/gossip/message.ts';
import { Host, Network } from './network.ts';

/** The network hands greetings over unread. */
const hello = {} as Hello;
const ack = { refusal: undefined } as HelloAck;

/** Two processes with a link between them; what the dialler is told. */
function linked() {
  const clock = new VirtualClock();
  const network = new Network({ clock, random: seededRandom('links') });
  const [near, far] = [new Host('near:1', clock), new Host('far:1', clock)];
  const downs: string[] = [];
  const links: number[] = [];
  for (const host of [near, far]) {
    network.bind(host);
    host.endpoint = {
      greeted: (link) => network.answer(host, link, ack),
      dialled: (_dial, outcome) => typeof outcome === 'object' && outcome.link !== undefined && links.push(outcome.link),
      received: () => {},
      linkDown: (_link, evidence) => downs.push(`${host.address} ${evidence}`),
    };
  }
  network.dial(near, { dial: 1, address: 'far:1', hello, timeoutMs: 1_000 });
  clock.advance(100);
  expect([links.length, near.ends.size, far.ends.size]).toEqual([1, 1, 1]);
  return { clock, network, near, far, link: links[0] ?? 0, downs };
}

test('a link that one end closes is forgotten at both', () => {
  const { clock, network, near, far, link, downs } = linked();
  network.close(near, link);
  clock.advance(100);
  expect(downs).toEqual(['near:1 local', 'far:1 remote']);
  expect([near.ends.size, far.ends.size, network.links]).toEqual([0, 0, 0]);
});

test('a link whose process is killed behind a cut is forgotten there at once, and at the other end after a keepalive', () => {
  const { clock, network, near, far, downs } = linked();
  network.weather.cut('far:1', 'near:1');
  network.kill(far);
  expect([near.ends.size, far.ends.size]).toEqual([1, 0]);
  clock.advance(15_000);
  expect(downs).toEqual(['near:1 silent']);
  expect([near.ends.size, network.links]).toEqual([0, 0]);
});

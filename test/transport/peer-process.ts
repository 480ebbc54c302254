/**
 * A process of its own with a listener that echoes frames, for the tests that stop and kill it. Tells its parent the
 * port. Given an address, it dials that.
 */

import { systemClock } from '../../src/base/clock.ts';
import { GrpcTransport } from '../../src/transport/grpc.ts';

const transport = new GrpcTransport({ clock: systemClock });
const listener = await transport.listen(
  { host: '127.0.0.1', port: 'auto' },
  {
    accept: ({ link, hello }) => {
      link.open({
        onFrame: (frame) => link.send(frame),
        onLarge: () => {},
        onWritable: () => {},
        onClose: () => {},
      });
      return { isAccepted: true, ack: hello };
    },
    ask: (_question, { message }) => Promise.resolve(message),
    follow: async function* (_stream, { message }) {
      yield message;
    },
  },
);
const [, , address] = process.argv;
if (address !== undefined) {
  const { link } = await transport.dial({ address, kind: 'link', hello: new Uint8Array(1), timeoutMs: 10_000 });
  link.open({ onFrame: () => {}, onLarge: () => {}, onWritable: () => {}, onClose: () => {} });
}
process.send?.(listener.port);
process.once('disconnect', () => process.exit(0));

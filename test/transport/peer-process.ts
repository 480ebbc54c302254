/**
 * A process of its own with a listener that echoes frames, for the tests that stop and kill it. Tells its parent the port.
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
    call: ({ message }) => Promise.resolve(message),
    submit: async function* ({ message }) {
      yield message;
    },
  },
);
process.send?.(listener.port);
process.once('disconnect', () => process.exit(0));

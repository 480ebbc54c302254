/**
 * A client that knows nothing of Heddle but its .proto files: plain JavaScript over @grpc/grpc-js and @grpc/proto-loader.
 * Serve functions.ts first, then: node examples/foreign-client/client.mjs [host:port]
 */

import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const proto = fileURLToPath(new URL('../../proto', import.meta.url));
const definition = loadSync('heddle/v1/fabric.proto', { includeDirs: [proto], longs: Number, enums: String, oneofs: true });
const { Fabric } = loadPackageDefinition(definition).heddle.v1;
const fabric = new Fabric(process.argv[2] ?? '127.0.0.1:7420', credentials.createInsecure());

// A value is JSON text in `data`.
const json = (value) => ({ data: Buffer.from(JSON.stringify(value)) });
const read = ({ data }) => JSON.parse(data?.toString() ?? 'null');

/** One call of a unary method, as a promise, with a deadline of five seconds. */
const ask = (method, request) =>
  new Promise((resolve, reject) => {
    const deadline = Date.now() + 5_000;
    fabric[method](request, { deadline }, (error, reply) => (error ? reject(error) : resolve(reply)));
  });

try {
  const words = await ask('Call', { function: 'text.split', args: json(['guide every thread to its place']) });
  console.log('call:', read(words.value).length, 'words, from', words.server);

  // What JSON lacks has a form: this is a date.
  const [from, until] = ['1801-01-01', '1804-12-31'].map((day) => ({ $date: `${day}T00:00:00.000Z` }));
  const days = await ask('Call', { function: 'days.since', args: json([from, until]) });
  console.log('call:', read(days.value), 'days');

  // A stream: items as they are made.
  const letters = [];
  for await (const { item } of fabric.Stream({ function: 'text.letters', args: json(['heddle']) })) letters.push(read(item));
  console.log('stream:', letters.join(' '));

  // A workflow: the second step takes the first one's result.
  const commands = [
    { name: 'words', function: 'text.split', args: json(['guide every thread to its place']) },
    { name: 'best', function: 'text.longest', args: json([{ $ref: 'words' }]) },
  ];
  for await (const event of fabric.Submit({ commands })) {
    if (event.stepSettled) console.log('workflow:', event.stepSettled.step, 'is done');
    if (event.runSettled) console.log('workflow:', JSON.stringify(read(event.runSettled.result.template)));
  }

  const { steps } = read((await ask('Explain', { function: 'text.split' })).plan);
  console.log('explain:', steps[0].name, 'would run on', steps[0].server);

  // The catalog: everything first, then what changes; the first whole picture is enough here.
  const watch = fabric.Watch({});
  watch.on('error', () => {});
  for await (const { catalog } of watch) {
    for (const { name, offers } of catalog.servers)
      console.log('watch:', name, 'offers', offers.functions.map((one) => one.name).join(', '));
    if (catalog.isWhole) break;
  }
  watch.cancel();

  // An error is a gRPC status; the trailers say what it was and whether the function ran.
  await ask('Call', { function: 'text.spilt' }).catch(({ code, metadata }) => {
    console.log('error:', code, metadata.get('heddle-code')[0], 'executed:', metadata.get('heddle-executed')[0]);
    const { message } = definition['heddle.v1.Error'].deserialize(metadata.get('heddle-error-bin')[0]);
    console.log('error:', message);
  });
} finally {
  fabric.close();
}

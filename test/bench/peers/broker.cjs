/**
 * P9's peer, run by plain Node: a Moleculer broker with its TCP transporter and one action. Says when it is ready. As CommonJS, which
 * is what Moleculer is: imported from a module, it holds 6 MB more.
 */

const { ServiceBroker } = require('moleculer');

const transporter = { type: 'TCP', options: { udpDiscovery: false, port: null, urls: [] } };
const broker = new ServiceBroker({ nodeID: 'owner', logger: false, namespace: 'bench', transporter });
broker.createService({ name: 'bench', actions: { add: ({ params }) => params.left + params.right } });
broker.start().then(() => process.stdout.write('READY\n'));

/**
 * The limits that a user can meet, in one table: the number as the code has it, and what happens beyond it.
 * docs/limits.md is made of it.
 */
import { meshLimits } from '../src/core/gossip/settings.ts';
import { nameRules, resourcesMax } from '../src/core/names.ts';
import { collectMs } from '../src/core/workflow/leases.ts';
import { remakesMax } from '../src/core/workflow/recovery.ts';
import { eventsMax } from '../src/core/workflow/log.ts';
import { inFlightMaxDefault } from '../src/core/workflow/run-io.ts';
import { attemptsMax } from '../src/core/workflow/policies.ts';
import { elementsMax, parallelMax } from '../src/core/workflow/each-record.ts';
import { inlineBytesMin, inlineRoomBytes, listBytesMax } from '../src/core/workflow/inline-room.ts';
import { commandsMax, edgesMax } from '../src/core/workflow/workflow.ts';
import { concurrencyDefault, queuedPerPlaceMax, queuedPerPlaceStanding, queueWaitMsMax, standingMs } from '../src/fabric/serve/admission.ts';
import { handOffDefaults } from '../src/fabric/hand-off/hand-off-settings.ts';
import { parkedValuesMax, parkedValuesOfOneMax } from '../src/fabric/hand-off/parked-values.ts';
import { metaBytesMax } from '../src/fabric/call/call-options.ts';
import { argumentsMax } from '../src/fabric/call/call-values.ts';
import { watchersMax } from '../src/fabric/mesh/catalog-watches.ts';
import { plannedOffersMax } from '../src/fabric/explain/explainer.ts';
import { callTimeoutMsDefault } from '../src/fabric/link/invocation.ts';
import { largePerFrameMax } from '../src/fabric/link/large-values.ts';
import { callsInFlightMax } from '../src/fabric/link/room-queue.ts';
import { functionsMax } from '../src/fabric/serve/registry.ts';
import { patienceMsMin } from '../src/fabric/serve/served-call.ts';
import { slotKindsMax, slotsMax } from '../src/fabric/api/slot-counts.ts';
import { runTimeoutMsDefault } from '../src/fabric/run/run-engine.ts';
import { paidRetriesMax } from '../src/fabric/call/retry.ts';
import { hedgesPerAttempt, tokensMax, tokensPerSuccess } from '../src/fabric/call/retry-budget.ts';
import { waitMsDefault } from '../src/fabric/call/call-waits.ts';
import { activeMax, activeOfOneMax, settledBytesMax, settledMax, settledMs } from '../src/fabric/run/runner.ts';
import { waitingMax } from '../src/fabric/call/waiting-room.ts';
import { silenceMsMax, wideWindowsMax, windowBytes, windowBytesMin } from '../src/fabric/link/stream-port.ts';
import { defaultIdentityLimits, openBytesMax } from '../src/fabric/link/accounts.ts';
import {
  conversationsPerSocketMax,
  firstMessageMs,
  messageBytesMax,
  socketsMax,
  socketsPerAddressMax,
  streamsPerSocketMax,
  unfinishedBytesMax,
  unfinishedPerAddressBytesMax,
  unfinishedPerConnectionBytesMax,
  keptBytesMax,
  keptPerAddressBytesMax,
  keptPerConnectionBytesMax,
  unreadBytesMax,
  unreadPerAddressBytesMax,
  unreadPerConnectionBytesMax,
  valueBytesMax,
} from '../src/transport/limits.ts';
import { keyBytesMax } from '../src/wire/call-terms.ts';
import { inlineBytesMax, parkedBytesMax } from '../src/wire/common-messages.ts';
import { valueDepthMax } from '../src/wire/value.ts';

export interface Limit {
  readonly what: string;
  readonly limit: string;
  readonly beyond: string;
}

/** Every limit, from values to servers. */
export const limits: readonly Limit[] = [
  { what: 'one argument list or result', limit: bytes(valueBytesMax), beyond: '`too_large` / `bad_result`, raised while encoding' },
  { what: 'a value that travels inside a frame', limit: bytes(inlineBytesMax), beyond: 'it travels in chunks, on a channel of its own' },
  { what: 'nesting of a value', limit: `${count(valueDepthMax)} levels`, beyond: '`bad_argument` / `bad_result`' },
  { what: 'arguments of one call', limit: count(argumentsMax), beyond: '`bad_argument`' },
  { what: '`meta` of one call', limit: bytes(metaBytesMax), beyond: '`too_large`' },
  { what: 'watchers of the catalog at one server', limit: count(watchersMax), beyond: '`overloaded`' },
  { what: 'offers that `explain` lists', limit: count(plannedOffersMax), beyond: 'the others are counted' },
  { what: 'one gRPC message', limit: bytes(messageBytesMax), beyond: 'the peer is refused' },
  { what: 'time of one call, unless it says otherwise', limit: time(callTimeoutMsDefault), beyond: '`deadline_exceeded`' },
  { what: 'one step\'s inputs in all, or one run\'s result', limit: bytes(valueBytesMax), beyond: '`too_large` before it is sent / `bad_result`' },
  { what: 'values over 64 KiB among them', limit: count(largePerFrameMax), beyond: '`too_large` before it is sent / `bad_result`' },
  { what: 'calls in flight on one link', limit: count(callsInFlightMax), beyond: 'further calls wait (back-pressure)' },
  { what: 'calls of one function at one server, unless it declares `concurrency`', limit: count(concurrencyDefault), beyond: `${queuedPerPlaceMax} x as many (${queuedPerPlaceStanding} x, while somebody has waited for ${time(standingMs)} on end) wait for at most ${time(queueWaitMsMax)}, then \`overloaded\`` },
  { what: 'wait for a provider that has just gone, unless the call says otherwise', limit: time(waitMsDefault), beyond: '`no_such_function` / `no_matching_offer`' },
  { what: 'calls at one server that wait for an absent provider', limit: count(waitingMax), beyond: 'further ones do not wait' },
  { what: 'paid retries of one call, unless it says otherwise', limit: count(paidRetriesMax), beyond: 'its last error' },
  { what: 'tries that a call may ask for', limit: count(attemptsMax), beyond: '`bad_argument`' },
  { what: 'retries of all calls of one function', limit: `${count(tokensMax)}, and ${count(tokensPerSuccess * 100)} more for a hundred successes`, beyond: 'a call ends with its last error' },
  { what: 'hedges of one function', limit: `one in ${count(1 / hedgesPerAttempt)} calls`, beyond: 'the call is not hedged' },
  { what: '`key` and `idempotencyKey` of one call', limit: bytes(keyBytesMax), beyond: '`bad_argument`' },
  { what: 'handlers of one function that ignore their signal', limit: `as many as may run at once, each ${time(patienceMsMin)} or its timeout after its reply`, beyond: 'the function is withdrawn until one returns' },
  { what: 'kinds of slots of one server or function', limit: `${count(slotKindsMax)}, ${count(slotsMax)} of each`, beyond: '`bad_argument`' },
  { what: 'items of one stream that nobody has taken yet', limit: `${bytes(windowBytes)}, and one more item; ${bytes(windowBytesMin)} from the ${wideWindowsMax + 1}th stream on that a process reads`, beyond: 'its producer waits' },
  { what: 'silence of one side of a stream', limit: time(silenceMsMax), beyond: '`deadline_exceeded` / the handler is cancelled' },
  { what: "one step's result", limit: bytes(parkedBytesMax), beyond: '`bad_result`, raised while encoding' },
  { what: 'the results of the elements of one list together', limit: bytes(listBytesMax), beyond: '`bad_result` for the element that is over it' },
  { what: "elements of one run's lists and their results that are sent along", limit: `${bytes(inlineRoomBytes)} in all, ${bytes(inlineBytesMin)} of each at least`, beyond: 'the larger ones stay with their producers' },
  { what: "a step's result that is sent along, unless a setting says otherwise", limit: bytes(handOffDefaults.inlineBytesMax), beyond: 'it stays with its producer, and is pulled' },
  { what: 'such results at one server, unless a setting says otherwise', limit: `${bytes(handOffDefaults.memoryBytesMax)} in memory, ${bytes(handOffDefaults.spillBytesMax)} on disk, ${count(parkedValuesMax)} in all`, beyond: 'to disk / `bad_result`' },
  { what: 'of these of one client, by token or certificate', limit: `half of the bytes, ${count(parkedValuesOfOneMax)} in all`, beyond: '`bad_result`' },
  { what: 'time that such a result stays without a word of its coordinator', limit: time(handOffDefaults.leaseMs), beyond: 'it is freed (`lease_lost` for whoever pulls it)' },
  { what: 'time to collect the large results of a settled run', limit: time(collectMs), beyond: '`lease_lost`' },
  { what: 'runs of one step for its lost result', limit: count(remakesMax), beyond: 'the step that needs it fails' },
  { what: 'commands of a workflow', limit: count(commandsMax), beyond: '`bad_workflow`' },
  { what: 'elements that `each` maps in one run', limit: count(elementsMax), beyond: 'the step fails with `bad_argument`' },
  { what: '`parallel` of one `each`', limit: count(parallelMax), beyond: '`bad_workflow`' },
  { what: 'edges of a workflow', limit: count(edgesMax), beyond: '`bad_workflow`' },
  { what: 'time of one run, unless it says otherwise', limit: time(runTimeoutMsDefault), beyond: '`deadline_exceeded`' },
  { what: 'steps of one run under way at once', limit: count(inFlightMaxDefault), beyond: 'the others wait (`run_limit`)' },
  { what: 'events kept of one run', limit: count(eventsMax), beyond: 'older progress goes first' },
  { what: 'runs that one server coordinates at once', limit: count(activeMax), beyond: '`overloaded`' },
  { what: 'of these of one client, by token or certificate', limit: count(activeOfOneMax), beyond: '`overloaded`' },
  { what: 'settled runs that `attach` finds', limit: `${count(settledMax)} and ${bytes(settledBytesMax)}, for ${time(settledMs)}`, beyond: '`unknown_run`' },
  { what: 'functions of one server', limit: count(functionsMax), beyond: '`bad_argument`' },
  { what: "one server's catalog", limit: bytes(meshLimits.bodyBytes), beyond: '`bad_argument`' },
  { what: 'changes of its record that others take of one server', limit: `${count(meshLimits.changesAtOnce)} at once, ${count(meshLimits.changesPerSecond)} a second`, beyond: 'the newest is taken a little later (`member.hurried`)' },
  { what: 'resources of one server or function', limit: `${count(resourcesMax)} of ${count(nameRules.resource.bytesMax)} bytes`, beyond: '`bad_argument`' },
  { what: 'sockets at one server', limit: `${count(socketsMax)}, ${count(socketsPerAddressMax)} from one address`, beyond: 'closed on arrival' },
  {
    what: 'sessions of one client (certificate, token or address), and its calls at once, unless a setting says otherwise',
    limit: `${count(defaultIdentityLimits.sessions)}, ${count(defaultIdentityLimits.callsAtOnce)}`,
    beyond: '`overloaded`',
  },
  { what: 'gRPC streams of one socket, and sessions or links among them', limit: `${count(streamsPerSocketMax)} at once, ${count(conversationsPerSocketMax)} in all`, beyond: 'refused / the socket is closed' },
  { what: 'time to the first whole message of a socket or stream', limit: time(firstMessageMs), beyond: 'it is ended' },
  {
    what: 'bytes of messages that are begun and not ended, or not read yet',
    limit: `${bytes(unfinishedPerConnectionBytesMax)} a connection, ${bytes(unfinishedPerAddressBytesMax)} an address, ${bytes(unfinishedBytesMax)} in all`,
    beyond: 'the connection that holds most is cut off (`peer.dropped`)',
  },
  {
    what: 'bytes of answers that a peer leaves unread',
    limit: `${bytes(unreadPerConnectionBytesMax)} a connection, ${bytes(unreadPerAddressBytesMax)} an address, ${bytes(unreadBytesMax)} in all`,
    beyond: 'the connection that leaves most is cut off (`peer.dropped`)',
  },
  {
    what: 'bytes of large values, and of frames that lack one, that are here in part',
    limit: `${bytes(keptPerConnectionBytesMax)} a connection, ${bytes(keptPerAddressBytesMax)} an address, ${bytes(keptBytesMax)} in all`,
    beyond: 'the connection that sent most is cut off (`peer.dropped`)',
  },
  { what: 'bytes that the open calls of one client brought (certificate, token or address)', limit: bytes(openBytesMax), beyond: 'further ones are `overloaded`' },
];

function bytes(value: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(Math.floor(Math.log2(value) / 10), units.length - 1);
  return `${count(value / 1024 ** power)} ${units[power]}`;
}

function time(ms: number): string {
  if (ms >= 60_000) return `${count(ms / 60_000)} min`;
  return ms >= 1_000 ? `${count(ms / 1_000)} s` : `${count(ms)} ms`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/**
 * What generic gRPC tools ask of any server: is it well (`grpc.health.v1.Health`), and what does it speak (server
 * reflection, v1 and v1alpha).
 *
 * T1 health is NOT_SERVING until the server runs and from the moment it drains, for the whole server (the empty name)
 *    and for each service of its own; other names are unknown, and nothing is kept of them.
 * T2 reflection tells the services for clients, the messages they use, and health.
 */

import type { Server } from '@grpc/grpc-js';
import type { HealthImplementation } from 'grpc-health-check';
import { LazyService, type LibraryService } from './lazy-service.ts';

/** The names that health knows: all of the server, and its services. */
const healthNames = ['', 'heddle.v1.Fabric', 'heddle.v1.Mesh'] as const;
const health = '/grpc.health.v1.Health';

interface WatchCall {
  readonly request: { readonly service: string };
  write(answer: { readonly status: string }): void;
}

export class StandardServices {
  readonly #describe: () => readonly Uint8Array[];
  #isServing = false;
  #health: HealthImplementation | undefined;

  /** `describe` gives the FileDescriptorProtos of the services for clients. */
  constructor(describe: () => readonly Uint8Array[]) {
    this.#describe = describe;
  }

  setServing(isServing: boolean): void {
    this.#isServing = isServing;
    if (this.#health) for (const name of healthNames) this.#health.setStatus(name, statusText(isServing));
  }

  register(server: Server): void {
    const healthService = new LazyService(() => this.#loadHealth());
    healthService.unary(server, { path: `${health}/Check`, name: 'Check', handler: 'check' });
    healthService.unary(server, { path: `${health}/List`, name: 'List', handler: 'list' });
    healthService.serverStream(server, { path: `${health}/Watch`, name: 'Watch', handler: 'watch' });
    for (const [at, version] of ['v1', 'v1alpha'].entries()) {
      const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
      const reflection = new LazyService(async () => serviceAt(await this.#loadReflection(), at));
      reflection.bidi(server, { path, name: 'ServerReflectionInfo', handler: 'ServerReflectionInfo' });
    }
  }

  async #loadHealth(): Promise<LibraryService> {
    const library = await import('grpc-health-check');
    this.#health = new library.HealthImplementation(Object.fromEntries(healthNames.map((name) => [name, statusText(this.#isServing)])));
    const { definition, handlers } = serviceAt(captured(this.#health), 0);
    const watch = handlers['watch'] as (call: WatchCall) => void; // the library's own handler of Watch
    const guarded = (call: WatchCall): void => {
      // The library would remember every name that anybody ever watched.
      if (healthNames.some((name) => name === call.request.service)) watch(call);
      else call.write({ status: 'SERVICE_UNKNOWN' });
    };
    return { definition, handlers: { ...handlers, watch: guarded } };
  }

  async #loadReflection(): Promise<readonly LibraryService[]> {
    const [{ ReflectionService }, { service }] = await Promise.all([import('@grpc/reflection'), import('grpc-health-check')]);
    const fileDescriptorProtos = this.#describe().map((file) => Buffer.from(file));
    // Of a package definition the library reads the descriptors, and those of what a method takes name all of its file.
    const files = { own: { fileDescriptorProtos }, health: service['Check']?.requestType };
    return captured(new ReflectionService(files as unknown as ConstructorParameters<typeof ReflectionService>[0]));
  }
}

/** What a library would add to a server. */
function captured(library: {
  addToServer(server: { addService(definition: object, handlers: object): void }): void;
}): readonly LibraryService[] {
  const services: LibraryService[] = [];
  library.addToServer({
    addService: (definition, handlers) => {
      services.push({ definition: { ...definition }, handlers: { ...handlers } });
    },
  });
  return services;
}

function serviceAt(services: readonly LibraryService[], at: number): LibraryService {
  const service = services[at];
  if (!service) throw new Error('the library adds no such service');
  return service;
}

function statusText(isServing: boolean): 'SERVING' | 'NOT_SERVING' {
  return isServing ? 'SERVING' : 'NOT_SERVING';
}

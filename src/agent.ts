/** One agent: a world, a database, an API and its loops. Any number fit in one process. */
import { join } from 'node:path';
import { refreshHostOperations } from './api/host.ts';
import { checksOfWaiting, operationHandlers, overridingHandlers } from './api/index.ts';
import { permissionNames } from './api/role.ts';
import { openDatabase } from './database/database.ts';
import { journalOptions } from './database/format.ts';
import type { Database } from './database/types.ts';
import { type Datamodel, deriveDatamodel } from './datamodel/index.ts';
import { CrashDumpWatch } from './host/actions/crash-dumps.ts';
import { HostActions } from './host/actions/host-actions.ts';
import { nameSignals } from './host/actions/host-name.ts';
import { hostSteps, noteStart } from './host/actions/host-steps.ts';
import { Updates } from './host/actions/updates.ts';
import { prepareDatabase, readFirstFacts } from './host/first-start.ts';
import { Sources } from './host/inventory/sources.ts';
import { Inventory } from './host/live/service.ts';
import { HostFigures } from './host/metrics/host-figures.ts';
import { metricsPage } from './host/metrics/metrics-page.ts';
import { hostRrdPage, rrdUpdatesPage } from './host/metrics/pages.ts';
import { uuidOfMachine } from './host/objects/identity.ts';
import { limits } from './lib/limits.ts';
import { Timings } from './lib/timings.ts';
import { ForgottenDevices } from './network/forgotten.ts';
import { Management } from './network/management.ts';
import { HostNetwork } from './network/service.ts';
import { PamAuthenticator } from './rpc/authenticator.ts';
import { Dispatcher } from './rpc/dispatch.ts';
import { EventHub } from './rpc/events.ts';
import { ApiServer } from './rpc/http.ts';
import { HttpRoutes } from './rpc/http-routes.ts';
import { createEncoders } from './rpc/marshal/encoder.ts';
import { buildMethodTable } from './rpc/method-table.ts';
import { SessionTable } from './rpc/sessions.ts';
import { TaskTable } from './rpc/tasks.ts';
import { agentStatus, agentStatusPage } from './service/agent-status.ts';
import { describeAgent } from './service/describe.ts';
import { findFault } from './service/health.ts';
import { inheritedDescriptor } from './service/inherited.ts';
import { ServiceKeeper } from './service/keeper.ts';
import { TlsListeners } from './service/tls-listeners.ts';
import type { SettingsReport } from './settings/keeper.ts';
import { defaultDirectory } from './settings/table.ts';
import type { Settings } from './settings.ts';
import { HostStacks } from './stack/service.ts';
import { FileError, type HttpHandler, type HttpListener, type World } from './world/world.ts';

export interface Agent {
  /** Where it listens: the socket's path first, then `host:port` for each TLS address. */
  readonly addresses: readonly string[];
  readonly database: Database;
  readonly hostUuid: string;
  /** The cluster stacks of the host, and what runs their scripts. */
  readonly stacks: HostStacks;
  /**
   * Puts those settings in force that can change while it runs. Rejects when an address or a certificate cannot be used; then
   * nothing was changed.
   */
  apply(settings: Settings): Promise<void>;
  /** Takes up what can change while it runs: new certificates, and whatever `others` does. Certificates that cannot be used are said in the log. */
  reload(others?: () => void | Promise<void>): Promise<void>;
  /** Finishes what runs, makes everything durable and lets go of the machine. */
  stop(): Promise<void>;
}

/** A small text file that is made at the first start and kept. */
async function keptText(world: World, path: string, make: () => string | Promise<string>): Promise<string> {
  try {
    const text = new TextDecoder().decode(await world.files.read(path, limits.smallFileBytes)).trim();
    if (text !== '') return text;
  } catch (thrown) {
    if (!(thrown instanceof FileError) || thrown.code !== 'not-found') throw thrown;
  }
  const made = await make();
  await world.files.writeAtomic(path, `${made}\n`, 0o600);
  return made;
}

/**
 * An agent that is installed anew on the same machine is the host that it was; one with a directory of its own is
 * another host, of which any number run beside each other.
 */
async function newHostUuid(world: World, settings: Settings): Promise<string> {
  const own = settings.directory !== defaultDirectory;
  const machineId = own ? undefined : await new Sources({ world, limits }).file('/etc/machine-id');
  return uuidOfMachine(machineId?.trim() ?? '') ?? world.random.uuid();
}

/** What has been started, to be stopped in the opposite order. */
class Stops {
  readonly #stops: (() => unknown)[] = [];

  add(stop: () => unknown): void {
    this.#stops.push(stop);
  }

  async run(): Promise<void> {
    for (const stop of this.#stops.splice(0).toReversed()) await stop();
  }
}

/**
 * Starts an agent. When that fails, what had been started is stopped before the error is passed on. Many agents in one
 * process may share one datamodel, which nobody changes.
 */
export async function startAgent(
  world: World,
  settings: Settings,
  version: string,
  datamodel: Datamodel = deriveDatamodel(),
  settingsReport: () => SettingsReport | undefined = () => undefined,
): Promise<Agent> {
  const stops = new Stops();
  const slow = world.clock.after(limits.serviceSlowStartMs, () => {
    void world.service.tell({ status: 'Starting: reading the database and what this machine is.' });
  });
  try {
    return await start(world, settings, version, datamodel, settingsReport, stops);
  } catch (thrown) {
    await stops.run();
    throw thrown;
  } finally {
    slow();
  }
}

async function start(
  world: World,
  settings: Settings,
  version: string,
  datamodel: Datamodel,
  settingsReport: () => SettingsReport | undefined,
  stops: Stops,
): Promise<Agent> {
  const { clock, random, log } = world;
  await world.files.makeDirectory(settings.directory, 0o700);
  const hostUuid = await keptText(world, join(settings.directory, 'host-uuid'), () => newHostUuid(world, settings));
  const poolSecret = await keptText(
    world,
    join(settings.directory, 'pool-secret'),
    () => random.uuid() + random.uuid(),
  );
  const sources = new Sources({ world, limits });
  const firstFacts = await readFirstFacts(sources);

  const journal = await world.journals.open(join(settings.directory, 'state.db'), journalOptions({ create: true }));
  const database = await openDatabase({ datamodel, clock, random, log, journal });
  stops.add(() => database.close());
  const hostRef = await prepareDatabase(database, datamodel, {
    uuid: hostUuid,
    version,
    ...firstFacts,
    nowMs: clock.nowMs(),
  });
  const { figuresMs, scanMs, rollbackMs, directory, logPath } = settings;
  const forgotten = new ForgottenDevices(world.files, settings.directory);
  await forgotten.load();
  const isForgotten = (address: string): boolean => forgotten.has(address);
  let inForce = settings;
  const serve = (): Promise<void> => tls.apply({ ...inForce, listen: management.listen(inForce.listen) });
  const management = new Management({ world, directory, database, hostRef, serve });
  await management.load();
  const inventory = new Inventory({
    world,
    database,
    hostRef,
    limits,
    sources,
    figuresMs,
    scanMs,
    isForgotten,
    managementDevice: () => management.device,
  });
  stops.add(() => inventory.stop());
  const refresh = (): Promise<void> => inventory.refresh('network');
  const network = new HostNetwork({
    world,
    database,
    hostRef,
    sources,
    directory,
    forgotten,
    management,
    rollbackMs,
    refresh,
  });
  await network.recover();
  const stacks = new HostStacks({ world, database, hostRef, settings });
  stops.add(() => stacks.stop());
  await Promise.all([inventory.readAll(), stacks.start()]);

  const timings = new Timings();
  const updates = new Updates({ world, database });
  const host = new HostActions({ world, directory, logPath, updates, timings: () => timings.ofCalls() });
  for (const step of hostSteps(database, hostRef)) host.cleanPath.add(step);
  const started = { enable: await host.endsDisabled(), rebooted: await host.isNewBoot() };
  await database.transaction((tx) => noteStart(tx, hostRef, started)).durable;
  if (started.enable) await host.forgetDisabled();
  refreshHostOperations(database, hostRef);

  const authenticator = new PamAuthenticator({ world, service: settings.pamService });
  const sessions = new SessionTable({
    world,
    database,
    authenticator,
    hostRef,
    poolSecret,
    permissionsOf: (role) => permissionNames(database, role),
  });
  const tasks = new TaskTable({ world, database, hostRef });
  const configure = (next: Settings): void => {
    sessions.configure(next.sessions);
    tasks.configure(next.tasks);
    inventory.configure(next);
    network.configure(next);
    stacks.configure(next);
  };
  configure(settings);
  const events = new EventHub({ world, database, datamodel, timings });
  const figures = new HostFigures({ world, path: join(settings.directory, 'figures') });
  await figures.start();
  stops.add(() => figures.stop());
  const encoders = createEncoders(datamodel, clock);
  const table = buildMethodTable(datamodel, operationHandlers(), overridingHandlers(), checksOfWaiting());
  const fragment = encoders.xml.fragment.bind(encoders.xml);
  const services = {
    world,
    datamodel,
    database,
    table,
    sessions,
    tasks,
    events,
    host,
    network,
    stacks,
    figures,
    timings,
    hostRef,
  };
  const dispatcher = new Dispatcher({ ...services, fragment });
  const listeners: HttpListener[] = [];
  const connections = (): number => listeners.reduce((sum, listener) => sum + listener.connections, tls.connections);
  const addresses = (): readonly string[] => [settings.socketPath, ...tls.addresses];
  const status = agentStatus({
    clock,
    version,
    hostUuid,
    addresses,
    connections,
    sessions: () => sessions.size,
    notWritable: () => database.notWritable,
    lostSources: () => sources.lost,
    settings: settingsReport,
  });
  const forPrometheus = metricsPage({
    own: world.process,
    timings,
    raw: () => figures.raw,
    version,
    hostUuid,
    counts: () => ({
      sessions: sessions.size,
      tasks: database.count('task'),
      waitingSubscribers: events.waiting,
      connections: connections(),
      generation: database.generation,
    }),
  });
  const pages = { clock, figures, hostUuid };
  const routes = new HttpRoutes({
    world,
    sessions,
    tasks,
    handlers: {
      host_rrd: (_request, query) => hostRrdPage(pages, query),
      rrd_updates: (_request, query) => rrdUpdatesPage(pages, query),
      get_metrics: forPrometheus,
      get_agent_status: () => agentStatusPage(status()),
    },
  });
  const server = new ApiServer({ dispatcher, encoders, routes });
  const handler: HttpHandler = (request) => server.handle(request);
  const tls = new TlsListeners(world, handler);
  stops.add(async () => {
    // No connection is taken from now on: those that come wait for the next agent. Then waiting calls end, so that
    // connections have nothing left to wait for.
    const closed = Promise.all([...listeners.map((listener) => listener.close(limits.stopGraceMs)), tls.close()]);
    sessions.close();
    events.close();
    tasks.close();
    await closed;
  });
  const path = settings.socketPath;
  const inherited = inheritedDescriptor(world.service, path, log);
  listeners.push(await world.http.listen({ kind: 'unix', path, mode: 0o600, ...inherited }, handler));
  await serve();
  stops.add(
    database.onCommit(({ changes }) => {
      if (changes.some((change) => change.class === 'PIF')) management.follow();
    }),
  );
  // Before anything else ends: whoever stops the agent does not stop the machine.
  stops.add(() => host.stop());
  stops.add(() => network.stop());
  host.start();
  const crashDumps = new CrashDumpWatch({ world, database, hostRef });
  stops.add(() => crashDumps.stop());
  crashDumps.start();
  stops.add(() => updates.stop());
  updates.start();
  inventory.watch();
  for (const match of nameSignals) stops.add(world.bus.subscribe(match, () => void inventory.refresh('names')));
  const keeper = new ServiceKeeper({
    clock,
    log,
    service: world.service,
    findFault: () => findFault({ clock, http: world.http, journal, socketPath: path }),
    describe: () =>
      describeAgent({ addresses: addresses(), sessions: sessions.size, notWritable: database.notWritable }),
  });
  await keeper.ready();
  return {
    get addresses() {
      return addresses();
    },
    database,
    hostUuid,
    stacks,
    apply: async (next) => {
      // The only one that can fail comes first.
      await tls.apply({ ...next, listen: management.listen(next.listen) });
      inForce = next;
      configure(next);
    },
    reload: (others) =>
      keeper.reload(async () => {
        await tls.reloadCertificate();
        await others?.();
      }),
    stop: async () => {
      await Promise.all([keeper.stop(), stops.run()]);
    },
  };
}

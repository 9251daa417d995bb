import type { InheritedSocket, Service, ServiceNews } from '../service.ts';
import type { Incarnation } from './incarnation.ts';

/** The service manager of a simulated host. Change it as you like. */
export interface ServiceManager {
  managed: boolean;
  watchdogMs: number | undefined;
  inherited: readonly InheritedSocket[];
  /** Everything that it was told, oldest first. */
  readonly told: ServiceNews[];
}

export function simulatedService(manager: ServiceManager, life: Incarnation): Service {
  return {
    get managed() {
      return manager.managed;
    },
    get watchdogMs() {
      return manager.watchdogMs;
    },
    get inherited() {
      return manager.inherited;
    },
    tell: (news) =>
      life.promise((resolve) => {
        if (manager.managed) manager.told.push(news);
        resolve(manager.managed);
      }),
  };
}

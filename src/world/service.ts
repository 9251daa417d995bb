/** What started this process, and wants to know how it does. */

/** A listening Unix socket that was there before this process; who made it keeps it open over restarts. */
export interface InheritedSocket {
  readonly name: string;
  /** Where it listens. */
  readonly path: string;
  readonly fd: number;
}

/** What the service manager is told. What belongs together is told together. */
export interface ServiceNews {
  /** `ready`: it serves, also again after a reload. */
  readonly state?: 'ready' | 'reloading' | 'stopping';
  /** It is in order: the watchdog waits another full time. */
  readonly alive?: boolean;
  /** One sentence for `systemctl status`. */
  readonly status?: string;
}

/** The service manager (systemd) that started this process. Without one nothing is inherited, and telling does nothing. */
export interface Service {
  /** True when somebody wants to be told. */
  readonly managed: boolean;
  /** The process is ended when it does not say that it is alive for so long; undefined when nobody watches. */
  readonly watchdogMs: number | undefined;
  readonly inherited: readonly InheritedSocket[];
  /** Tells in the order of the calls. Resolves to whether it was taken; never rejects. */
  tell(news: ServiceNews): Promise<boolean>;
}

/** The socket that the service manager made for the agent. */
import type { Service } from '../world/service.ts';
import type { Log } from '../world/world.ts';

/** The descriptor of the inherited socket at a path; says so when there are inherited ones and none is there. */
export function inheritedDescriptor(service: Service, path: string, log: Log): { readonly fd?: number } {
  const found = service.inherited.find((socket) => socket.path === path);
  if (found !== undefined) return { fd: found.fd };
  if (service.inherited.length > 0) {
    log.write(
      'warn',
      'inherited-socket-unused',
      'systemd made a socket that the settings do not name; it stays unanswered.',
      {
        wanted: path,
        inherited: service.inherited.map((socket) => socket.path),
      },
    );
  }
  return {};
}

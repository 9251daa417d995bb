/** What the network of this host can be made to do. Implemented in src/network; api only says when, and to what. */
import type { Enum } from '../datamodel/index.ts';

/** How an interface is to get its IPv4 address. */
export interface WantedIp {
  readonly mode: Enum<'ip_configuration_mode'>;
  /** With its prefix length; empty unless the mode is Static. */
  readonly address: string;
  readonly gateway: string;
  readonly nameServers: readonly string[];
}

export interface WantedBondOf {
  readonly network: string;
  readonly members: readonly string[];
  /** Empty: that of the first member. */
  readonly mac: string;
  readonly mode: Enum<'bond_mode'>;
  /** Of the bond as the API has them; checked. */
  readonly properties: Readonly<Record<string, string>>;
}

/**
 * Objects are named by their references and belong to this host. A change that does not work out is taken back before
 * the error reaches the caller: ApiError PIF_CONFIGURATION_ERROR, or OPERATION_NOT_ALLOWED where no interface is meant.
 * Every change resolves when the objects say what the kernel does.
 */
export interface NetworkService {
  /** Looks at the network anew. */
  refresh(): Promise<void>;
  plug(pif: string): Promise<void>;
  unplug(pif: string): Promise<void>;
  reconfigure(pif: string, wanted: WantedIp): Promise<void>;
  /** Makes the bridge of a network and connects the interfaces that belong to it. */
  attach(network: string): Promise<void>;
  /** Removes the bridge of a network; nothing happens where there is none. */
  removeBridge(network: string): Promise<void>;
  /** Returns the VLAN. */
  createVlan(tagged: string, tag: number, network: string): Promise<string>;
  destroyVlan(vlan: string): Promise<void>;
  /** Returns the bond. */
  createBond(wanted: WantedBondOf): Promise<string>;
  destroyBond(bond: string): Promise<void>;
  /** The object of a device goes, and does not come back until it is introduced or looked for. */
  forget(pif: string): Promise<void>;
  /** Makes the object of a device that was forgotten; undefined when there is no such device. */
  introduce(mac: string, device: string): Promise<string | undefined>;
  /** Makes the objects of all devices. */
  scan(): Promise<void>;
  /** The agent is reached at the address of a device, by its name in the operating system, from now on. */
  manageOver(device: string): Promise<void>;
  /** The agent is reached over the Unix socket only, until somebody chooses a device. */
  manageNowhere(): Promise<void>;
}

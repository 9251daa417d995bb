/** Life by survival rule 2, while nobody reaches the statefile. */
import { has, indicesOf, noHosts, only, within } from '../format/host-set.ts';
import { configured, peerOf, type State, say } from './state.ts';

/** Rule 2 ends when all who are heard write again and all others are excluded. */
export function leaveWithoutStatefile(state: State): void {
  if (!state.withoutStatefile || state.phase !== 'STARTED' || !has(state.statefile.domain, state.settings.self)) return;
  const { self } = state.settings;
  const heard = state.heartbeat.domain & ~only(self);
  const all = indicesOf(heard).every((index) => {
    const { packet } = peerOf(state, index);
    return packet !== undefined && has(packet.statefileDomain, index) && has(state.statefile.domain, index);
  });
  let excluded = noHosts;
  for (const index of indicesOf(configured(state)))
    if (peerOf(state, index).section?.excluded === true) excluded |= only(index);
  if (!all || !within(configured(state) & ~state.heartbeat.domain, excluded)) return;
  state.withoutStatefile = false;
  say(state, 'Every member reaches the statefile again.');
}

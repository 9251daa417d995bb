import { implement } from './call.ts';

export const session = implement('session', {
  login_with_password: (call, { uname, pwd, originator }) => call.sessions.login(call.peer, uname, pwd, originator),
  logout: (call) => call.sessions.logout(call.session.ref),
  local_logout: (call) => call.sessions.logout(call.session.ref),
  // The old password is not asked for: only root gets here, and root may set it without.
  change_password: (call, { new_pwd }) => call.sessions.changePassword(call.session, new_pwd),
  slave_login: (call, { psecret }) => call.sessions.poolLogin(psecret, 'pool', call.peer.address),
  slave_local_login: (call, { psecret }) => call.sessions.poolLogin(psecret, 'local', call.peer.address),
  slave_local_login_with_password: (call, { uname, pwd }) => call.sessions.localLogin(call.peer, uname, pwd),
  get_all_subject_identifiers: (call) => call.sessions.subjectIdentifiers(),
  logout_subject_identifier: (call, { subject_identifier }) => {
    call.sessions.logoutSubject(subject_identifier);
  },
});

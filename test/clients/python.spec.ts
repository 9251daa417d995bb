/** Python's own XML-RPC client over the Unix socket, used as scripts on a host use it. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startTestAgent, type TestAgent } from '../lib/agent.ts';
import { vmRecord } from '../lib/records.ts';
import { skip } from '../lib/skip.ts';

const program = join(import.meta.dirname, 'xmlrpc_scenarios.py');

describe('Python over the Unix socket', () => {
  let host: TestAgent;

  before(async function () {
    if (spawnSync('python3', ['--version']).status !== 0) skip(this, 'python3 is not installed');
    host = await startTestAgent();
  });
  after(() => host?.remove());

  const scenarios = {
    logins: 'logs in with two, three and four parameters',
    types: 'gets every type as it expects it',
    failures: 'gets failures as structs, never as faults',
    renewal: 'logs in again when its session has ended',
    introspection: 'gets the list of methods without a session and without an envelope',
    api_version: 'finds out the version of the API',
    events: 'follows events of both generations',
    paths: 'may post to any path, whatever host it names',
  };
  for (const [scenario, what] of Object.entries(scenarios)) {
    it(what, async () => {
      const failed = await new Promise<string>((resolve) => {
        const python = execFile('python3', [program, host.socketPath, scenario], (error, _output, errors) =>
          resolve(error === null ? '' : errors || error.message),
        );
        python.stdin?.end(JSON.stringify(vmRecord('from Python')));
      });
      assert.equal(failed, '');
    });
  }
});

/** Transcripts that differ from a good one in one place, to see which check notices. */
import type {
  CallRecord,
  DirectoryFacts,
  FileFacts,
  HostFacts,
  StepRecord,
  StoryRecord,
  Transcript,
} from '../../src/conformance/transcript.ts';
import { scriptNames } from '../../src/stack/contract.ts';

function withStep(transcript: Transcript, story: StoryRecord, step: StepRecord): Transcript {
  const steps = new Map(story.steps).set(step.name, step);
  return { ...transcript, stories: new Map(transcript.stories).set(story.name, { ...story, steps }) };
}

const texts: readonly (readonly [string | RegExp, string])[] = [
  [/[^]*/, 'chatter'],
  [/TRUE\n$/, 'FALSE\n'],
  ['info version="1.0"', 'info version="2.0"'],
  ['>Online<', '>Offline<'],
  [/(<localhost>\s*)(<HostID>.*<\/HostID>)(\s*)(<HostIndex>.*<\/HostIndex>)/, '$1$4$3$2'],
  [/ {2}<host>[^]*<\/host>\n/, ''],
  [/ +<liveness>.*\n/, ''],
  ['<HostIndex>0<', '<HostIndex>3<'],
  [/ +<statefile_latency_max>.*\n/, ''],
  [/ +<host_raw_data>[^]*<\/host_raw_data>\n/, ''],
  [/ +<time_since_last_heartbeat>.*\n/, ''],
  ['<Wh>', '<Wh>9'],
  [/ +<statefile_lost>.*\n/, ''],
  ['<excluded>FALSE', '<excluded>no'],
  ['<statefile_latency>', '<statefile_latency>ms'],
  [/(<heartbeat_active_list_on_heartbeat>).*</, '$1<'],
  ['<liveness>TRUE', '<liveness>FALSE'],
  ['<master>FALSE', '<master>TRUE'],
  ['<master>TRUE', '<master>FALSE'],
  ['<excluded>FALSE', '<excluded>TRUE'],
  ['pipe 0', 'pipe 124'],
  [/7 S 7 .*\n/, '8 Z 7 one\n9 Z 7 two\n'],
];

function* mutatedCalls(call: CallRecord): Generator<CallRecord> {
  for (const exitCode of [0, 14, 77]) if (call.exitCode !== exitCode) yield { ...call, exitCode };
  yield { ...call, timedOut: true };
  for (const [from, to] of texts) {
    const stdout = call.stdout.replace(from, to);
    if (stdout !== call.stdout) yield { ...call, stdout };
  }
}

function* mutatedHosts(facts: HostFacts): Generator<HostFacts> {
  yield { ...facts, watchdogArmed: !facts.watchdogArmed };
  yield { ...facts, processes: Array.from({ length: 9 }, (_, pid) => ({ pid, command: 'the daemon' })) };
}

function* mutatedSteps(step: StepRecord): Generator<StepRecord> {
  for (const [index, call] of step.calls.entries()) {
    for (const other of mutatedCalls(call)) yield { ...step, calls: step.calls.with(index, other) };
  }
  for (const [index, facts] of step.hosts.entries()) {
    for (const other of mutatedHosts(facts)) yield { ...step, hosts: step.hosts.with(index, other) };
  }
  for (const [name, value] of Object.entries(step.values)) {
    if (typeof value === 'boolean') yield { ...step, values: { ...step.values, [name]: !value } };
  }
  if (step.lines.length > 0) {
    yield { ...step, lines: step.lines.slice(0, Math.floor(step.lines.length / 2)) };
    yield {
      ...step,
      lines: step.lines.map((record) => ({ ...record, line: record.line.replace('Online', 'Starting') })),
    };
  }
  // What was killed and died with its host, and was not.
  if (step.values['fenced'] === true) {
    const call = { ...blank, exitCode: 14 };
    yield { ...step, values: { ...step.values, fenced: false }, calls: [call] };
  }
}

const blank: CallRecord = {
  script: 'ha_query_liveset',
  arguments: [],
  host: 1,
  state: 'online',
  exitCode: 0,
  signal: undefined,
  timedOut: false,
  limitMs: 1000,
  hostEnded: false,
  stdout: '',
  stderr: '',
  truncated: false,
  startedMs: 0,
  endedMs: 1,
};

function* mutatedDirectories(directory: DirectoryFacts): Generator<DirectoryFacts> {
  const file = (name: string, change: Partial<FileFacts>): DirectoryFacts => {
    const facts = directory.files.get(name);
    return facts === undefined
      ? directory
      : { ...directory, files: new Map(directory.files).set(name, { ...facts, ...change }) };
  };
  yield { ...directory, mode: 0o777 };
  yield { ...directory, manifest: '{', manifestFault: 'it is no JSON' };
  yield { ...directory, supportedSrs: '' };
  for (const name of scriptNames) {
    yield file(name, { mode: 0o644 });
    yield file(name, { mode: 0o777 });
    yield file(name, { uid: 1234 });
    yield file(name, { interpreter: '/bin/sh\r' });
    yield file(name, { interpreterPresent: false });
    const files = new Map(directory.files);
    files.delete(name);
    yield { ...directory, files };
  }
}

/** Every transcript that differs in one place of these stories, or in the directory when there are none. */
export function* mutated(transcript: Transcript, stories: readonly string[]): Generator<Transcript> {
  for (const directory of stories.length === 0 ? mutatedDirectories(transcript.directory) : [])
    yield { ...transcript, directory };
  for (const name of stories) {
    const story = transcript.stories.get(name);
    if (story === undefined) continue;
    const end = { atMs: 1, by: 'watchdog', host: 1 } as const;
    yield { ...transcript, stories: new Map(transcript.stories).set(name, { ...story, unexpectedEnds: [end] }) };
    for (const step of story.steps.values()) {
      for (const other of mutatedSteps(step)) yield withStep(transcript, story, other);
    }
  }
}
